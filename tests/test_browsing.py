"""The table of all cards: narrowed by words, category and tag, a page at a time, and always what the store holds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from own_cards import own_assistant, record, write_cards

from assistant import Assistant, Filters


@pytest.fixture
def ingested(tmp_path: Path) -> Callable[..., Assistant]:
    assistant = own_assistant(tmp_path / "home")

    def of(*records: dict[str, object], prune: bool = False) -> Assistant:
        assistant.ingest([write_cards(tmp_path / "cards.jsonl", list(records))], prune=prune)
        return assistant

    return of


def found(assistant: Assistant, words: str = "", **more: object) -> list[str]:
    return [row.card_id for row in assistant.browsing().page(words, **more).rows]  # type: ignore[arg-type]


def test_every_word_stands_in_the_row_whole_or_in_part(ingested: Callable[..., Assistant]) -> None:
    assistant = ingested(
        record(
            1, title="Null-Space adapters", tldr="Keeps 安全 alignment.", tags=["Low_Rank"], abstract="Hidden words."
        ),
        record(2, title="Other adapters", tldr="Prunes experts.", tags=["pruning"]),
    )
    for words in ("null space", "NULL-SPACE", "adapt null", "安全", "low rank", "own-1", "ＡＬＩＧＮ"):
        assert found(assistant, words) == ["own-1"], words
    assert found(assistant, "adapters") == ["own-1", "own-2"]
    assert found(assistant, "adapters pruning") == ["own-2"]
    for words in ("hidden", "nullspace", "%", "null' OR '1"):
        assert found(assistant, words) == [], words


def test_a_card_without_a_summary_of_its_own_shows_how_its_abstract_begins(
    ingested: Callable[..., Assistant],
) -> None:
    assistant = ingested(record(1, tldr="", abstract="A \\textbf{bold} plan. " * 60))
    (row,) = assistant.browsing().page("bold plan").rows
    assert row.summary.startswith("A bold plan.")
    assert row.summary.endswith("…")


def test_pages_follow_each_other_and_say_how_many_there_are(assistant: Assistant) -> None:
    browsing = assistant.browsing()
    every = [card.id for card in assistant.cards()]
    assert found(assistant, size=100) == every[:100]
    assert found(assistant, start=100, size=100) == every[100:200]
    assert found(assistant, start=10**9) == []
    page = browsing.page("quantiz", filters=Filters(categories=("效率与压缩",)), size=2)
    held = [
        card
        for card in assistant.cards(category="effic")
        if "quantiz" in " ".join([card.title, card.tldr, *card.tags]).lower()
    ]
    assert (len(page.rows), page.found, page.total) == (2, len(held), len(every))
    assert all(row.category == "效率与压缩" for row in page.rows)


def test_a_tag_narrows_in_any_spelling(ingested: Callable[..., Assistant]) -> None:
    assistant = ingested(record(1, tags=["Chain of Thought"]), record(2, tags=["pruning"]))
    assert found(assistant, filters=Filters(tags=("chain-of-thought",))) == ["own-1"]
    assert assistant.browsing().tags(1) == [("Chain of Thought", 1)]


def test_changed_and_removed_cards_are_found_as_they_are_now(ingested: Callable[..., Assistant]) -> None:
    ingested(record(1, title="Alpha: one"), record(2, title="Beta: two"))
    assistant = ingested(record(2, title="Gamma: three"), prune=True)
    assert found(assistant, "alpha") == found(assistant, "beta") == []
    assert found(assistant, "gamma") == ["own-2"]
    assert [row.card_id for row in assistant.browsing().rows(["own-1", "x", "own-2"])] == ["own-2"]
