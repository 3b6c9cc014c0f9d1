"""The map of the collection: like cards lie together, and points stay where readers know them to be."""

from pathlib import Path

import numpy as np
import pytest
from own_cards import own_assistant, record, write_cards

from assistant import Assistant, UserError


def test_every_card_is_a_point_of_the_map(assistant: Assistant) -> None:
    points = assistant.map()
    assert [point.card_id for point in points] == [card.id for card in assistant.cards()]
    assert all(0 <= point.x <= 1 and 0 <= point.y <= 1 for point in points)
    assert len({(point.x, point.y) for point in points}) == len(points)


def test_cards_of_a_category_lie_nearer_to_each_other_than_chance(assistant: Assistant) -> None:
    points = assistant.map()
    places = np.array([(point.x, point.y) for point in points])
    categories = np.array([point.category for point in points])
    distances = ((places[:, None] - places[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1)[:, :8]
    share = (categories[nearest] == categories[:, None]).mean()
    chance = sum((categories == category).mean() ** 2 for category in set(categories))
    assert share > 2 * chance


def test_a_card_that_comes_later_moves_no_other(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "many.jsonl", [record(number) for number in range(40)])])
    before = {point.card_id: point for point in assistant.map()}
    assistant.ingest([write_cards(tmp_path / "one.jsonl", [record(40)])])
    after = {point.card_id: point for point in assistant.map()}
    assert len(after) == 41
    assert {card_id: after[card_id] for card_id in before} == before


def test_a_map_that_a_card_was_taken_from_is_drawn_without_it(tmp_path: Path) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "many.jsonl", [record(number) for number in range(20)])])
    assistant.map()
    assistant.ingest([write_cards(tmp_path / "fewer.jsonl", [record(number) for number in range(19)])], prune=True)
    assert len(assistant.map()) == 19


@pytest.mark.parametrize("cards", [0, 1, 2, 5])
def test_a_small_collection_has_a_map_too(tmp_path: Path, cards: int) -> None:
    assistant = own_assistant(tmp_path / "home")
    assistant.ingest([write_cards(tmp_path / "few.jsonl", [record(number) for number in range(cards)] or [record(0)])])
    if not cards:
        assistant.ingest([write_cards(tmp_path / "other.jsonl", [record(1)])], prune=True)
    assert len(assistant.map()) == max(1, cards)


def test_a_damaged_map_is_drawn_anew(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assistant = own_assistant(home)
    assistant.ingest([write_cards(tmp_path / "many.jsonl", [record(number) for number in range(20)])])
    before = assistant.map()
    (kept,) = home.glob("keywords/*-map.npz")
    kept.write_bytes(kept.read_bytes()[:200])
    assert assistant.map() == before


def test_similar_cards_are_of_the_same_matter_and_never_the_card_itself(assistant: Assistant) -> None:
    card = assistant.card("align-a6ef98")
    similar = assistant.similar(card.id, k=5)
    assert len(similar) == 5
    assert card.id not in [hit.card_id for hit in similar]
    assert [hit.score for hit in similar] == sorted((hit.score for hit in similar), reverse=True)
    texts = [assistant.card(hit.card_id).text("abstract").casefold() for hit in similar]
    assert sum("fine-tun" in text or "safe" in text for text in texts) >= 3


def test_there_is_nothing_like_a_card_that_does_not_exist(assistant: Assistant) -> None:
    with pytest.raises(UserError, match="align-a6ef98"):
        assistant.similar("align-a6ef99")
