"""Finds how the network's judgement is weighed with the rules', on the cards that neither trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from assistant.assistant import Assistant
from assistant.crossencoder import CrossEncoder
from assistant.verification.checker import Checker, fitted
from assistant.verification.reading import Reader, Together

# Shares of the true claims that are not refused, and that are believed without a citation.
_UNSURE, _SURE = 0.98, 0.5


@dataclass(frozen=True)
class Seen:
    """What both make of one claim; refused claims have neither.

    Args:
        supported, kind: the truth.
        rules, reading: None where the claim was refused outright.
    """

    supported: bool
    kind: str
    chinese: float
    rules: float | None
    reading: float | None


def reading_checker(assistant: Assistant, model: Path) -> Checker:
    """The check with the network, in which the rules alone still decide.

    Args:
        assistant: holds the cards.
        model: the model file.
    """
    collection = assistant._collection
    # An embedder of another kind does not say which arithmetic is faithful on this processor.
    network = CrossEncoder(
        model, assistant.settings.home / "embedders", getattr(collection.embedder, "precision", "int4")
    )

    def supports(claim: str, passages: Sequence[str]) -> float:
        return network.read([(claim, passages)])[0].supported

    reader = Reader(supports, Together(1.0, 0.0, 0.0, 0.0, 0.0, fitted().unsure_above))
    return Checker(collection.closeness, collection.rarity, reader=reader)


def seen(claims: Sequence[dict[str, Any]], assistant: Assistant, checker: Checker) -> list[Seen]:
    """What rules and network make of labelled claims.

    Args:
        claims: dicts with `claim`, `card`, `supported` and `kind`.
        assistant: holds the cards.
        checker: with the network.
    """
    found = []
    for claim in claims:
        one = checker.examine(claim["claim"], [assistant.card(claim["card"])])
        rules = None if one.refusal else fitted().score(one.features)
        chinese = one.features.get("chinese", 0.0)
        found.append(Seen(bool(claim["supported"]), claim["kind"], chinese, rules, one.reading))
    return found


def combine(claims: Sequence[Seen], accepted: float) -> dict[str, float]:
    """Fit the weights.

    Args:
        claims: of cards that the network was not trained on.
        accepted: share of the true claims that shall pass.

    Returns:
        The fields of `Together`.
    """
    judged = [one for one in claims if one.rules is not None and one.reading is not None]
    refused = sum(one.supported for one in claims) - sum(one.supported for one in judged)
    table = np.array([_row(one) for one in judged])
    truth = np.array([one.supported for one in judged])
    model = LogisticRegression(C=1.0).fit(table, truth)
    scores = model.decision_function(table)
    # The true claims that were refused outright have used up some of the allowance already.
    true = np.concatenate([scores[truth], np.full(refused, -1e9)])
    line, unsure, sure = (float(np.quantile(true, 1 - share)) for share in (accepted, _UNSURE, _SURE))
    # On the scale of the rules' own score, so that one line says of both what is surely supported.
    scale = fitted().sure_above / (sure - line)
    names = ("rules", "reading", "reading_zh", "chinese")
    weights = {name: round(float(weight) * scale, 4) for name, weight in zip(names, model.coef_[0], strict=True)}
    bias = (float(model.intercept_[0]) - line) * scale
    return weights | {"bias": round(bias, 4), "unsure_above": round((max(unsure, line - 50) - line) * scale, 4)}


def scores(claims: Sequence[Seen], weights: dict[str, float]) -> NDArray[np.float64]:
    """The combined score of each claim; refused ones come last."""
    both = Together(**weights)
    return np.array(
        [
            -1e9 if one.rules is None or one.reading is None
            else both.score(one.rules, one.reading, chinese=one.chinese)
            for one in claims
        ]
    )  # fmt: skip


def table_of(claims: Sequence[Seen], accepting: NDArray[np.bool_]) -> dict[str, float]:
    """The share of the true accepted and of the false rejected, the latter by kind too."""
    truth = np.array([one.supported for one in claims])
    found = {"true accepted": float(accepting[truth].mean()), "false rejected": float((~accepting)[~truth].mean())}
    for kind in sorted({one.kind for one in claims if not one.supported}):
        chosen = np.array([one.kind == kind and not one.supported for one in claims])
        found[kind] = float((~accepting)[chosen].mean())
    return {name: round(value, 3) for name, value in found.items()}


def _row(one: Seen) -> list[float]:
    rules, reading = one.rules or 0.0, one.reading or 0.0
    return [rules, reading, reading * one.chinese, one.chinese]
