"""Data sets: what comes with the suite, what a user may add, and what a bad line is told."""

from collections import Counter
from pathlib import Path

import pytest

from evals import datasets
from evals.corpus import STRANGER, as_strangers, askable
from evals.datasets import DatasetError, builtin_items, read_items
from evals.datasets.models import QUESTION_KINDS, FollowUp, LabelledClaim, Single, Topic
from evals.selection import concerns, limited, parts_named
from evals.slices import slices_of
from vectorstore.corpus import builtin_cards
from vectorstore.errors import UserError

GOOD = '{"id": "mine-1", "kind": "unanswerable", "lang": "en", "question": "Who won?"}'


def test_the_built_in_questions_and_claims_are_all_there():
    kinds = Counter("claim" if isinstance(item, LabelledClaim) else item.kind for item in builtin_items())
    assert kinds == {
        "single": 192,
        "compare": 24,
        "topic": 24,
        "list": 24,
        "count": 24,
        "unanswerable": 40,
        "followup": 24,
        "typo": 24,
        "claim": 200,
    }
    assert set(QUESTION_KINDS) == set(kinds) - {"claim"}


def test_every_gold_card_is_in_the_built_in_corpus():
    known = {card.id for card in builtin_cards()}
    for item in builtin_items():
        assert set(item.gold) <= known, item.id


def test_the_documentation_names_every_kind_and_file():
    text = (Path(datasets.__file__).parent / "README.md").read_text("utf-8")
    for name in (*QUESTION_KINDS, *datasets.BUILTIN):
        assert f"`{name}`" in text


def test_a_users_file_is_read_with_empty_lines_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode() + b"\r\n\r\n")
    (item,) = read_items(path)
    assert (item.id, item.asked) == ("mine-1", "Who won?")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "not JSON"),
        ("[1]", "expected an object"),
        ('{"id": "a", "lang": "en", "question": "q"}', "there is no kind; a question's kind is one of single"),
        ('{"id": "a", "lang": "en", "kind": "quiz", "question": "q"}', "kind is 'quiz'"),
        ('{"id": "a", "lang": "en", "kind": "typo", "question": "q"}', "gold needs at least one card id"),
        ('{"id": "a", "lang": "en", "kind": "single", "question": "q", "gold": ["x"]}', "style is missing"),
        ('{"id": "a", "lang": "fr", "kind": "unanswerable", "question": "q"}', "lang: Input should be 'en' or 'zh'"),
        ('{"id": "a", "lang": "en", "kind": "unanswerable", "question": "q", "gold": ["x"]}', "has no gold"),
        ('{"id": "a", "lang": "en", "kind": "unanswerable", "question": "q", "golds": []}', "unknown key 'golds'"),
        (
            '{"id": "a", "lang": "en", "kind": "followup", "question": "q", "turns": ["q", "p"], "gold": ["x"]}',
            "the last of turns must be the question itself",
        ),
        ('{"id": "a", "lang": "en", "kind": "figure", "claim": "c", "supported": true}', "card is missing"),
        (GOOD, "id 'mine-1' is already that of line 1"),
    ],
)
def test_a_bad_line_is_named_with_what_to_mend(tmp_path, line, said):
    path = tmp_path / "mine.jsonl"
    path.write_text(f"{GOOD}\n\n{line}\n", "utf-8")
    with pytest.raises(DatasetError) as caught:
        read_items(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert said in str(caught.value)


def test_an_empty_or_missing_or_undecodable_file_is_an_error_too(tmp_path):
    empty, binary = tmp_path / "empty.jsonl", tmp_path / "binary.jsonl"
    empty.write_text("\n")
    binary.write_bytes(GOOD.encode() + b"\n\xff")
    for path, said in ((empty, "no question"), (binary, "binary.jsonl:2: not UTF-8"), (tmp_path / "no", "cannot be")):
        with pytest.raises(DatasetError, match=said):
            read_items(path)


def test_an_id_may_not_be_that_of_a_built_in_item(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(GOOD.replace("mine-1", builtin_items()[0].id), "utf-8")
    with pytest.raises(DatasetError, match="another file of this run"):
        read_items(path, known=builtin_items())


def test_a_limit_takes_as_many_of_each_kind_and_a_lower_one_takes_some_of_the_same():
    five, two = limited(builtin_items(), 5), limited(builtin_items(), 2)
    kinds = Counter(item.kind for item in five)
    assert set(kinds.values()) == {5}
    assert {item.id for item in two} < {item.id for item in five}
    with pytest.raises(UserError, match="at least 1"):
        limited(builtin_items(), 0)


def test_parts_come_in_their_own_order_and_unknown_ones_are_refused():
    assert parts_named(["claims", "retrieval"]) == ["retrieval", "claims"]
    assert len(parts_named(None)) == 6
    with pytest.raises(UserError, match="there is no part 'recall'"):
        parts_named(["recall"])


def test_an_item_belongs_to_its_own_slices():
    single = next(item for item in builtin_items() if isinstance(item, Single) and item.lang == "zh")
    assert slices_of(single) == [
        "all",
        "lang:zh",
        "kind:single",
        "lang:zh kind:single",
        f"style:{single.style}",
        f"lang:zh style:{single.style}",
    ]
    claim = next(item for item in builtin_items() if isinstance(item, LabelledClaim))
    assert slices_of(claim) == ["all", f"lang:{claim.lang}", f"kind:{claim.kind}"]


def test_follow_ups_are_asked_in_conversations_alone_and_their_citations_count():
    followup = next(item for item in builtin_items() if isinstance(item, FollowUp))
    assert [part for part in parts_named(None) if concerns(part, followup)] == ["citations", "conversations"]


class TestOtherCollections:
    def test_all_is_asked_of_the_built_in_collection(self):
        ids = [item.id for item in builtin_items()]
        kept, note = askable(builtin_items(), [card.id for card in builtin_cards()], ids)
        assert len(kept) == len(ids)
        assert note == ""

    def test_a_smaller_collection_is_not_asked_for_what_it_lacks(self):
        ids = [item.id for item in builtin_items()]
        present = [card.id for card in builtin_cards()][:400]
        kept, note = askable(builtin_items(), present, ids)
        assert 0 < len(kept) < len(ids)
        assert all(set(item.gold) <= set(present) for item in kept)
        assert not {"list", "count", "topic", "unanswerable"} & {item.kind for item in kept}
        assert f"{len(ids) - len(kept)} of {len(ids)}" in note

    def test_a_larger_collection_is_not_asked_for_complete_lists(self):
        present = [*(card.id for card in builtin_cards()), "more-1"]
        kept, _ = askable(builtin_items(), present, [item.id for item in builtin_items()])
        assert not {"list", "count"} & {item.kind for item in kept}

    def test_a_users_own_questions_are_asked_wherever_their_gold_is(self, tmp_path):
        path = tmp_path / "mine.jsonl"
        path.write_text(GOOD, "utf-8")
        mine = read_items(path)
        kept, _ = askable(mine, ["more-1"], [])
        assert kept == mine

    def test_strangers_keep_their_gold_under_other_ids(self):
        topic = next(item for item in builtin_items() if isinstance(item, Topic))
        claim = next(item for item in builtin_items() if isinstance(item, LabelledClaim))
        strange_topic, strange_claim = as_strangers([topic, claim])
        assert strange_topic.gold == tuple(STRANGER + card_id for card_id in topic.gold)
        assert set(strange_topic.graded) == {STRANGER + card_id for card_id in topic.graded}
        assert strange_claim.card == STRANGER + claim.card
