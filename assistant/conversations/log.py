"""The log of conversations: every question with its answer, by conversation and owner."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.conversations.database import Database
from assistant.conversations.turns import ConversationInfo, Rating, Turn, messages_of
from assistant.types import Answer, Filters
from vectorstore.errors import UserError

_ID_BYTES = 16
_LONGEST_QUESTION, _LONGEST_COMMENT, _LONGEST_TITLE = 8_000, 2_000, 80


class ConversationLog:
    """Conversations in one SQLite file; safe to use from many threads and several processes.

    Whoever knows a conversation's id may read it: ids cannot be guessed.

    Args:
        path: the file, made at first use; None keeps everything in memory, until the object is gone.
    """

    def __init__(self, path: Path | None) -> None:
        self._database = Database(path)

    @classmethod
    def at_home(cls, home: Path) -> "ConversationLog":
        """The log of a state folder."""
        return cls(home / "conversations.sqlite")

    @property
    def path(self) -> Path | None:
        """The file; None where nothing is kept."""
        return self._database.path

    # Adding

    def start(self, *, owner: str = "") -> str:
        """Begin a conversation and give its id.

        Args:
            owner: whose it is, where several people share a log.
        """
        conversation = _new_id()
        with self._database.writing() as connection:
            connection.execute("INSERT INTO conversation VALUES (?, ?, ?)", (conversation, _storable(owner), _now()))
        return conversation

    def add(self, conversation: str, question: str, answer: Answer, filters: Filters | None = None) -> str:
        """Add a question and its answer, and give the turn's id.

        Args:
            conversation: its id.
            question: as typed; at most 8,000 characters are kept.
            answer: what was shown.
            filters: which cards it was allowed to use.

        Raises:
            UserError: there is no such conversation.
        """
        turn = _new_id()
        values = (
            turn,
            conversation,
            _now(),
            _storable(question)[:_LONGEST_QUESTION],
            _storable(json.dumps(answer.model_dump(mode="json"), ensure_ascii=False)),
            (filters or Filters()).model_dump_json(),
        )
        with self._database.writing() as connection:
            self._known(connection, conversation)
            connection.execute(
                "INSERT INTO turn (id, conversation, asked_at, question, answer, filters) VALUES (?, ?, ?, ?, ?, ?)",
                values,
            )
        return turn

    def rate(self, turn: str, rating: Rating | None, comment: str = "") -> None:
        """Keep what a reader thinks of an answer; a later rating takes the place of an earlier one.

        Args:
            turn: its id.
            rating: None takes the rating back.
            comment: at most 2,000 characters are kept.

        Raises:
            UserError: there is no such turn.
        """
        if rating not in ("up", "down", None):
            raise UserError(f"a rating is up or down, not {rating!r}")
        said = _storable(comment)[:_LONGEST_COMMENT] if rating else ""
        with self._database.writing() as connection:
            changed = connection.execute("UPDATE turn SET rating = ?, comment = ? WHERE id = ?", (rating, said, turn))
            if not changed.rowcount:
                raise UserError("this answer is not in the log of conversations, so it cannot be rated")

    # Reading

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, oldest first.

        Raises:
            UserError: there is no such conversation.
        """
        with self._database.reading() as connection:
            self._known(connection, conversation)
            rows = connection.execute("SELECT * FROM turn WHERE conversation = ? ORDER BY number", (conversation,))
            return [self._turn(row) for row in rows]

    def history(self, conversation: str) -> list[dict[str, Any]]:
        """A conversation as `answer(history=...)` takes it; see `messages_of`.

        Raises:
            UserError: there is no such conversation.
        """
        return messages_of((turn.question, turn.answer) for turn in self.turns(conversation))

    def conversations(self, owner: str = "", limit: int = 50) -> list[ConversationInfo]:
        """The conversations of an owner in which something was asked, the one last added to first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT c.id, c.started, count(*) AS turns, max(t.asked_at) AS updated, max(t.number) AS latest, "
                "(SELECT question FROM turn WHERE conversation = c.id ORDER BY number LIMIT 1) AS question "
                "FROM conversation c JOIN turn t ON t.conversation = c.id WHERE c.owner = ? "
                "GROUP BY c.id ORDER BY latest DESC LIMIT ?",
                (_storable(owner), limit),
            )
            return [
                ConversationInfo(
                    id=row["id"],
                    title=_title(row["question"]),
                    started=datetime.fromisoformat(row["started"]),
                    updated=datetime.fromisoformat(row["updated"]),
                    turns=row["turns"],
                )
                for row in rows
            ]

    def find(self, beginning: str) -> str:
        """The id of the one conversation whose id begins so.

        Raises:
            UserError: there is none, or more than one.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id FROM conversation WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2", (_storable(beginning),)
            )
            found = [str(row["id"]) for row in rows]
        if not beginning or not found:
            raise _missing(beginning)
        if len(found) > 1 and beginning not in found:
            raise UserError(f"several conversations begin with {beginning!r}; give more of the id")
        return beginning if beginning in found else found[0]

    def exists(self, conversation: str, owner: str | None = None) -> bool:
        """Whether there is such a conversation, and it is this owner's; None asks for no owner."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT owner FROM conversation WHERE id = ?", (_storable(conversation),))
            found = row.fetchone()
        return found is not None and (owner is None or found["owner"] == _storable(owner))

    def rated(self, rating: Rating | None = None) -> Iterator[tuple[Turn, list[Turn]]]:
        """The rated turns of all conversations, oldest first, each with the turns before it.

        Args:
            rating: only these; None gives all that have one.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT id, conversation FROM turn WHERE rating IS NOT NULL AND rating = coalesce(?, rating) "
                "ORDER BY number",
                (rating,),
            )
            found = [(row["id"], row["conversation"]) for row in rows]
        for turn_id, conversation in found:
            # It may have been deleted in the meantime.
            turns = self.turns(conversation) if self.exists(conversation) else []
            for place, turn in enumerate(turns):
                if turn.id == turn_id:
                    yield turn, turns[:place]

    # Deleting, for good

    def drop(self, turn: str) -> None:
        """Delete one turn, as for asking again; a turn that is gone already is no error."""
        self._delete("DELETE FROM turn WHERE id = ?", turn)

    def delete(self, conversation: str) -> None:
        """Delete a conversation so that its words are in no file any more.

        Raises:
            UserError: there is no such conversation.
        """
        with self._database.reading() as connection:
            self._known(connection, conversation)
        self._delete("DELETE FROM conversation WHERE id = ?", conversation)

    def delete_all(self, owner: str = "") -> int:
        """Delete every conversation of an owner, as `delete`, and give how many had turns."""
        count = len(self.conversations(owner, limit=-1))
        self._delete("DELETE FROM conversation WHERE owner = ?", _storable(owner))
        return count

    def _delete(self, statement: str, value: str) -> None:
        with self._database.writing() as connection:
            connection.execute(statement, (value,))
        self._database.forget()

    def _turn(self, row: sqlite3.Row) -> Turn:
        try:
            return Turn(
                id=row["id"],
                question=row["question"],
                answer=Answer.model_validate_json(row["answer"]),
                filters=Filters.model_validate_json(row["filters"]),
                asked_at=datetime.fromisoformat(row["asked_at"]),
                rating=row["rating"],
                comment=row["comment"],
            )
        except (ValidationError, ValueError) as error:
            raise self._database.damaged(f"a turn in it is not whole: {type(error).__name__}") from None

    @staticmethod
    def _known(connection: sqlite3.Connection, conversation: str) -> None:
        row = connection.execute("SELECT 1 FROM conversation WHERE id = ?", (_storable(conversation),)).fetchone()
        if row is None:
            raise _missing(conversation)


def _missing(conversation: str) -> UserError:
    return UserError(f"there is no conversation {_storable(conversation)[:60]!r}; `assistant chat --list` lists them")


def _new_id() -> str:
    """An id that nobody can guess, and that no command line takes for an option."""
    while (found := secrets.token_urlsafe(_ID_BYTES)).startswith("-"):
        pass
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _storable(text: str) -> str:
    """A text that SQLite takes: halves of characters become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _title(question: str) -> str:
    words = " ".join(question.split())
    return words if len(words) <= _LONGEST_TITLE else f"{words[: _LONGEST_TITLE - 1].rstrip()}…"
