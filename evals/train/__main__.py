"""Command line of the training: `all` of it, or step by step.

python -m evals.train all CLAIMS.jsonl --judge CLAIMS-DEV.jsonl --into FOLDER   (the cards ingested in full)

The steps of `all`, each with the same arguments:
gather    sets the claims beside their cards
fit       trains; goes on from the last checkpoint, progress in FOLDER/progress.jsonl
export    writes the model file into the package
combine   writes how it is weighed with the rules
"""

import argparse
import json
import random
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

from assistant.cli.progress import progress_bar
from assistant.cli.terminal import say_error
from evals.datasets import read_claims
from vectorstore.errors import UserError

_EXAMPLES, _JUDGED = "examples.jsonl", "judged.jsonl"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step or all; 0 where it went well."""
    given = _parser().parse_args(arguments)
    try:
        if given.step in ("all", "fit", "export") and not find_spec("torch"):
            raise UserError("PyTorch is missing; install the extra: pip install '.[train]'")
        given.into.mkdir(parents=True, exist_ok=True)
        for step in STEPS if given.step == "all" else [given.step]:
            STEPS[step](given)
    except UserError as error:
        say_error(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evals.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("step", choices=["all", *STEPS])
    parser.add_argument("claims", type=Path, help="labelled claims, made like evals/datasets/claims.jsonl")
    parser.add_argument("--into", type=Path, required=True, help="the folder that takes everything")
    parser.add_argument(
        "--judge",
        type=Path,
        required=True,
        help="claims that are judged after every epoch, and on which the accepting line is put; their cards are spared",
    )
    parser.add_argument("--held-out", type=int, default=80, help="cards kept for validation (%(default)s)")
    parser.add_argument("--epochs", type=int, default=3, help="(%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the training; the shipped one by default")
    parser.add_argument("--stop-after", type=int, metavar="STEPS", help="end the training early, for a trial")
    parser.add_argument(
        "--accepted", type=float, default=0.95, help="share of the true judged claims that pass (%(default)s)"
    )
    return parser


def _gather(given: argparse.Namespace) -> None:
    from assistant.assistant import Assistant
    from evals.train import examples

    judged = read_claims(given.judge)
    spared = {claim.card for claim in judged}
    claims = [claim for claim in read_claims(given.claims) if claim.card not in spared]
    assistant = Assistant()
    about = sorted({claim.card for claim in claims})
    # The same whatever the seed, so that seeds are judged on the same claims.
    held_out = set(random.Random(0).sample(about, min(given.held_out, len(about) // 4)))  # noqa: S311
    with progress_bar() as progress:

        def tell(done: int, all_of_them: int) -> None:
            progress(done, all_of_them, "setting claims beside their cards")

        found = examples.written(claims, assistant, held_out, tell)
        found += examples.strangers(found, assistant, seed=0)
        examples.write(found, given.into / _EXAMPLES)
        examples.write(examples.written(judged, assistant, (), tell), given.into / _JUDGED)
    print(f"{len(found)} examples of {len(about)} cards, of which {len(held_out)} are held out")


def _fit(given: argparse.Namespace) -> None:
    from evals.train import examples, loop
    from evals.train.steps import Recipe

    found = examples.read(given.into / _EXAMPLES)
    judged = {"held out": [one for one in found if one.held_out], "judged": examples.read(given.into / _JUDGED)}
    recipe = Recipe(epochs=given.epochs, seed=given.seed)
    with progress_bar() as progress:

        def tell(done: int, total: int, losses: Mapping[str, float]) -> None:
            progress(done, total, "training: " + ", ".join(f"{name} {loss:.2f}" for name, loss in losses.items()))

        loop.train(found, judged, given.into, recipe, tell, stop_after=given.stop_after)


def _export(given: argparse.Namespace) -> None:
    from assistant.crossencoder.model import MODEL
    from evals.train.export import export
    from evals.train.loop import FROZEN

    print(export(given.into / "checkpoint.pt", MODEL, FROZEN))


def _combine(given: argparse.Namespace) -> None:
    from assistant.assistant import Assistant
    from assistant.settings import load_settings
    from evals.train import combine, examples

    held_out = {one.card for one in examples.read(given.into / _EXAMPLES) if one.held_out}
    sets = {
        "held out": [claim for claim in read_claims(given.claims) if claim.card in held_out],
        "judged": read_claims(given.judge),
    }
    assistant = Assistant(load_settings(verify="cross-encoder"))
    seen = {name: combine.seen(claims, assistant) for name, claims in sets.items()}
    weights = combine.combine(seen["held out"], seen["judged"], given.accepted)
    combine.TARGET.write_text(json.dumps(weights, indent=1) + "\n", "utf-8")
    print(combine.TARGET)
    for name, claims in seen.items():
        print(name, json.dumps(combine.table_of(claims, weights)))


STEPS = {"gather": _gather, "fit": _fit, "export": _export, "combine": _combine}


if __name__ == "__main__":
    sys.exit(main())
