"""Finds how the network's judgement is weighed with the rules', on claims that it was not trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.assistant import Assistant
from assistant.verification import reading
from assistant.verification.checker import fitted
from evals.datasets.models import LabelledClaim

TARGET = Path(reading.__file__).with_name("reading.json")
# Shares of the true claims that are not refused, and that are believed without a citation: with a third of them 6% of
# the false development claims were believed too, with a fifth 2%.
_UNSURE, _SURE = 0.97, 0.2
_REFUSED = -1e9
# What the network may count, and the shares of the true claims that one may want to pass.
_SHARES = [step / 20 for step in range(41)]
_ASKED_FOR = np.arange(0.85, 0.98, 0.01)


@dataclass(frozen=True)
class Seen:
    """What both make of one claim.

    Args:
        supported, kind: the truth.
        rules, reading: None where the claim was refused outright.
    """

    supported: bool
    kind: str
    rules: float | None
    reading: float | None


def seen(claims: Sequence[LabelledClaim], assistant: Assistant) -> list[Seen]:
    """What rules and network make of labelled claims.

    Args:
        claims: as labelled.
        assistant: holds the cards.
    """
    checker, found = assistant.checker(), []
    for claim in claims:
        one = checker.examine(claim.claim, [assistant.card(claim.card)])
        rules = None if one.refusal else fitted().score(one.features)
        odds = None if one.refusal else assistant._collection.supports(*one.shown)
        found.append(Seen(claim.supported, claim.kind, rules, odds))
    return found


def combine(held_out: Sequence[Seen], other: Sequence[Seen], accepted: float) -> dict[str, float]:
    """Find the weights: how much the network counts on both sets alike, the lines on the second.

    Args:
        held_out: claims like those of the training.
        other: claims that others wrote, where a network that learnt the first ones' manner knows less.
        accepted: share of the true ones among these that shall pass.

    Returns:
        The content of `reading.json`.
    """
    share = max(_SHARES, key=lambda share: sum(_rejected(claims, share) for claims in (held_out, other)))
    true = _scores(other, share)[[one.supported for one in other]]
    line, unsure, sure = (float(np.quantile(true, 1 - part)) for part in (accepted, _UNSURE, _SURE))
    lowest = line - 20.0
    return {
        "reading": share,
        "bias": round(-line, 4),
        "unsure_above": round(max(unsure, lowest) - line, 4),
        "sure_above": round(sure - line, 4),
    }


def _rejected(claims: Sequence[Seen], share: float) -> float:
    """The share of the false that is rejected, on average over the shares of the true that may be asked for."""
    scores, truth = _scores(claims, share), np.array([one.supported for one in claims])
    lines = np.quantile(scores[truth], 1 - _ASKED_FOR)
    return float((scores[~truth][:, None] < lines).mean())


def _scores(claims: Sequence[Seen], share: float) -> NDArray[np.float64]:
    return np.array(
        [_REFUSED if one.rules is None else one.rules + share * (one.reading or 0.0) for one in claims], float
    )


def table_of(claims: Sequence[Seen], weights: Mapping[str, float]) -> dict[str, float]:
    """The share of the true accepted and of the false rejected, the latter by kind too."""
    accepting = _scores(claims, weights["reading"]) + weights["bias"] >= 0
    truth = np.array([one.supported for one in claims])
    found = {"true accepted": float(accepting[truth].mean()), "false rejected": float((~accepting)[~truth].mean())}
    for kind in sorted({one.kind for one in claims if not one.supported}):
        chosen = np.array([one.kind == kind and not one.supported for one in claims])
        found[kind] = float((~accepting)[chosen].mean())
    return {name: round(value, 3) for name, value in found.items()}
