"""`assistant ask`, `assistant search`, `assistant show` and `assistant cards`."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.completion import card_ids, categories
from assistant.cli.options import AsJson, Cards, Categories, Evidence, Model, NoModel, Tags
from assistant.cli.session import filters_of, open_assistant, question_text
from assistant.cli.terminal import clean_json

if TYPE_CHECKING:
    from pydantic import BaseModel


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In English or Chinese; - reads standard input.")],
    category: Categories = None,
    tag: Tags = None,
    card: Cards = None,
    model: Model = None,
    no_model: NoModel = False,
    k: Evidence = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show a list or an overview to its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question; every sentence cites the exact words of a card.

    Without a configured model the answer is made of the cards' own sentences. An honest "the cards do not
    say" is an answer too: its exit code is 0, and its status in --json is insufficient_evidence.

    \b
    Examples:
      assistant ask "How does GuardSpace keep a model safe during fine-tuning?"
      assistant ask "有哪些减少推理长度的方法?" --category reason --all
      echo "What was it tested on?" | assistant ask - --card align-a6ef98 --json
    """
    from assistant.cli.rendering import show_answer
    from assistant.cli.watching import watch

    text = question_text(question)
    filters = filters_of(category, tag, card)
    assistant = open_assistant(model=model, no_model=no_model, evidence=k, answering=True)
    if sys.stdout.isatty() and not as_json:
        answer = watch(assistant.stream(text, filters=filters, show_all=show_all))
    else:
        answer = assistant.answer(text, filters=filters, show_all=show_all)
    if as_json:
        typer.echo(clean_json(answer.model_dump_json(indent=2)))
    else:
        show_answer(answer)


def search(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="What to look for; - reads standard input.")],
    k: Annotated[int, typer.Option("--k", min=1, max=100, metavar="N", help="How many cards.")] = 10,
    category: Categories = None,
    tag: Tags = None,
    as_json: AsJson = False,
) -> None:
    """List the cards nearest to a question or a topic, best first.

    \b
    Examples:
      assistant search "adapters that keep a model safe"
      assistant search "长上下文推理" --k 20 --tag LLM
      assistant search "speculative decoding" --json | jq -r '.[].card_id'
    """
    from assistant.cli.rendering import show_hits

    text = question_text(query)
    hits = open_assistant(no_model=True).search(text, k=k, filters=filters_of(category, tag))
    if as_json:
        _echo_list(hits)
    else:
        show_hits(hits)


def show(
    card_id: Annotated[str, typer.Argument(metavar="CARD_ID", help="E.g. align-a6ef98.", autocompletion=card_ids)],
    as_json: AsJson = False,
) -> None:
    """Show one card in full.

    \b
    Examples:
      assistant show align-a6ef98
      assistant show align-a6ef98 --json | jq -r .abstract
    """
    from assistant.cli.rendering import show_card

    card = open_assistant(no_model=True).card(card_id.strip())
    if as_json:
        typer.echo(clean_json(card.model_dump_json(indent=2)))
    else:
        show_card(card)


def cards(
    category: Annotated[
        str | None,
        typer.Option(
            "--category",
            metavar="CATEGORY",
            help="Its name, its English name or its id prefix.",
            autocompletion=categories,
        ),
    ] = None,
    tag: Annotated[
        str | None, typer.Option("--tag", metavar="TAG", help="However it is spelled: LLM finds LLMs.")
    ] = None,
    mentions: Annotated[
        str | None, typer.Option("--mentions", metavar="TEXT", help="Cards that name this anywhere.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List all cards, or exactly those that meet some conditions.

    \b
    Examples:
      assistant cards --category agent
      assistant cards --tag "reinforcement learning" --mentions GSM8K
      assistant cards --json > cards.json
    """
    from assistant.cli.rendering import show_cards

    found = open_assistant(no_model=True).cards(category=category, tag=tag, mentions=mentions)
    if as_json:
        _echo_list(found)
    else:
        show_cards(found)


def _echo_list(values: "Sequence[BaseModel]") -> None:
    import json

    document = json.dumps([value.model_dump(mode="json") for value in values], ensure_ascii=False, indent=2)
    typer.echo(clean_json(document))
