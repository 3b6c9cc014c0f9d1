"""`assistant chat`: questions that build on each other, remembered until the session ends."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from assistant.cli.interrupts import stopped_by_ctrl_c
from assistant.cli.options import Cards, Categories, Evidence, Model, NoModel, Tags
from assistant.cli.session import filters_of, open_assistant

if TYPE_CHECKING:
    from assistant import Assistant
    from assistant.types import Answer, Filters

_HELP = """\
Ask in English or Chinese; a question may refer to the ones before it.
  /sources  the exact words that the last answer rests on
  /new      forget what was said and start over
  /help     this text
  /exit     leave (so does Ctrl-D)"""


def chat(
    category: Categories = None,
    tag: Tags = None,
    card: Cards = None,
    model: Model = None,
    no_model: NoModel = False,
    k: Evidence = None,
) -> None:
    """Ask one question after another; each may refer to those before it.

    Nothing is kept after the session. Ctrl-C stops an answer, Ctrl-D leaves.

    \b
    Examples:
      assistant chat
      assistant chat --category agent --model openai:gpt-5-mini
    """
    assistant = open_assistant(model=model, no_model=no_model, evidence=k)
    Conversation(assistant, filters_of(category, tag, card)).run()


class Conversation:
    """A conversation in the terminal, or over a pipe with one question a line.

    Args:
        assistant: who answers.
        filters: which cards may be used.
    """

    def __init__(self, assistant: "Assistant", filters: "Filters") -> None:
        self._assistant, self._filters = assistant, filters
        self._history: list[dict[str, str]] = []
        self._last: Answer | None = None

    def run(self) -> None:
        """Read and answer until `/exit` or the end of the input."""
        if sys.stdin.isatty():
            # Its import is what gives input() line editing; Windows has that by itself.
            with suppress(ImportError):
                import readline  # noqa: F401
            print(_HELP, end="\n\n")
        while (line := self._read()) is not None:
            question = line.strip()
            if question == "/exit":
                return
            if question.startswith("/"):
                self._command(question)
            elif question:
                self._answer(question)

    def _read(self) -> str | None:
        try:
            with stopped_by_ctrl_c():
                line = input("> " if sys.stdin.isatty() else "")
        except EOFError:
            if sys.stdin.isatty():
                print()
            return None
        return line.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    def _command(self, command: str) -> None:
        from assistant.cli.rendering import show_citations
        from assistant.cli.terminal import console, say_error

        if command == "/help":
            print(_HELP)
        elif command == "/new":
            self._history.clear()
            self._last = None
        elif command != "/sources":
            say_error(f"{command} is not a command; /help lists them")
        elif self._last is None or not self._last.citations:
            say_error("there is no answer with sources yet")
        else:
            show_citations(console(), self._last.citations)

    def _answer(self, question: str) -> None:
        from assistant.cli.rendering import show_answer
        from assistant.cli.terminal import say_error
        from assistant.cli.watching import watch
        from vectorstore.errors import UserError

        history = list(self._history)
        try:
            with stopped_by_ctrl_c():
                if sys.stdout.isatty():
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
        self._last = answer
        self._history += [
            {"role": "user", "content": question},
            {"role": "assistant", "content": answer.text},
        ]
        show_answer(answer, quotes=False)
        print(flush=True)
