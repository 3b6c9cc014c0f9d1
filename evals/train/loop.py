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

from evals.train.network import Judge, Lower, Packed
from evals.train.statements import TrainingCard
from evals.train.visits import Judged, Visits, changed_tokens
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights

FROZEN = 6
_LONGEST_TEXT = 160
_WARM_UP = 0.08


@dataclass(frozen=True)
class Recipe:
    """How the network is trained.

    Args:
        visits: cards seen in all, repeats counted.
        together: visits to one step of the optimiser.
        rate, head_rate: highest learning rates of layers and heads.
        late_from: from this share of the visits on mostly claims written for training are seen.
        seed: source of all chance.
    """

    visits: int = 2600
    together: int = 2
    rate: float = 1.2e-4
    head_rate: float = 6e-4
    late_from: float = 0.65
    seed: int = 0


class Reader:
    """Texts to states after the frozen layers, remembered for texts that come again."""

    def __init__(self, weights: WeightsFile) -> None:
        self._tokenizer = Tokenizer(weights.vocabulary(), _LONGEST_TEXT)
        self._lower = Lower(weights).eval()
        self._kept: dict[str, tuple[list[int], Tensor]] = {}

    def passages(self, texts: Sequence[str]) -> list[tuple[list[int], Tensor]]:
        """Token ids and states (trained layers, tokens, hidden) of each passage, worked out once."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if missing:
            ids = [self._tokenizer.encode(text, "passage: ") for text in missing]
            states = self._states(ids, range(FROZEN, len(self._lower.layers) + 1))
            self._kept.update({text: (i, s.half()) for text, i, s in zip(missing, ids, states, strict=True)})
        return [(self._kept[text][0], self._kept[text][1].float()) for text in texts]

    def statements(self, texts: Sequence[str]) -> list[tuple[list[int], Tensor]]:
        """Token ids and states (tokens, hidden) of each statement."""
        ids = [self._tokenizer.encode(text, "query: ") for text in texts]
        return [(i, states[0]) for i, states in zip(ids, self._states(ids, [FROZEN]), strict=True)]

    def _states(self, ids: Sequence[Sequence[int]], heights: Sequence[int]) -> list[Tensor]:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return [states.float() for states in self._lower(ids, list(heights))]


@dataclass(frozen=True)
class Visit:
    """One card and what is judged by it, ready for the network."""

    passages: Packed
    statements: Packed
    ids: list[list[int]]
    found: Tensor
    allowed: Tensor


def prepare(reader: Reader, card: TrainingCard, judged: Sequence[Judged]) -> Visit:
    """Encode a card's title and passages, and the texts to be judged by them."""
    used = sorted({place for one in judged for place in one.shown})
    place_of = {place: number for number, place in enumerate(used, start=1)}
    passages = reader.passages([card.title, *(card.passages[place] for place in used)])
    texts = reader.statements([one.text for one in judged])
    known = [set(ids) for ids, _ in passages]
    allowed = torch.zeros(len(judged), len(passages), dtype=torch.bool)
    found = []
    for number, (one, (ids, _)) in enumerate(zip(judged, texts, strict=True)):
        reads = [0, *(place_of[place] for place in one.shown)]
        allowed[number, reads] = True
        there = set().union(*(known[place] for place in reads))
        found += [int(token in there) for token in ids]
    return Visit(
        Packed(torch.cat([states for _, states in passages], dim=1), [len(ids) for ids, _ in passages]),
        Packed(torch.cat([states for _, states in texts]), [len(ids) for ids, _ in texts]),
        [ids for ids, _ in texts],
        torch.tensor(found),
        allowed,
    )


def loss_of(judge: Judge, visit: Visit, judged: Sequence[Judged]) -> tuple[Tensor, dict[str, float]]:
    """The loss of one visit and its parts."""
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scores, answers, wrong = judge(visit.passages, visit.statements, visit.found, visit.allowed)
    asked = torch.tensor([one.question for one in judged])
    truth = torch.tensor([float(one.truth) for one in judged])
    weight = torch.tensor([one.weight for one in judged])
    supported = (
        F.binary_cross_entropy_with_logits(scores, truth, weight * ~asked, reduction="sum") / (weight * ~asked).sum()
    )
    parts = {"supported": supported.item()}
    loss = supported
    pairs = [(one.twin_of, number) for number, one in enumerate(judged) if one.twin_of >= 0]
    if pairs:
        better, worse = scores[[a for a, _ in pairs]], scores[[b for _, b in pairs]]
        apart = F.softplus(2.0 - (better - worse)).mean()
        loss = loss + 0.3 * apart
        parts["apart"] = apart.item()
    marks, told = [], []
    for one, ids in zip(judged, visit.ids, strict=True):
        known = one.told and not one.question
        marks += changed_tokens(visit.ids[one.twin_of], ids) if one.twin_of >= 0 else [0] * len(ids)
        told += [known] * len(ids)
    mask, labels = torch.tensor(told), torch.tensor(marks, dtype=torch.float32)
    tokens = F.binary_cross_entropy_with_logits(wrong[mask], labels[mask], pos_weight=torch.tensor(4.0))
    loss = loss + 0.7 * tokens
    parts["tokens"] = tokens.item()
    if asked.any():
        answered = F.binary_cross_entropy_with_logits(answers[asked], truth[asked])
        loss = loss + 0.4 * answered
        parts["answered"] = answered.item()
    return loss, parts


@torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
def judge_all(judge: Judge, reader: Reader, cards: Sequence[TrainingCard]) -> list[dict[str, Any]]:
    """The score of every written claim of some cards, with what is known about it."""
    judge.eval()
    rows = []
    for card in cards:
        claims = [said for said in card.said if said.source == "claims"]
        visit = prepare(reader, card, [Judged(said.text, said.supported, said.shown) for said in claims])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores, _, _ = judge(visit.passages, visit.statements, visit.found, visit.allowed)
        for said, score in zip(claims, scores.tolist(), strict=True):
            rows.append(
                {"card": card.id, "claim": said.text, "supported": said.supported, "kind": said.kind, "score": score}
            )
    judge.train()
    return rows


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
    asked: Mapping[str, Any],
    validation: Sequence[tuple[str, Sequence[TrainingCard]]],
    folder: Path,
    recipe: Recipe,
    *,
    every: int = 200,
    stop_after: int | None = None,
) -> Judge:
    """Train, or go on from the folder's checkpoint.

    Args:
        cards, asked: what to train on.
        validation: named sets of cards whose claims are judged now and then.
        folder: takes the checkpoint and the progress.
        recipe: how.
        every: visits between checkpoints.
        stop_after: end early, for a trial.
    """
    torch.manual_seed(recipe.seed)
    weights = WeightsFile(find_weights())
    reader, judge = Reader(weights), Judge(weights, FROZEN)
    heads = [p for name, p in judge.named_parameters() if not name.startswith("layers.")]
    optimiser = torch.optim.AdamW(
        [{"params": list(judge.layers.parameters()), "lr": recipe.rate}, {"params": heads, "lr": recipe.head_rate}],
        weight_decay=0.01,
    )
    steps = recipe.visits // recipe.together

    def rate(step: int) -> float:
        done = step / steps
        return (
            done / _WARM_UP
            if done < _WARM_UP
            else 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * (done - _WARM_UP) / (1 - _WARM_UP)))
        )

    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, rate)
    drawn, begun = Visits(cards, asked, recipe.seed), 0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        judge.load_state_dict(state["judge"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        begun = state["visits"]
    judge.train()
    means: dict[str, float] = {}
    started, tokens = time.time(), 0
    for number, card in enumerate(drawn.order(recipe.visits)):
        if number < begun:
            continue
        judged = drawn.draw(card, number, late=number >= recipe.late_from * recipe.visits)
        visit = prepare(reader, card, judged)
        loss, parts = loss_of(judge, visit, judged)
        (loss / recipe.together).backward()
        tokens += sum(visit.passages.lengths) + sum(visit.statements.lengths)
        for name, value in parts.items():
            means[name] = 0.97 * means.get(name, value) + 0.03 * value
        if (number + 1) % recipe.together == 0:
            torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad(set_to_none=True)
        done = number + 1
        if done % 25 == 0:
            spent = time.time() - started
            _note(
                folder,
                {"visits": done, "seconds": round(spent), "tokens/s": round(tokens / spent), "judged": len(judged)}
                | {k: round(v, 3) for k, v in means.items()},
            )
        if done % every == 0 or done == recipe.visits:
            state = {
                "judge": judge.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "visits": done,
            }
            torch.save(state, folder / "writing.pt")
            (folder / "writing.pt").replace(checkpoint)
            for name, held in validation:
                rows = judge_all(judge, reader, held)
                (folder / f"scores-{name}.json").write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
                _note(folder, {"visits": done, "set": name} | figures_of_merit(rows))
        if stop_after and done >= stop_after:
            break
    return judge


def _note(folder: Path, what: Mapping[str, Any]) -> None:
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(what, ensure_ascii=False) + "\n")
