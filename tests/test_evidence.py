"""Evidence: which passages a model is given, numbered, best card first and in reading order."""

import pytest
from card_text import card

from assistant.answering.evidence import numbered
from assistant.types import CardHit, Evidence
from vectorstore.cards import PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.passages import Passage


def long_card(number: int, sentences: int = 10) -> PaperCard:
    """A card whose abstract has so many passages."""
    abstract = " ".join(
        f"Wobble{number} waters the rose of garden {letter} once in every single week."
        for letter in "ABCDEFGHIJKLMNOPQRST"[:sentences]
    )
    return card(abstract, id=f"own-{number}", title=f"Wobble{number}: a planner", motivation="")


CARDS = {one.id: one for one in (long_card(number) for number in range(1, 9))}


def hit(card_id: str, *found: Passage, score: float = 1.0) -> CardHit:
    return CardHit(card_id=card_id, title=CARDS[card_id].title, score=score, passages=list(found))


def chosen(*hits: CardHit, limit: int = 100) -> list[Evidence]:
    return numbered(hits, CARDS, limit)


def places(evidence: list[Evidence], card_id: str) -> list[int]:
    """Where in its card each chosen passage stands."""
    own = list(quotable_passages(CARDS[card_id]))
    return [own.index(each.passage) for each in evidence if each.passage.card_id == card_id]


def test_evidence_is_numbered_from_one_without_gaps() -> None:
    assert [each.number for each in chosen(hit("own-1"), hit("own-2"))] == list(range(1, 10))


def test_the_best_card_comes_first_and_has_the_most() -> None:
    ranked = ["own-3", "own-1", "own-2", "own-4", "own-5", "own-6"]
    evidence = chosen(*(hit(card_id) for card_id in ranked))
    assert list(dict.fromkeys(each.passage.card_id for each in evidence)) == ranked
    counts = [len(places(evidence, card_id)) for card_id in ranked]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[1] > counts[-1] >= 1


def test_what_was_found_is_chosen_before_the_rest_of_its_card() -> None:
    own = quotable_passages(CARDS["own-1"])
    assert {9, 7, 8} <= set(places(chosen(hit("own-1", own[9], own[7], own[8])), "own-1"))
    second = chosen(hit("own-2"), hit("own-1", own[9], own[4], own[6]))
    assert places(second, "own-1") == [4, 6, 9]


def test_a_card_of_which_nothing_was_found_gives_its_beginning() -> None:
    found = places(chosen(hit("own-1")), "own-1")
    assert found == list(range(len(found)))


def test_each_cards_passages_are_in_reading_order_and_chosen_once() -> None:
    own = quotable_passages(CARDS["own-1"])
    found = places(chosen(hit("own-1", own[8], own[2], own[5], own[2])), "own-1")
    assert found == sorted(set(found))


@pytest.mark.parametrize("limit", [0, 1, 5, 12, 100])
def test_the_limit_is_kept_and_the_best_stays(limit: int) -> None:
    everything = chosen(*(hit(card_id) for card_id in CARDS))
    assert chosen(*(hit(card_id) for card_id in CARDS), limit=limit) == everything[:limit]


def test_a_passage_that_the_card_no_longer_has_is_not_given() -> None:
    stale = Passage(card_id="own-1", field="abstract", language="en", start=0, end=9, text="Something")
    evidence = chosen(hit("own-1", stale))
    assert stale not in [each.passage for each in evidence]
    assert evidence


def test_a_passage_whose_figure_the_abstract_gainsays_is_not_given() -> None:
    split = card("Wobble plans over 100 days of a gardener's year.", id="own-9", motivation="规划超过10万天。")
    stray = Passage(card_id="own-9", field="motivation", language="zh", start=0, end=9, text="规划超过10万天。")
    evidence = numbered([CardHit(card_id="own-9", title="x", score=1, passages=[stray])], {"own-9": split}, 12)
    assert [each.passage.field for each in evidence] == ["abstract"]


def test_evidence_carries_title_and_score_of_its_card_and_the_cards_own_words() -> None:
    for each in chosen(hit("own-1", score=3.5), hit("own-2", score=2.5)):
        one = CARDS[each.passage.card_id]
        assert (each.title, each.score) == (one.title, 3.5 if one.id == "own-1" else 2.5)
        assert one.text(each.passage.field)[each.passage.start : each.passage.end] == each.passage.text


def test_without_hits_there_is_no_evidence() -> None:
    assert chosen() == []
