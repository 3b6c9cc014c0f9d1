"""Ingests to be killed by the hundred, and looks at what they left: each a fresh process that has nothing to import."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from own_cards import own_assistant, record, write_cards  # noqa: E402

from assistant import Assistant  # noqa: E402
from vectorstore import atlas  # noqa: E402
from vectorstore.ingest import entries_of  # noqa: E402
from vectorstore.store import CardStore  # noqa: E402


class Killable:
    """Processes that work on state folders, forked from one that has imported everything. A context manager.

    They draw no real map of the collection: that takes nine tenths of a small ingest, in which nothing is at stake.
    """

    def __enter__(self) -> "Killable":
        self._parent = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=TESTS
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._parent.kill()
        self._parent.communicate()

    def start(self, work: str, home: Path, **order: Any) -> int:
        """Begin `ingest` (order: path) or `look` (order: number); gives the number of the process."""
        assert self._parent.stdin
        self._parent.stdin.write(json.dumps({"work": work, "home": str(home)} | order) + "\n")
        self._parent.stdin.flush()
        return int(self._said())

    def end(self) -> list[str]:
        """What the process that was begun last said until it ended; the last line is its exit status."""
        lines = [self._said()]
        while not lines[-1].startswith("ended "):
            lines.append(self._said())
        return lines

    def _said(self) -> str:
        assert self._parent.stdout
        line = self._parent.stdout.readline()
        assert line, "the process that starts the others is gone"
        return line.strip()


@dataclass(frozen=True)
class Found:
    """What a fresh process found in a state folder.

    Args:
        hashes: of every card, before anything was put in order, and after.
        whole: whether the store holds exactly the entries of its cards, each once.
        silent: cards that are not among the five found first by their name.
        answered: whether a question about one of them was answered from that card.
        digest: of every card and every entry, byte for byte.
    """

    before: dict[str, str]
    hashes: dict[str, str]
    whole: bool
    silent: list[str]
    answered: bool
    digest: str


def found(killable: Killable, home: Path, **order: Any) -> Found:
    """What a fresh process finds in a state folder."""
    killable.start("look", home, **order)
    *_, told, ended = killable.end()
    assert ended == "ended 0", told
    return Found(**json.loads(told))


def contents(store: CardStore) -> dict[str, Any]:
    """Every entry that the store holds, with its words and what it is filtered by."""
    return {
        entry: [words, dict(sorted((metadata or {}).items()))]
        for page in store._pages(store._passages, include=["documents", "metadatas"])
        for entry, words, metadata in zip(page["ids"], page["documents"], page["metadatas"], strict=True)
    }


def is_whole(assistant: Assistant) -> bool:
    """Whether the store holds exactly the entries of its cards, each card once and with its own hash."""
    store = assistant._collection.store
    cards = list(store.cards())
    expected = {source.entry.id: source.entry.text for card in cards for source in entries_of(card)}
    return (
        len({card.id for card in cards}) == len(cards)
        and store.count_passages() == len(expected)
        and {entry: words for entry, (words, _) in contents(store).items()} == expected
        and store.hashes() == {card.id: card.content_hash() for card in cards}
    )


def _ingest(order: dict[str, Any]) -> None:
    assistant = own_assistant(Path(order["home"]), **order["where"])

    def progress(done: int, total: int, what: str) -> None:
        if what.startswith("embedding"):
            print("stored", done, flush=True)

    assistant.ingest([Path(order["path"])], progress=progress)


def _look(order: dict[str, Any]) -> None:
    assistant = own_assistant(Path(order["home"]), **order["where"])
    before = assistant._collection.store.hashes()
    assistant.ready()
    store = assistant._collection.store
    cards = sorted(store.cards(), key=lambda card: card.id)
    # Vectors of hashed words put a stranger first now and then, also in a store that nobody disturbed.
    near = {card.id: {hit.card_id for hit in assistant.search(_name(card.title), k=5)} for card in cards}
    silent = [card_id for card_id, hits in near.items() if card_id not in hits]
    answered = True
    if cards:
        one = cards[order["number"] % len(cards)]
        answer = assistant.answer(f"What does {_name(one.title)} plan?")
        answered = answer.status == "answered" and {cited.card_id for cited in answer.citations} == {one.id}
    held = json.dumps([[card.model_dump_json() for card in cards], contents(store)], sort_keys=True)
    digest = hashlib.sha256(held.encode()).hexdigest()
    print(json.dumps(vars(Found(before, store.hashes(), is_whole(assistant), silent, answered, digest))), flush=True)


def _name(title: str) -> str:
    return title.partition(":")[0]


def _rehearse() -> None:
    """Import what an ingest and a look import; both done once elsewhere, for an open store does not survive a fork."""
    reading, writing = os.pipe()
    if not os.fork():
        os.close(reading)
        with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
            order = {"home": folder, "where": {}, "number": 0}
            path = write_cards(Path(folder, "cards.jsonl"), [record(number) for number in range(20)])
            _ingest(order | {"path": str(path)})
            _look(order)
        with open(writing, "w") as told:
            told.write("\n".join(sys.modules))
        os._exit(0)
    os.close(writing)
    with open(reading) as telling:
        for name in telling.read().splitlines():
            with suppress(ImportError):
                import_module(name)
    os.wait()


def main() -> None:
    """Fork a process for every order on standard input."""
    atlas._projected = lambda features: features[:, :2] * 0 + 0.5
    _rehearse()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            status = 1
            try:
                {"ingest": _ingest, "look": _look}[order["work"]](order)
                status = 0
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(status)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print("ended", status, flush=True)


if __name__ == "__main__":
    main()
