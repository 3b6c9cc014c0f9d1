"""Fit the checker's weights: `python -m evals.fit_checker CLAIMS.jsonl` with the claims' cards ingested.

Logistic regression over what `Checker.examine` sees. The file is made like `evals/datasets/claims.jsonl`. The
accepting line is put where 92% of the true claims pass, the unsure one where 97% do, and the sure one where a
third of them do.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from assistant.assistant import Assistant
from assistant.cli.terminal import say_error
from assistant.verification import checker as checker_module
from evals.datasets import read_claims
from evals.datasets.models import LabelledClaim
from vectorstore.errors import UserError

_ACCEPTED, _UNSURE, _SURE = 0.92, 0.97, 0.33
_PENALTY = 0.002
_STEPS = 30


def fit(claims: Sequence[LabelledClaim], assistant: Assistant) -> dict[str, Any]:
    """Find weights from labelled claims.

    Args:
        claims: as labelled.
        assistant: holds the cards.

    Returns:
        The content of `weights.json`.
    """
    check = assistant.checker()
    seen, labels, refused_true = [], [], 0
    for claim in claims:
        found = check.examine(claim.claim, [assistant.card(claim.card)])
        if found.refusal:
            refused_true += claim.supported
            continue
        seen.append(found.features)
        labels.append(claim.supported)
    names = list(seen[0])
    table = np.array([[features[name] for name in names] for features in seen])
    truth = np.array(labels, float)
    means, scales = table.mean(axis=0), table.std(axis=0) + 1e-6
    scaled = (table - means) / scales
    chinese = table[:, [names.index("chinese")]]
    design = np.hstack([np.ones((len(scaled), 1)), scaled, scaled * chinese])
    weights = _logistic(design, truth)
    scores = design @ weights
    # The true claims that were refused outright have used up some of the allowance already.
    true_scores = np.concatenate([scores[truth == 1], np.full(refused_true, -np.inf)])
    line = float(np.quantile(true_scores, 1 - _ACCEPTED))
    unsure = float(np.quantile(true_scores, 1 - _UNSURE))
    sure = float(np.quantile(true_scores, 1 - _SURE))
    size = len(names)
    return {
        "names": names,
        "means": means.round(5).tolist(),
        "scales": scales.round(5).tolist(),
        "weights": weights[1 : size + 1].round(4).tolist(),
        "weights_zh": weights[size + 1 :].round(4).tolist(),
        "bias": round(float(weights[0]) - line, 4),
        "unsure_above": round(unsure - line, 4),
        "sure_above": round(sure - line, 4),
    }


def _logistic(design: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Ridge logistic regression by Newton's method; the intercept is free."""
    weights = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], _PENALTY * len(truth))
    penalty[0] = 0.0
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-(design @ weights)))
        slope = design.T @ (chance - truth) + penalty * weights
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < 1e-8:
            break
    return weights


def main(arguments: Sequence[str] | None = None) -> int:
    """Fit and write the weights into the package; 0 where it went well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path)
    given = parser.parse_args(arguments)
    target = Path(checker_module.__file__).with_name("weights.json")
    try:
        claims = read_claims(given.claims)
        # One feature a line, so that a change shows what moved.
        target.write_text(json.dumps(fit(claims, Assistant()), indent=1) + "\n", "utf-8")
    except UserError as error:
        say_error(str(error))
        return 1
    print(f"{target}: fitted on {len(claims)} claims")
    return 0


if __name__ == "__main__":
    sys.exit(main())
