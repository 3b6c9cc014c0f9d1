"""Command line of the training: `gather` what there is to learn from, `fit` the network, `export` it, `combine` it.

python -m evals.train gather CLAIMS.jsonl --without DEV.jsonl ... --into FOLDER   (the cards ingested in full)
python -m evals.train fit --into FOLDER        (goes on from the last checkpoint; progress in FOLDER/progress.jsonl)
python -m evals.train export --into FOLDER     (writes the model file, FOLDER/checker.npz)
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.train import questions, statements

_HELD_OUT = 80


def main() -> None:
    """Run one step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True)
    gather = steps.add_parser("gather", help="collect statements and questions")
    gather.add_argument("claims", type=Path, help="one claim a line: claim, card, supported, kind")
    gather.add_argument(
        "--without", type=Path, nargs="*", default=[], help="question files whose gold cards are spared"
    )
    gather.add_argument("--held-out", type=int, default=_HELD_OUT, help="cards kept for validation")
    fit = steps.add_parser("fit", help="train the network (needs the extra `train`)")
    fit.add_argument("--steps", type=int, default=1600, help="steps of the optimiser")
    fit.add_argument("--stop-after", type=int, help="end early, for a trial")
    fit.add_argument("--judge", type=Path, nargs="*", default=[], help="further gathered files to judge now and then")
    export = steps.add_parser("export", help="write the model file")
    combine = steps.add_parser("combine", help="find how it is weighed with the rules, on the cards held out")
    combine.add_argument("claims", type=Path, help="the claims that were gathered")
    combine.add_argument("--dev", type=Path, nargs="*", default=[], help="claims to give the figures for")
    combine.add_argument("--accepted", type=float, default=0.95, help="share of the true claims that shall pass")
    for step in (gather, fit, export, combine):
        step.add_argument("--into", type=Path, required=True, help="the folder that takes everything")
        step.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    {"gather": _gather, "fit": _fit, "export": _export, "combine": _combine}[given.step](given)


def _gather(given: argparse.Namespace) -> None:
    from assistant.assistant import Assistant

    assistant = Assistant()
    claims = list(_lines(given.claims))
    statements.write(statements.gather(assistant, claims, given.held_out, given.seed), given.into / "cards.jsonl")
    # A list's or a count's gold is half of the collection, and no question of the kind that is trained on.
    asked = [line for path in given.without for line in _lines(path) if line.get("kind") not in ("list", "count")]
    spared = {card for line in asked for card in line.get("gold", [])}
    questions.write(questions.gather(assistant, {c["card"] for c in claims} - spared), given.into / "asked.jsonl")


def _fit(given: argparse.Namespace) -> None:
    from evals.train.loop import Recipe, train

    cards = list(statements.read(given.into / "cards.jsonl"))
    validation = [("held-out", [card for card in cards if card.held_out])]
    validation += [(path.stem, list(statements.read(path))) for path in given.judge]
    asked = questions.read(given.into / "asked.jsonl")
    recipe = Recipe(steps=given.steps, seed=given.seed)
    train(cards, asked, validation, given.into, recipe, stop_after=given.stop_after)


def _export(given: argparse.Namespace) -> None:
    from evals.train.export import export

    print(export(given.into / "checkpoint.pt", given.into / "checker.npz"))


def _combine(given: argparse.Namespace) -> None:
    from assistant.assistant import Assistant
    from evals.train import combine

    assistant = Assistant()
    assistant.ready()
    checker = combine.reading_checker(assistant, given.into / "checker.npz")
    held_out = {card.id for card in statements.read(given.into / "cards.jsonl") if card.held_out}
    sets = {"held-out": [claim for claim in _lines(given.claims) if claim["card"] in held_out]}
    sets |= {path.stem: list(_lines(path)) for path in given.dev}
    seen = {name: combine.seen(claims, assistant, checker) for name, claims in sets.items()}
    weights = combine.combine(seen["held-out"], given.accepted)
    print(json.dumps(weights))
    for name, claims in seen.items():
        print(name, json.dumps(combine.table_of(claims, combine.scores(claims, weights) >= 0)))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text("utf-8").splitlines())


if __name__ == "__main__":
    main()
