"""Command line of the training: `gather` what there is to learn from, `fit` the network, `export` it, `combine` it.

python -m evals.train gather CLAIMS.jsonl --judge CLAIMS-DEV.jsonl --into FOLDER   (the cards ingested in full)
python -m evals.train fit --into FOLDER        (goes on from the last checkpoint; progress in FOLDER/progress.jsonl)
python -m evals.train export --into FOLDER     (writes the model file into the package)
python -m evals.train combine CLAIMS.jsonl --into FOLDER --dev CLAIMS-DEV.jsonl   (writes how it is weighed)
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.cli.progress import progress_bar
from assistant.cli.terminal import say_error
from vectorstore.errors import UserError

_HELD_OUT = 80


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step; 0 where it went well."""
    given = _parser().parse_args(arguments)
    given.into.mkdir(parents=True, exist_ok=True)
    try:
        {"gather": _gather, "fit": _fit, "export": _export, "combine": _combine}[given.step](given)
    except UserError as error:
        say_error(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.train", description=(__doc__ or "").partition("\n")[0])
    steps = parser.add_subparsers(dest="step", required=True)
    gather = steps.add_parser("gather", help="set claims beside their cards")
    gather.add_argument("claims", type=Path, help="one claim a line: claim, card, supported, kind")
    gather.add_argument(
        "--without", type=Path, nargs="*", default=[], help="question files whose cards answer none here"
    )
    gather.add_argument("--judge", type=Path, help="claims that are judged after every epoch; their cards are spared")
    gather.add_argument("--held-out", type=int, default=_HELD_OUT, help="cards kept for validation (%(default)s)")
    fit = steps.add_parser("fit", help="train the network (needs the extra `train`)")
    fit.add_argument("--epochs", type=int, default=3, help="(%(default)s)")
    fit.add_argument("--stop-after", type=int, metavar="STEPS", help="end early, for a trial")
    export = steps.add_parser("export", help="write the model file")
    export.add_argument("--target", type=Path, help="where to; the package's own file without it")
    combine = steps.add_parser("combine", help="find how it is weighed with the rules")
    combine.add_argument("claims", type=Path, help="the claims that were gathered")
    combine.add_argument("--dev", type=Path, required=True, help="claims on which the accepting line is put")
    combine.add_argument(
        "--accepted", type=float, default=0.95, help="share of their true ones that pass (%(default)s)"
    )
    for step in (gather, fit, export, combine):
        step.add_argument("--into", type=Path, required=True, help="the folder that takes everything")
        step.add_argument("--seed", type=int, default=0)
    return parser


def _gather(given: argparse.Namespace) -> None:
    from assistant.assistant import Assistant
    from evals.train import examples

    assistant, claims = Assistant(), list(_lines(given.claims))
    judged = list(_lines(given.judge)) if given.judge else []
    spared = {claim["card"] for claim in judged}
    claims = [claim for claim in claims if claim["card"] not in spared]
    about = sorted({claim["card"] for claim in claims})
    held_out = set(random.Random(given.seed).sample(about, min(given.held_out, len(about) // 4)))  # noqa: S311
    with progress_bar() as progress:

        def tell(done: int, all_of_them: int) -> None:
            progress(done, all_of_them, "setting claims beside their cards")

        found = examples.written(claims, assistant, held_out, tell)
        found += examples.strangers(found, assistant, given.seed)
        examples.write(found, given.into / "examples.jsonl")
        if judged:
            examples.write(examples.written(judged, assistant, (), tell), given.into / "judged.jsonl")
    print(f"{len(found)} examples of {len(about)} cards, of which {len(held_out)} are held out")


def _fit(given: argparse.Namespace) -> None:
    try:
        from evals.train import examples, loop
        from evals.train.steps import Recipe
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is missing; install the extra: pip install '.[train]'") from error
    found = examples.read(given.into / "examples.jsonl")
    judged = {"held out": [one for one in found if one.held_out]}
    if (given.into / "judged.jsonl").exists():
        judged["judged"] = examples.read(given.into / "judged.jsonl")
    recipe = Recipe(epochs=given.epochs, seed=given.seed)
    with progress_bar() as progress:

        def tell(done: int, total: int, losses: Mapping[str, float]) -> None:
            progress(done, total, "training: " + ", ".join(f"{name} {loss:.2f}" for name, loss in losses.items()))

        loop.train(found, judged, given.into, recipe, tell, stop_after=given.stop_after)


def _export(given: argparse.Namespace) -> None:
    from assistant.crossencoder.model import MODEL
    from evals.train.export import export
    from evals.train.loop import FROZEN

    print(export(given.into / "checkpoint.pt", given.target or MODEL, FROZEN))


def _combine(given: argparse.Namespace) -> None:
    from assistant.assistant import Assistant
    from assistant.settings import load_settings
    from evals.train import combine, examples

    held_out = {one.card for one in examples.read(given.into / "examples.jsonl") if one.held_out}
    sets = {
        "held out": [claim for claim in _lines(given.claims) if claim["card"] in held_out],
        given.dev.stem: list(_lines(given.dev)),
    }
    assistant = Assistant(load_settings(verify="cross-encoder"))
    seen = {name: combine.seen(claims, assistant) for name, claims in sets.items()}
    weights = combine.combine(seen["held out"], seen[given.dev.stem], given.accepted)
    combine.TARGET.write_text(json.dumps(weights, indent=1) + "\n", "utf-8")
    print(combine.TARGET)
    for name, claims in seen.items():
        print(name, json.dumps(combine.table_of(claims, weights)))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error})") from error
    return (json.loads(line) for line in text.splitlines())


if __name__ == "__main__":
    sys.exit(main())
