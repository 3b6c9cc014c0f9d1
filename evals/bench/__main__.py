"""`python -m evals.bench`: measures, prints the table and writes the JSON."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from assistant.cli.progress import progress_bar
from assistant.cli.terminal import say_error, use_utf8
from evals.bench.running import FULL_SIZES, QUICK_SIZES, SAMPLE, bench
from evals.bench.sections import SECTIONS
from evals.bench.table import show
from vectorstore.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 where every figure could be taken, whether or not its goal is met."""
    given = _parser().parse_args(arguments)
    use_utf8()
    try:
        with progress_bar() as progress:
            report = bench(
                given.only,
                full=given.full or given.cards is not None,
                cards=given.cards,
                home=given.home,
                paperqa_python=given.paperqa_python,
                sizes=given.sizes,
                questions=given.questions,
                sample=given.sample,
                out=given.out,
                folder=given.folder,
                progress=progress,
            )
    except UserError as error:
        say_error(str(error))
        return 1
    except KeyboardInterrupt:
        return 130
    show(report)
    print(f"\n{given.out}")
    return 1 if report.missing else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m evals.bench",
        description="How fast the assistant is, beside a baseline of the same run. Needs the extra eval.",
    )
    parser.add_argument("--full", action="store_true", help="everything, on the full card file; about an hour")
    parser.add_argument("--cards", type=Path, metavar="FILE", help="the card file of a full run")
    parser.add_argument(
        "--only", nargs="+", default=[], choices=list(SECTIONS), metavar="NAME", help=", ".join(SECTIONS)
    )
    parser.add_argument("--home", type=Path, metavar="DIR", help="an assistant's home with its collection ready")
    parser.add_argument(
        "--sizes",
        type=int,
        nargs="+",
        default=[],
        metavar="N",
        help=f"of the synthetic collections ({_listed(QUICK_SIZES)}; with --full {_listed(FULL_SIZES)})",
    )
    parser.add_argument("--questions", type=int, metavar="N", help="ask at most so many")
    parser.add_argument(
        "--sample",
        type=int,
        default=SAMPLE,
        metavar="N",
        help="cards that a quick run embeds where the whole corpus would take too long (%(default)s)",
    )
    parser.add_argument("--paperqa-python", type=Path, metavar="PATH", help="an interpreter that has paper-qa")
    parser.add_argument("--out", type=Path, default=Path("bench.json"), metavar="FILE", help="(%(default)s)")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="keep there what is made meanwhile")
    return parser


def _listed(sizes: Sequence[int]) -> str:
    return " ".join(map(str, sizes))


if __name__ == "__main__":
    raise SystemExit(main())
