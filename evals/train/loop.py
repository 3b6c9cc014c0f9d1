"""The training loop: seeded, resumable from its last checkpoint, with its progress in a file."""

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from torch import Tensor  # type: ignore[import-not-found, unused-ignore]
from torch.nn import functional as F  # type: ignore[import-not-found, unused-ignore]

from assistant.crossencoder.inputs import Pair, pair
from assistant.crossencoder.model import LONGEST, LONGEST_TEXT
from evals.train.network import Batch, CrossEncoder
from evals.train.questions import Asked
from evals.train.statements import TrainingCard
from evals.train.steps import Judged, Steps, changed_tokens
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights

FROZEN = 4
_WARM_UP = 0.08
_TOGETHER = 16


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Args:
        steps: of the optimiser.
        rate, head_rate: highest learning rates of layers and heads.
        seed: source of all chance.
    """

    steps: int = 1600
    rate: float = 1.2e-4
    head_rate: float = 5e-4
    seed: int = 0


class Encoder:
    """Texts and passages to the network's input."""

    def __init__(self, weights: WeightsFile) -> None:
        self._texts = Tokenizer(weights.vocabulary(), LONGEST_TEXT)
        self._passages = Tokenizer(weights.vocabulary(), LONGEST)

    def pairs(self, judged: Sequence[Judged]) -> list[Pair]:
        """One input each."""
        return [
            pair(self._texts.encode(one.text), [self._passages.encode(text) for text in one.passages], LONGEST)
            for one in judged
        ]


def judge(network: CrossEncoder, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Judge many pairs, those of about one length together, in their order."""
    order = sorted(range(len(pairs)), key=lambda number: len(pairs[number].ids))
    supported, answered, wrong = [], [], []
    for start in range(0, len(order), _TOGETHER):
        members = [pairs[number] for number in order[start : start + _TOGETHER]]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            one, two, three = network(Batch.of(members))
        supported.append(one)
        answered.append(two)
        wrong += [row[: member.told] for row, member in zip(three, members, strict=True)]
    back = torch.argsort(torch.tensor(order))
    return torch.cat(supported)[back], torch.cat(answered)[back], [wrong[int(number)] for number in back]


def loss_of(network: CrossEncoder, encoder: Encoder, judged: Sequence[Judged]) -> tuple[Tensor, dict[str, float]]:
    """The loss of one step and its parts."""
    pairs = encoder.pairs(judged)
    supported, answered, wrong = judge(network, pairs)
    said = [number for number, one in enumerate(judged) if not one.question]
    truth = torch.tensor([float(judged[number].truth) for number in said])
    weight = torch.tensor([judged[number].weight for number in said])
    each = F.binary_cross_entropy_with_logits(supported[said], truth, reduction="none")
    parts = {"supported": (each * weight).sum() / weight.sum()}
    twins = [(one.twin_of, number) for number, one in enumerate(judged) if one.twin_of >= 0]
    if twins:
        parts["apart"] = F.softplus(2.0 - supported[[a for a, _ in twins]] + supported[[b for _, b in twins]]).mean()
    told = [number for number in said if judged[number].told]
    marks = [
        changed_tokens(pairs[judged[n].twin_of].ids[: pairs[judged[n].twin_of].told], pairs[n].ids[: pairs[n].told])
        if judged[n].twin_of >= 0
        else [0] * pairs[n].told
        for n in told
    ]
    parts["tokens"] = F.binary_cross_entropy_with_logits(
        torch.cat([wrong[n] for n in told]),
        torch.tensor([float(mark) for row in marks for mark in row]),
        pos_weight=torch.tensor(4.0),
    )
    groups = {one.question for one in judged if one.question}
    ranked = []
    for group in groups:
        members = [number for number, one in enumerate(judged) if one.question == group]
        best = torch.tensor([judged[number].truth for number in members]).float().argmax()
        ranked.append(F.cross_entropy(answered[members][None], best[None]))
    asked = [number for number, one in enumerate(judged) if one.question]
    if ranked:
        right = torch.tensor([float(judged[number].truth) for number in asked])
        parts["ranked"] = torch.stack(ranked).mean()
        parts["answered"] = F.binary_cross_entropy_with_logits(answered[asked], right)
    shares = {"supported": 1.0, "apart": 0.3, "tokens": 0.6, "ranked": 0.3, "answered": 0.2}
    loss = torch.stack([shares[name] * part for name, part in parts.items()]).sum()
    return loss, {name: part.item() for name, part in parts.items()}


@torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
def judge_all(network: CrossEncoder, encoder: Encoder, cards: Sequence[TrainingCard]) -> list[dict[str, Any]]:
    """The score of every written claim of some cards, with what is known about it."""
    network.eval()
    claims = [(card, said) for card in cards for said in card.said if said.source == "claims"]
    scores, _, _ = judge(network, encoder.pairs([Judged.of(card, said) for card, said in claims]))
    network.train()
    return [
        {"card": card.id, "claim": said.text, "supported": said.supported, "kind": said.kind, "score": score}
        for (card, said), score in zip(claims, scores.tolist(), strict=True)
    ]


def figures_of_merit(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Area under the curve, and the share of the false rejected where 95% and 90% of the true pass."""
    true = np.array([row["score"] for row in rows if row["supported"]])
    false = np.array([row["score"] for row in rows if not row["supported"]])
    area = float(((true[:, None] > false[None, :]) + 0.5 * (true[:, None] == false[None, :])).mean())
    found: dict[str, Any] = {"area": round(area, 3)}
    for accepted in (0.95, 0.90):
        found[f"rejected@{accepted:.2f}"] = round(float((false < np.quantile(true, 1 - accepted)).mean()), 3)
    line = np.quantile(true, 0.1)
    kinds = sorted({row["kind"] for row in rows if not row["supported"]})
    found["kinds"] = {
        k: round(float(np.mean([r["score"] < line for r in rows if r["kind"] == k and not r["supported"]])), 2)
        for k in kinds
    }
    return found


def train(
    cards: Sequence[TrainingCard],
    asked: Mapping[str, Sequence[Asked]],
    validation: Sequence[tuple[str, Sequence[TrainingCard]]],
    folder: Path,
    recipe: Recipe,
    *,
    every: int = 100,
    stop_after: int | None = None,
) -> CrossEncoder:
    """Train, or go on from the folder's checkpoint.

    Args:
        cards, asked: what to train on.
        validation: named sets of cards whose claims are judged now and then.
        folder: takes the checkpoint and the progress.
        recipe: how.
        every: steps between checkpoints.
        stop_after: end early, for a trial.
    """
    torch.manual_seed(recipe.seed)
    weights = WeightsFile(find_weights())
    encoder, network = Encoder(weights), CrossEncoder(weights, FROZEN)
    layers = [p for layer in network.layers[FROZEN:] for p in layer.parameters()]
    heads = [p for name, p in network.named_parameters() if p.requires_grad and not name.startswith("layers.")]
    optimiser = torch.optim.AdamW(
        [{"params": layers, "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}], weight_decay=0.01
    )

    def rate(step: int) -> float:
        done = step / recipe.steps
        if done < _WARM_UP:
            return done / _WARM_UP
        return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    drawn, begun = Steps(cards, asked, recipe.seed), 0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        begun = state["steps"]
    network.train()
    means: dict[str, float] = {}
    started = time.time()
    for number in range(begun, recipe.steps):
        judged = drawn.draw(number)
        loss, parts = loss_of(network, encoder, judged)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        means = {name: 0.97 * means.get(name, value) + 0.03 * value for name, value in parts.items()}
        done = number + 1
        if done % 20 == 0:
            pace = (time.time() - started) / (done - begun)
            _note(folder, {"steps": done, "s/step": round(pace, 2)} | {k: round(v, 3) for k, v in means.items()})
        if done % every == 0 or done == recipe.steps:
            state = {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "steps": done,
            }
            torch.save(state, folder / "writing.pt")
            (folder / "writing.pt").replace(checkpoint)
            for name, held in validation:
                rows = judge_all(network, encoder, held)
                (folder / f"scores-{name}.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
                _note(folder, {"steps": done, "set": name} | figures_of_merit(rows))
        if stop_after and done >= stop_after:
            break
    return network


def _note(folder: Path, what: Mapping[str, Any]) -> None:
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(what, ensure_ascii=False) + "\n")
