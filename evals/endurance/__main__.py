"""The command line: `python -m evals.endurance --minutes 10 --users 50`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evals.endurance.run import Plan, endure
from vectorstore.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, and print what came of it; exits with 1 where not everything held."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.endurance",
        description="Many readers at once while a third of the model's requests fail, the Chroma server is restarted "
        "and cards are ingested; afterwards every answer is checked, and everything acknowledged looked for.",
    )
    plan = Plan()
    parser.add_argument("--minutes", type=float, default=plan.minutes, help="%(default)g")
    parser.add_argument("--users", type=int, default=plan.users, help="%(default)s")
    parser.add_argument("--failing", type=float, default=plan.failing, help="share of requests (%(default).2f)")
    parser.add_argument("--tokens", type=float, default=plan.tokens, help="of the model, a second (%(default)g)")
    parser.add_argument("--pause", type=float, default=plan.pause, help="seconds that a reader reads (%(default)g)")
    parser.add_argument("--workers", type=int, default=plan.workers, help="processes that answer (%(default)s)")
    parser.add_argument("--cards", type=Path, help="a card file to ask about; the built-in corpus without it")
    parser.add_argument("--home", type=Path, help="state folder; a temporary one without it")
    parser.add_argument("--seed", type=int, default=plan.seed, help="%(default)s")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = vars(parser.parse_args(arguments))
    as_json = given.pop("json")
    try:
        found = endure(Plan(**given))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(found.model_dump_json(indent=2) if as_json else found.text)
    return 0 if found.ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
