"""The arguments and options that several commands share."""

from typing import Annotated

import typer

from assistant.cli.completion import card_ids, categories

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts instead of text.")]
Categories = Annotated[
    list[str] | None,
    typer.Option(
        "--category",
        metavar="CATEGORY",
        help="Use only cards of this category: its name, its English name or its id prefix. May be repeated.",
        autocompletion=categories,
    ),
]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="Use only cards with this tag. May be repeated."),
]
Cards = Annotated[
    list[str] | None,
    typer.Option(
        "--card",
        metavar="CARD_ID",
        help="Use only the card with this id. May be repeated.",
        autocompletion=card_ids,
    ),
]
Model = Annotated[
    str | None,
    typer.Option("--model", metavar="NAME", help="Let this language model write, e.g. openai:gpt-5-mini."),
]
NoModel = Annotated[bool, typer.Option("--no-model", help="Answer in the cards' own words, whatever is configured.")]
Evidence = Annotated[
    int | None, typer.Option("--k", min=1, max=60, metavar="N", help="How many passages the model is given.")
]
