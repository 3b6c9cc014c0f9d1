"""`assistant feedback`: what readers thought of answers, as questions for the evaluation suite."""

import json
from typing import Annotated, Literal

import typer


def feedback(
    rating: Annotated[
        Literal["up", "down"],
        typer.Argument(metavar="[up|down]", help="Which ratings; up without it.", show_default=False),
    ] = "up",
) -> None:
    """Print the ratings of answers as a data set for `assistant eval`, one JSON line each.

    Answers rated up become questions whose gold is the cards that were cited. Answers rated down are for you to
    complete: fill in gold, answer and key_facts, and take out comment, shown and cited; until then
    `assistant eval` refuses the line and says why.

    \b
    Examples:
      assistant feedback > liked.jsonl
      assistant feedback down > to-complete.jsonl
      assistant eval --dataset liked.jsonl --only-dataset
    """
    from assistant.cli.kept import kept_log
    from assistant.cli.terminal import clean_json
    from assistant.conversations.feedback import confirmed, to_complete

    rated = kept_log().rated(rating)
    for line in confirmed(rated) if rating == "up" else to_complete(rated):
        typer.echo(clean_json(json.dumps(line, ensure_ascii=False)))
