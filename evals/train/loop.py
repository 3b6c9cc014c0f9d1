"""The training loop: seeded, resumable from its last checkpoint, with its progress in a file."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found, unused-ignore]
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score
from torch import Tensor  # type: ignore[import-not-found, unused-ignore]
from torch.nn import functional as F  # type: ignore[import-not-found, unused-ignore]

from assistant.crossencoder.inputs import Pair, pair
from assistant.crossencoder.model import LONGEST, LONGEST_CLAIM
from evals.train.examples import Example
from evals.train.network import CrossEncoder
from evals.train.steps import Recipe, Steps
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights
from vectorstore.errors import UserError

FROZEN = 6
_WEIGHT_DECAY = 0.01
_JUDGED_AT_ONCE = 32
_SMOOTHING = 0.97


class Reader:
    """Examples to the network's input."""

    def __init__(self, weights: WeightsFile) -> None:
        self._encode = Tokenizer(weights.vocabulary(), weights.shape.positions).encode
        self._known: dict[str, list[int]] = {}

    def pair(self, example: Example) -> Pair:
        """One input."""
        return pair(self._ids(example.text), [self._ids(text) for text in example.passages], LONGEST_CLAIM, LONGEST)

    def _ids(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = self._encode(text)
        return self._known[text]


def loss_of(
    network: CrossEncoder, reader: Reader, groups: Sequence[Sequence[Example]], recipe: Recipe
) -> tuple[Tensor, dict[str, float]]:
    """The loss of one step and its parts."""
    claims = [one for group in groups for one in group]
    found = network([reader.pair(one) for one in claims])
    truth = torch.tensor([one.yes for one in claims])
    supported = F.binary_cross_entropy_with_logits(found, truth.float())
    sizes = [len(group) for group in groups]
    parts = zip(torch.split(found, sizes), torch.split(truth, sizes), strict=True)
    apart = torch.stack([_apart(odds, yes) for odds, yes in parts]).mean()
    return supported + recipe.apart * apart, {"supported": supported.item(), "apart": apart.item()}


def _apart(logits: Tensor, truth: Tensor) -> Tensor:
    """How far the false ones of a group come up to the true ones, 0 where there are not both."""
    pairs = logits[truth][:, None] - logits[~truth][None, :]
    return F.softplus(-pairs).mean() if pairs.numel() else logits.sum() * 0.0


def train(
    examples: Sequence[Example],
    judged: Mapping[str, Sequence[Example]],
    folder: Path,
    recipe: Recipe,
    tell: Callable[[int, int, Mapping[str, float]], None],
    *,
    stop_after: int | None = None,
) -> None:
    """Train, going on from the folder's checkpoint where there is one.

    Args:
        examples: what is learnt from.
        judged: further sets whose figures are noted after every epoch, by name.
        folder: takes the checkpoint, the scores and the progress.
        recipe: how.
        tell: told the step, of how many, and what the losses are.
        stop_after: end early, for a trial.

    Raises:
        UserError: the folder's checkpoint is of another recipe.
    """
    weights = WeightsFile(find_weights())
    torch.manual_seed(0)
    reader, network = Reader(weights), CrossEncoder(weights, FROZEN)
    torch.manual_seed(recipe.seed)
    optimiser = torch.optim.AdamW(
        [
            {"params": network.layers[FROZEN:].parameters(), "lr": recipe.rate},
            {"params": network.head.parameters(), "lr": recipe.head_rate},
        ],
        weight_decay=_WEIGHT_DECAY,
    )
    steps = Steps(examples, recipe)
    total = steps.each_epoch * recipe.epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [recipe.rate, recipe.head_rate], total_steps=total + 1, pct_start=0.15
    )
    checkpoint, begun = folder / "checkpoint.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state.get("recipe") != asdict(recipe):
            raise UserError(
                f"{checkpoint} was trained otherwise ({state.get('recipe')}); give another folder, or delete it"
            )
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["chance"])
        begun = state["steps"]
    network.train()
    means: dict[str, float] = {}
    for number in range(begun, total):
        loss, parts = loss_of(network, reader, steps.draw(number), recipe)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        optimiser.zero_grad(set_to_none=True)
        means = {name: _SMOOTHING * means.get(name, now) + (1 - _SMOOTHING) * now for name, now in parts.items()}
        done = number + 1
        tell(done, total, means)
        if done % 50 == 0 or done in (total, stop_after):
            state = {
                "network": network.state_dict(),
                "optimiser": optimiser.state_dict(),
                "schedule": schedule.state_dict(),
                "chance": torch.get_rng_state(),
                "steps": done,
                "recipe": asdict(recipe),
            }
            torch.save(state, folder / "checkpoint.new")
            (folder / "checkpoint.new").replace(checkpoint)
            _note(folder, {"steps": done, "time": round(time.time())} | {k: round(v, 3) for k, v in means.items()})
        if done % steps.each_epoch == 0:
            for name, held in judged.items():
                _note(folder, {"steps": done, "set": name} | figures_of_merit(held, judge(network, reader, held)))
        if done == stop_after:
            return


def judge(network: CrossEncoder, reader: Reader, examples: Sequence[Example]) -> NDArray[np.float32]:
    """The network's log odds of each example."""
    network.eval()
    pairs = [reader.pair(one) for one in examples]
    order = sorted(range(len(pairs)), key=lambda place: len(pairs[place].ids))
    found = np.zeros(len(pairs), np.float32)
    with torch.no_grad():
        for start in range(0, len(order), _JUDGED_AT_ONCE):
            members = order[start : start + _JUDGED_AT_ONCE]
            found[members] = network([pairs[member] for member in members]).numpy()
    network.train()
    return found


def figures_of_merit(examples: Sequence[Example], odds: NDArray[np.float32]) -> dict[str, float]:
    """The area under the curve, and the share of the false rejected at two shares of the true accepted."""
    truth = np.array([one.yes for one in examples])
    found = {"area": float(roc_auc_score(truth, odds))}
    for accepted in (0.95, 0.9):
        found[f"rejected@{accepted}"] = float((odds[~truth] < np.quantile(odds[truth], 1 - accepted)).mean())
    return {name: round(value, 3) for name, value in found.items()}


def _note(folder: Path, what: Mapping[str, Any]) -> None:
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(what, ensure_ascii=False) + "\n")
