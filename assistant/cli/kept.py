"""Kept conversations from the command line: listed, written to a file, deleted."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from assistant.conversations import ConversationLog, Turn

_SHOWN_ID = 8
_LISTED = 200


def conversation_ids(incomplete: str) -> list[tuple[str, str]]:
    """Shell completion: the conversations whose ids begin so, each with its title."""
    from vectorstore.errors import UserError

    with suppress(UserError):
        return [(info.id, info.title) for info in kept_log().conversations() if info.id.startswith(incomplete)]
    return []


def chosen(log: "ConversationLog", conversation: str | None) -> str:
    """The id of the conversation that is meant: by the beginning of its id, or the latest.

    Raises:
        UserError: there is none.
    """
    from vectorstore.errors import UserError

    if conversation is not None:
        return log.find(conversation)
    latest = log.conversations(limit=1)
    if not latest:
        raise UserError("no conversation is kept yet; `assistant chat` begins one")
    return latest[0].id


def show_list(as_json: bool) -> None:
    """Print the conversations, the latest first."""
    import json

    from assistant.cli.terminal import clean, clean_json, console, emit

    found = kept_log().conversations(limit=-1 if as_json else _LISTED)
    if as_json:
        listed = [info.model_dump(mode="json") for info in found]
        typer.echo(clean_json(json.dumps(listed, ensure_ascii=False, indent=2)))
        return
    shown = _distinct([info.id for info in found])
    for info, beginning in zip(found, shown, strict=True):
        when = info.updated.astimezone().strftime("%Y-%m-%d %H:%M")
        questions = "1 question " if info.turns == 1 else f"{info.turns} questions"
        emit(console(), f"{beginning}  {when}  {questions:>12}  {clean(info.title)}")
    if not found:
        emit(console(sys.stderr), "note: no conversation is kept yet; `assistant chat` begins one", style="dim")


def export(conversation: str | None, path: Path, *, over: bool) -> None:
    """Write a conversation to a file.

    Raises:
        typer.BadParameter: the file's ending is none of ours, or it is there already.
        UserError: there is no such conversation.
    """
    log = kept_log()
    write(log.turns(chosen(log, conversation)), path, over=over)


def write(turns: "Sequence[Turn]", path: Path, *, over: bool) -> None:
    """Write turns to a file: Markdown for `.md`, JSON for `.json`.

    Args:
        turns: oldest first.
        path: where to.
        over: write over a file that is there.

    Raises:
        UserError: the file's ending is none of ours, or it is there already.
        OSError: it cannot be written.
    """
    from assistant.conversations import as_json, as_markdown
    from vectorstore.errors import UserError

    forms = {".md": as_markdown, ".markdown": as_markdown, ".json": as_json}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise UserError(f"the file {path.name} should end in .md (Markdown) or .json")
    if path.exists() and not over:
        raise UserError(f"{path} is there already; give another name, or add --yes to `assistant chat --export`")
    path.write_text(form(turns), "utf-8")
    print(f"written to {path}", file=sys.stderr)


def delete(conversation: str, yes: bool) -> None:
    """Delete one conversation for good, after asking.

    Raises:
        UserError: there is no such conversation.
    """
    log = kept_log()
    found = log.find(conversation)
    turns = log.turns(found)
    title = " ".join(turns[0].question.split())[:60] if turns else found
    if _agreed(f"Delete the conversation “{title}” ({len(turns)} questions) for good?", yes):
        log.delete(found)
        print("deleted", file=sys.stderr)


def delete_all(yes: bool) -> None:
    """Delete all conversations for good, after asking."""
    log = kept_log()
    count = len(log.conversations(limit=-1))
    if _agreed(f"Delete all {count} conversations for good?", yes):
        print(f"{log.delete_all()} deleted", file=sys.stderr)


def _agreed(question: str, yes: bool) -> bool:
    from assistant.cli.terminal import clean

    if yes:
        return True
    if not sys.stdin.isatty():
        raise typer.BadParameter("deleting asks first; add --yes where nobody can answer")
    return bool(typer.confirm(clean(question)))


def kept_log() -> "ConversationLog":
    """The log of the configured state folder, whether or not more is to be kept."""
    from assistant.conversations import ConversationLog
    from assistant.settings import load_settings

    log = ConversationLog.at_home(load_settings().home)
    # Looking is no reason to begin a file.
    return log if log.path is not None and log.path.exists() else ConversationLog(None)


def _distinct(ids: Sequence[str]) -> list[str]:
    """The beginnings of ids, as short as tells them apart."""
    length = _SHOWN_ID
    while len({each[:length] for each in ids}) < len(set(ids)):
        length += 2
    return [each[:length] for each in ids]
