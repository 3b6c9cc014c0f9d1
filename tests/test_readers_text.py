"""The card text format with its traps: every field read back, counts checked, and no text that breaks the reader."""

import contextlib
import time
from pathlib import Path

import pytest
from card_text import ABSTRACT_LINE, AREA, Written, card, complaint, rendered, rendered_card
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.cards import FIELDS, PaperCard
from vectorstore.errors import CardFormatError
from vectorstore.readers import read_cards
from vectorstore.readers.sections import read_sections

# The text format


def test_every_part_of_a_card_is_read(written: Written) -> None:
    fields = {name: f"{name} 文本" for name in FIELDS}
    one = card(**fields, tags=("LLM", "Model Merging"))
    [read] = read_cards(written(rendered([("模型架构", [one])]))).cards
    assert (read.category, read.tags) == ("模型架构", ("LLM", "Model Merging"))
    assert {name: read.text(name) for name in FIELDS} == fields


def test_a_heading_right_after_an_abstract_is_no_part_of_it(written: Written) -> None:
    first, second = card("First abstract."), card("Second abstract.", category="LLM 预训练")
    text = rendered([("模型架构", [first]), ("LLM 预训练", [second])])
    assert "First abstract.\nLLM 预训练1 篇\n" in text
    assert [read.abstract for read in read_cards(written(text)).cards] == ["First abstract.", "Second abstract."]


def test_an_abstract_may_span_lines(written: Written) -> None:
    abstract = "We study:\n\n- speed,\n- memory.\n// Both matter.\n# So does quality."
    [read] = read_cards(written(rendered([("模型架构", [card(abstract)])]))).cards
    assert read.abstract == abstract


def test_a_field_may_run_on_in_the_next_line(written: Written) -> None:
    broken = "提出 $\nabla$-Reasoner,结合梯度。"
    assert broken.split("\n") == ["提出 $", "abla$-Reasoner,结合梯度。"]
    [read] = read_cards(written(rendered([("模型架构", [card(method=broken, contribution="更快。")])]))).cards
    assert read.method == broken
    assert read.contribution == "更快。"


def test_labels_count_only_at_the_start_of_a_line_and_never_in_an_abstract(written: Written) -> None:
    abstract = (
        "The TL;DR: it works. 🎯 研究动机 is a label.\nTL;DR: so is this.\n⭐ 主要贡献 too.\n查看完整摘要 (Abstract)"
    )
    one = card(abstract, motivation="这里的 TL;DR: 不是标签,❓ 解决问题也不是。")
    read = read_cards(written(rendered([("模型架构", [one, card("Another.")])]))).cards
    assert [each.abstract for each in read] == [abstract, "Another."]
    assert read[0].motivation == one.motivation
    assert read[0].tldr == read[0].problem == ""


def test_a_line_that_looks_like_a_heading_stays_in_its_abstract(written: Written) -> None:
    abstract = "We count papers:\n模型架构74 篇\nis what we found."
    [read] = read_cards(written(rendered([("模型架构", [card(abstract)])]))).cards
    assert read.abstract == abstract


@pytest.mark.parametrize("missing", ["tags", "motivation"])
def test_a_card_may_lack_tags_or_labels(written: Written, missing: str) -> None:
    one = card(**{missing: ()} if missing == "tags" else {missing: ""})
    two = card("Another.")
    read = read_cards(
        written(rendered([("模型架构", [two, one, two.model_copy(update={"abstract": "Third."})])]))
    ).cards
    assert [each.abstract for each in read] == ["Another.", one.abstract, "Third."]


def test_cards_without_any_heading_are_read(written: Written) -> None:
    fields = {"tldr": "Short.", "problem": "Which\nruns\non.", "method": "x"}
    text = "\n".join([rendered_card(card("One.", **fields)), rendered_card(card("Two.", category="Notes", tags=()))])
    assert [read.category for read in read_cards(written(text)).cards] == ["模型架构", "Notes"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_any_system_and_a_byte_order_mark_are_read(written: Written, ending: str) -> None:
    text = rendered([("模型架构", [card("One.\nTwo.")])])
    plain = read_cards(written(text)).cards
    assert read_cards(written(b"\xef\xbb\xbf" + text.replace("\n", ending).encode())).cards == plain


def test_a_category_may_end_in_a_figure(written: Written) -> None:
    read = read_cards(
        written(rendered([("Web 3", [card(category="Web 3")]), ("Notes", [card("B", category="Notes")])]))
    )
    assert [each.category for each in read.cards] == ["Web 3", "Notes"]


# The checksum


def test_a_wrong_count_names_the_section_and_both_counts(written: Written) -> None:
    text = rendered([("模型架构", [card("One."), card("Two.")]), ("LLM 预训练", [card("C", category="LLM 预训练")])])
    error = complaint(written(text.replace("模型架构2 篇", "模型架构3 篇")))
    assert error.line == 1
    assert "'模型架构' says 3 cards and has 2" in error.problem
    assert "LLM" not in error.problem
    assert "--force" in error.problem


def test_force_takes_a_file_whose_counts_are_wrong_and_warns(written: Written) -> None:
    path = written(rendered([("模型架构", [card("One.")])]).replace("1 篇", "2 篇"))
    read = read_cards(path, force=True)
    assert [each.abstract for each in read.cards] == ["One."]
    assert read.warnings == [f"{path}:1: section '模型架构' says 2 cards and has 1"]


def test_a_card_in_the_wrong_section_is_told(written: Written) -> None:
    text = rendered([("模型架构", [card("One."), card("Two.", category="Notes")])])
    assert "has a card of category 'Notes'" in complaint(written(text)).problem
    assert len(read_cards(written(text), force=True).cards) == 2


@pytest.mark.parametrize("lines", [*range(1, 7), *range(8, 14)])
def test_a_file_cut_off_anywhere_never_reads_as_whole(written: Written, lines: int) -> None:
    whole = rendered([("模型架构", [card("One.")]), ("LLM 预训练", [card("Two.", category="LLM 预训练")])]).split("\n")
    assert len(whole) == 14
    complaint(written("\n".join(whole[:lines])))


def test_a_cut_off_card_does_not_run_into_the_one_before_even_by_force(written: Written) -> None:
    whole = rendered([("模型架构", [card("One."), card("Two.")])])
    cut = whole[: whole.rindex(ABSTRACT_LINE)]
    error = complaint(written(cut), force=True)
    assert "no abstract" in error.problem
    assert cut.split("\n")[(error.line or 0) - 1] == AREA


def test_a_heading_at_the_very_end_is_an_empty_section_and_no_text(written: Written) -> None:
    text = rendered([("模型架构", [card("One.")])]) + "\nLLM 预训练69 篇\n"
    assert "'LLM 预训练' says 69 cards and has 0" in complaint(written(text)).problem
    assert [each.abstract for each in read_cards(written(text), force=True).cards] == ["One."]


# What is wrong is told with file, line and what was expected


def test_text_before_the_first_card_is_told_with_its_line(written: Written) -> None:
    error = complaint(written("\nhello\n" + rendered([("模型架构", [card()])])))
    assert error.line == 2
    assert "expected a section heading" in error.problem
    assert str(error).startswith(f"{error.path}:2: ")


def test_a_label_twice_in_a_card_is_told_with_its_line(written: Written) -> None:
    text = rendered([("模型架构", [card()])]).replace(ABSTRACT_LINE, f"🎯 研究动机又一次\n{ABSTRACT_LINE}")
    error = complaint(written(text))
    assert "a second '🎯 研究动机'" in error.problem
    assert text.split("\n")[(error.line or 0) - 1] == "🎯 研究动机又一次"


def test_a_line_without_a_label_is_told(written: Written) -> None:
    text = rendered([("模型架构", [card()])]).replace("#LLM\n", "#LLM\nsomething else\n")
    assert "expected a label" in complaint(written(text)).problem


# Properties

LINES = st.one_of(
    st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=40),
    st.sampled_from(
        [
            "TL;DR: x",
            "🎯 研究动机",
            "#tag #tag",
            "// note",
            "模型架构3 篇",
            ABSTRACT_LINE,
            "",
            "14.4\\% of $x$",
            "abla$-R",
        ]
    ),
)
ABSTRACTS = st.lists(LINES, min_size=1, max_size=6).map(lambda lines: "\n".join([*lines, "The end."]).strip())
WORDS = st.text(st.characters(categories=["L", "N", "P", "Zs"], exclude_characters="#;；"), min_size=1, max_size=30)
FIELD_TEXTS = st.lists(WORDS, max_size=3).map(lambda lines: "\n".join(lines).strip())
TAGS = st.lists(WORDS.map(lambda word: " ".join(word.split())).filter(bool), max_size=4, unique=True).map(tuple)


@st.composite
def sections(draw: st.DrawFn) -> list[tuple[str, list[PaperCard]]]:
    names = draw(st.lists(st.sampled_from(["模型架构", "LLM 预训练", "My notes", "Web 3"]), max_size=3, unique=True))
    drawn = []
    for name in names or ["模型架构"]:
        count = draw(st.integers(1, 3))
        drawn.append(
            (
                name,
                [
                    card(
                        f"{name} {number}. {draw(ABSTRACTS)}",
                        category=name,
                        tags=draw(TAGS),
                        **{field: draw(FIELD_TEXTS) for field in FIELDS if field != "abstract"},
                    )
                    for number in range(count)
                ],
            )
        )
    return drawn


@settings(max_examples=50, deadline=None)
@given(sections())
def test_what_is_written_in_the_format_reads_back_with_every_field_equal(
    written_sections: list[tuple[str, list[PaperCard]]],
) -> None:
    read = read_sections(Path("cards.txt"), rendered(written_sections), force=False)
    kept = {"category", "tags", *FIELDS}
    assert [each.model_dump(include=kept) for each in read.cards] == [
        each.model_dump(include=kept) for _, cards in written_sections for each in cards
    ]
    assert read.warnings == []


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES | st.sampled_from([AREA, "模型架构", "模型架构1 篇", "🛠️ 主要方法x", "#a"]), max_size=12))
def test_any_text_is_read_or_refused_with_a_plain_error(lines: list[str]) -> None:
    with contextlib.suppress(CardFormatError):
        read = read_sections(Path("cards.txt"), "\n".join(lines), force=True)
        assert all(each.abstract for each in read.cards)


@pytest.mark.parametrize(
    "unit", ["1篇\n", "篇", "1", "\n", " ", "TL;DR:\n", f"{AREA}\n模型架构\n", f"{ABSTRACT_LINE}\n"]
)
def test_reading_is_linear_in_a_hostile_files_length(unit: str) -> None:
    began = time.process_time()
    with contextlib.suppress(CardFormatError):
        read_sections(Path("cards.txt"), unit * 50_000, force=True)
    assert time.process_time() - began < 2
