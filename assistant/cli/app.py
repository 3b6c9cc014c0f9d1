"""The commands of `assistant`, put together."""

from typing import Annotated

import typer

from assistant.cli.asking import ask, cards, search, show
from assistant.cli.chatting import chat
from assistant.cli.doctoring import doctor
from assistant.cli.evaluating import evaluate
from assistant.cli.feedback import feedback
from assistant.cli.ingesting import ingest
from assistant.cli.serving import serve

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["--help", "-h"]},
)
for command in (ask, chat, search, show, cards, ingest, serve, feedback, doctor):
    app.command()(command)
app.command("eval")(evaluate)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"assistant {version('paper-card-assistant')}")
        raise typer.Exit


@app.callback()
def assistant(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Ask a collection of paper cards in English or Chinese.

    Every sentence of an answer points at the exact words of a card. The first use sets up the built-in
    corpus; no key and no network are needed. Settings are environment variables: `assistant doctor` lists
    what is set and checks that everything works.

    \b
    Examples:
      assistant ask "How does GuardSpace keep a model safe during fine-tuning?"
      assistant search "adapters that keep a model safe"
      assistant ingest paper_cards.txt

    Exit codes: 0 success, 1 an error with one line that says what to do, 2 wrong usage, 130 Ctrl-C.
    """
