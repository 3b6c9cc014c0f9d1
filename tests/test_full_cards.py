"""The real input, all 803 cards of it; skipped where the full card file does not lie beside the checkout."""

import random
import re
from collections import Counter
from itertools import pairwise

import pytest
from card_text import rendered
from shared_corpus import CARD_FILE, full_cards

from vectorstore.cards import FIELDS, PaperCard, card_id
from vectorstore.corpus import builtin_cards, with_builtin_aid
from vectorstore.disagreements import figures_not_in_abstract
from vectorstore.errors import CardFormatError
from vectorstore.latex import readable
from vectorstore.passages import passages_of
from vectorstore.readers import read_cards
from vectorstore.readers.sections import read_sections
from vectorstore.tags import normalise

pytestmark = pytest.mark.skipif(not CARD_FILE.exists(), reason="the full card file is not here")

COUNTS = {
    "指令微调与对齐": 186,
    "推理与思维链": 169,
    "效率与压缩": 131,
    "Agent 与工具使用": 100,
    "多模态基础模型": 74,
    "模型架构": 74,
    "LLM 预训练": 69,
}


def named(identity: str) -> PaperCard:
    return next(one for one in full_cards() if one.id == identity)


def test_every_section_has_the_cards_that_its_heading_says() -> None:
    assert Counter(one.category for one in full_cards()) == COUNTS
    assert read_cards(CARD_FILE).warnings == []


def test_ids_are_those_of_the_digest_and_the_first_is_known() -> None:
    assert full_cards()[0].id == "align-a6ef98"
    assert {one.id for one in full_cards()} == {one.id for one in builtin_cards()}
    assert len({one.id for one in full_cards()}) == 803


def test_every_field_is_where_it_belongs() -> None:
    assert sum(bool(one.tldr) for one in full_cards()) == 441
    assert sum("\n" in one.abstract for one in full_cards()) == 219
    chinese = re.compile(r"[\u3400-\u9fff]")
    for one in full_cards():
        assert one.tags
        assert one.abstract
        assert not chinese.search(one.tldr)
        assert "篇" not in one.abstract
        for field in FIELDS:
            text = one.text(field)
            assert text == text.strip()
            assert not re.search(r"(?m)^(🎯|❓|🔍|🛠|📊|⭐|查看完整摘要|基础/前沿模型)", text)
            if field not in ("tldr", "abstract"):
                assert chinese.search(text), (one.id, field)


def test_the_card_whose_line_broke_inside_a_formula_is_whole() -> None:
    first = next(one for one in full_cards() if one.category == "推理与思维链")
    assert "$\nabla$-Reasoner" in first.method
    assert "∇-Reasoner" in readable(first.method)
    assert "∇-Reasoner" in readable(first.experiments)
    assert first.contribution


def test_no_tag_holds_its_notation() -> None:
    tags = [tag for one in full_cards() for tag in one.tags]
    assert not [tag for tag in tags if re.search(r"^#|[;；]|^\s|\s$|  ", tag)]
    assert {normalise(tag) for tag in tags if tag.casefold() in ("llm", "llms", "large language models")} == {"llm"}


def test_titles_come_from_the_digest_where_the_id_is_known() -> None:
    titles = {one.id: one.title for one in builtin_cards()}
    for one in full_cards():
        kept = with_builtin_aid(one)
        assert kept.title == titles[one.id]
        assert kept.abstract == one.abstract
        assert len(kept.aid.questions) == 6


def test_ids_and_fields_do_not_depend_on_the_order_of_the_file() -> None:
    cards = list(full_cards())
    random.Random(5).shuffle(cards)
    shuffled = [(name, [one for one in cards if one.category == name]) for name in reversed(COUNTS)]
    read = read_sections(CARD_FILE, rendered(shuffled), force=False)
    assert {one.id: one for one in read.cards} == {one.id: one for one in full_cards()}
    assert all(card_id(one.category, one.abstract) == one.id for one in read.cards)


@pytest.mark.parametrize("section", COUNTS)
def test_a_card_that_is_missing_anywhere_is_noticed(section: str) -> None:
    cards = {name: [one for one in full_cards() if one.category == name] for name in COUNTS}
    text = rendered(cards.items())
    short = text.replace(f"{section}{COUNTS[section]} 篇", f"{section}{COUNTS[section] + 1} 篇")
    with pytest.raises(
        CardFormatError, match=f"'{section}' says {COUNTS[section] + 1} cards and has {COUNTS[section]}"
    ):
        read_sections(CARD_FILE, short, force=False)


def test_readable_text_loses_no_figure() -> None:
    def figures(text: str) -> Counter[str]:
        return Counter(re.findall(r"\d+", re.sub(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))", "", text)))

    # Not figures of the text: code points, the numbers of symbols, and an address that stands twice.
    doubled = re.compile(r"\\unicode\{[^}]*\}|\\ding\{[^}]*\}|\\(?:href\{|hyperref\[)[^\]}]*[\]}]|\]\(https?://[^)]*\)")
    for one in full_cards():
        for field in FIELDS:
            lost = figures(doubled.sub("", one.text(field))) - figures(readable(one.text(field)))
            assert not lost, (one.id, field, lost)


def test_readable_text_has_no_markup_left() -> None:
    for one in full_cards():
        for field in FIELDS:
            words = readable(one.text(field))
            left = re.search(
                r"\\|\$(?!\d)|\bext(?:bf|tt|sc|it)\b|\{(?![A-Z0-9-])|``|\*\*|[\a\b\f\v]|[a-z]- (?!and|or|vs)[a-z]",
                words,
            )
            assert left is None, (one.id, field, words[max(0, left.start() - 30) : left.end() + 30])


def test_passages_are_exact_and_of_a_readable_size() -> None:
    sizes: dict[str, list[int]] = {"en": [], "zh": []}
    for one in full_cards():
        for passage in passages_of(one):
            assert one.text(passage.field)[passage.start : passage.end] == passage.text
            sizes[passage.language].append(len(readable(passage.text)))
    assert min(sizes["zh"]) >= 20
    assert max(sizes["zh"]) <= 200
    assert sum(size < 40 for size in sizes["en"]) <= 1
    assert max(sizes["en"]) <= 720
    assert sum(size > 450 for size in sizes["en"]) < 45


def test_no_passage_begins_or_ends_inside_a_sentence() -> None:
    for one in full_cards():
        passages = [passage.text for passage in passages_of(one) if passage.field == "abstract"]
        for before, after in pairwise(passages):
            assert not re.search(r"\b(?:e\.g|i\.e|vs|Fig|Eq|et al)\.$", before), (one.id, before)
            # One card lost the first word of a sentence in its source.
            assert not re.match(r"[a-z]+\b", after) or after.startswith(("introduce SP-VLA", "ssToken")), (
                one.id,
                after,
            )


def test_the_cards_whose_summaries_disagree_with_their_abstract_are_marked() -> None:
    marked = {one.id: figures_not_in_abstract(one) for one in full_cards()}
    # Each of them was read: the abstract has another figure, or none.
    assert {identity: {stray.figure for stray in strays} for identity, strays in marked.items() if strays} == {
        "reason-736fb9": {"1.093", "4.05", "90%"},
        "effic-636f31": {"53×", "53倍"},
        "effic-cb400e": {"18.4x"},
        "effic-88b3ff": {"5"},
        "agent-f06851": {"1.7B"},
        "mm-ebd382": {"10万"},
        "mm-944213": {"1亿"},
        "arch-729d9a": {"6", "16%"},
    }
