"""`assistant chat`: questions that build on each other, kept until they are deleted."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.interrupts import stopped_by_ctrl_c
from assistant.cli.kept import conversation_ids
from assistant.cli.options import AsJson, Cards, Categories, Evidence, Model, NoModel, Tags
from assistant.cli.session import filters_of, open_assistant

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.conversations import Rating, Turn
    from assistant.types import Answer, Filters

_HELP = """\
Ask in English or Chinese; a question may refer to the ones before it.
  /sources             the exact words that the last answer rests on
  /rate up|down [WHY]  say what you think of the last answer
  /export FILE         write the conversation to FILE.md or FILE.json
  /delete              delete the conversation for good and start over
  /new                 start over; what was said is kept
  /help                this text
  /exit                leave (so does Ctrl-D)"""


def chat(
    conversation: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="A conversation, or the beginning of its id; the latest one without it.",
            autocompletion=conversation_ids,
            show_default=False,
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an earlier conversation.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the conversations, the latest first.")] = False,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", metavar="FILE", help="Write a conversation to a file: Markdown for .md, JSON for .json."
        ),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the conversation ID for good.")] = False,
    delete_all: Annotated[bool, typer.Option("--delete-all", help="Delete all conversations for good.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete, or write over a file, without asking.")] = False,
    category: Categories = None,
    tag: Tags = None,
    card: Cards = None,
    model: Model = None,
    no_model: NoModel = False,
    k: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """Ask one question after another; each may refer to those before it.

    Conversations are kept on this machine until you delete them; ASSISTANT_KEEP_CONVERSATIONS=false keeps none.
    Ctrl-C stops an answer, Ctrl-D leaves. Over a pipe it reads one question a line, and with --json it writes one
    answer a line.

    \b
    Examples:
      assistant chat
      assistant chat --category agent --model openai:gpt-5-mini
      assistant chat --resume
      assistant chat --list
      assistant chat 4fB2 --export safety.md
      assistant chat 4fB2 --delete
    """
    from assistant.cli import kept

    asked_for = [
        name
        for name, given in (
            ("--resume", resume),
            ("--list", listing),
            ("--export", export is not None),
            ("--delete", delete),
            ("--delete-all", delete_all),
        )
        if given
    ]
    if len(asked_for) > 1:
        raise typer.BadParameter(f"give {asked_for[0]} or {asked_for[1]}, not both")
    if listing:
        kept.show_list(as_json)
    elif export is not None:
        kept.export(conversation, export, over=yes)
    elif delete_all:
        kept.delete_all(yes)
    elif delete:
        if conversation is None:
            raise typer.BadParameter("--delete needs the conversation's id; `assistant chat --list` lists them")
        kept.delete(conversation, yes)
    else:
        _talk(
            open_assistant(model=model, no_model=no_model, evidence=k),
            filters_of(category, tag, card),
            conversation,
            resume or conversation is not None,
            as_json,
        )


def _talk(assistant: "Assistant", filters: "Filters", conversation: str | None, resumes: bool, as_json: bool) -> None:
    from assistant.cli.kept import chosen

    log = assistant.conversations
    known = chosen(log, conversation) if resumes else None
    Conversation(assistant, filters, known, as_json=as_json).run()


class Conversation:
    """A conversation in the terminal, or over a pipe with one question a line.

    Args:
        assistant: who answers, and whose log keeps it.
        filters: which cards may be used; without any, those of the last question of a conversation resumed.
        known: the id of the conversation to go on with.
        as_json: answers as JSON, one a line.
    """

    def __init__(
        self, assistant: "Assistant", filters: "Filters", known: str | None = None, *, as_json: bool = False
    ) -> None:
        self._assistant, self._log, self._as_json = assistant, assistant.conversations, as_json
        self._id = known
        turns = self._log.turns(known) if known else []
        self._filters = filters or (turns[-1].filters if turns else filters)
        self._said: list[tuple[str, Answer]] = [(turn.question, turn.answer) for turn in turns]
        # The last answer's turn in the log; None where it is not kept.
        self._turn: str | None = turns[-1].id if turns else None

    def run(self) -> None:
        """Read and answer until `/exit` or the end of the input."""
        if sys.stdin.isatty():
            # Its import is what gives input() line editing; Windows has that by itself.
            with suppress(ImportError):
                import readline  # noqa: F401
            print(_HELP, end="\n\n")
            self._show_where_it_stood()
        while (line := self._read()) is not None:
            question = line.strip()
            if question == "/exit":
                break
            if question.startswith("/"):
                self._command(question)
            elif question:
                self._answer(question)
        if sys.stdin.isatty() and self._id and self._log.path is not None:
            print(f"To go on with this conversation: assistant chat --resume {self._id}", file=sys.stderr)

    def _show_where_it_stood(self) -> None:
        from assistant.cli.rendering import show_answer
        from assistant.cli.terminal import clean

        if self._said:
            question, answer = self._said[-1]
            print(f"> {clean(' '.join(question.split()))}")
            show_answer(answer, quotes=False)
            print(flush=True)

    def _read(self) -> str | None:
        try:
            with stopped_by_ctrl_c():
                line = input("> " if sys.stdin.isatty() else "")
        except EOFError:
            if sys.stdin.isatty():
                print()
            return None
        return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    # Commands

    def _command(self, line: str) -> None:
        from assistant.cli.terminal import say_error
        from vectorstore.errors import UserError

        command, _, rest = line.partition(" ")
        known: Mapping[str, Callable[[str], None]] = {
            "/help": lambda _: print(_HELP),
            "/new": lambda _: self._start_over(),
            "/sources": lambda _: self._sources(),
            "/rate": self._rate,
            "/export": self._export,
            "/delete": lambda _: self._delete(),
        }
        if command not in known:
            say_error(f"{command} is not a command; /help lists them")
            return
        try:
            known[command](rest.strip())
        except (UserError, OSError) as error:
            say_error(str(error))

    def _start_over(self) -> None:
        self._said.clear()
        self._id = self._turn = None

    def _sources(self) -> None:
        from assistant.cli.rendering import show_citations
        from assistant.cli.terminal import console, say_error

        if not self._said or not self._said[-1][1].citations:
            say_error("there is no answer with sources yet")
        else:
            show_citations(console(), self._said[-1][1].citations)

    def _rate(self, rest: str) -> None:
        from assistant.cli.terminal import say_error

        ratings: Mapping[str, Rating] = {"up": "up", "down": "down"}
        word, _, comment = rest.partition(" ")
        if self._turn is None:
            say_error("there is no answer to rate yet")
        elif word in ratings:
            self._log.rate(self._turn, ratings[word], comment.strip())
            print(f"rated {word}; `assistant feedback` exports all ratings", file=sys.stderr)
        else:
            say_error("type /rate up or /rate down, and why if you like")

    def _export(self, rest: str) -> None:
        from assistant.cli.kept import write
        from assistant.cli.terminal import say_error

        if not rest:
            say_error("type /export and a file's name, such as /export talk.md")
        elif not self._said:
            say_error("nothing has been said yet")
        else:
            write(self._turns(), Path(rest).expanduser(), over=False)

    def _turns(self) -> "Sequence[Turn]":
        return self._log.turns(self._id) if self._id else []

    def _delete(self) -> None:
        from assistant.cli.terminal import say_error

        if self._id is None:
            say_error("nothing has been said yet")
            return
        if sys.stdin.isatty():
            with stopped_by_ctrl_c():
                sure = input("Delete this conversation for good? [y/N] ").strip().lower()
            if sure not in ("y", "yes"):
                return
        self._log.delete(self._id)
        self._start_over()
        print("deleted", file=sys.stderr)

    # Answers

    def _answer(self, question: str) -> None:
        from assistant.cli.rendering import show_answer
        from assistant.cli.terminal import clean_json, say_error
        from assistant.cli.watching import watch
        from assistant.conversations import messages_of
        from vectorstore.errors import UserError

        history = messages_of(self._said)
        try:
            with stopped_by_ctrl_c():
                if sys.stdout.isatty() and not self._as_json:
                    answer = watch(self._assistant.stream(question, history=history, filters=self._filters))
                else:
                    answer = self._assistant.answer(question, history=history, filters=self._filters)
        except UserError as error:
            say_error(str(error))
            return
        except KeyboardInterrupt:
            if not sys.stdin.isatty():
                raise
            say_error("stopped")
            return
        self._said.append((question, answer))
        if self._as_json:
            print(clean_json(answer.model_dump_json()), flush=True)
        else:
            show_answer(answer, quotes=False)
            print(flush=True)
        self._keep(question, answer)

    def _keep(self, question: str, answer: "Answer") -> None:
        from assistant.cli.terminal import say_error
        from vectorstore.errors import UserError

        self._turn = None
        try:
            if self._id is None:
                self._id = self._log.start()
            self._turn = self._log.add(self._id, question, answer, self._filters)
        except UserError as error:
            # The conversation itself goes on.
            say_error(f"this answer is not kept: {error}")
