"""Card files in: the text format with its traps, JSON, and what is said about files that are neither."""

import contextlib
import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from card_text import ABSTRACT_LINE, AREA, card, rendered, rendered_card
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.cards import FIELDS, PaperCard, card_id, category_named
from vectorstore.errors import CardFormatError, UserError
from vectorstore.readers import iter_card_files, read_cards
from vectorstore.readers.cardfile import derived_title
from vectorstore.readers.sections import read_sections

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a file and get its path."""

    def write(content: str | bytes, name: str = "cards.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write


def complaint(path: Path, *, force: bool = False) -> CardFormatError:
    """The error that reading a file raises; a file that can be read fails the test."""
    with pytest.raises(CardFormatError) as raised:
        read_cards(path, force=force)
    return raised.value


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


@pytest.mark.parametrize(
    ("content", "line", "expected"),
    [
        (b"", None, "empty"),
        (b" \n\t\n", None, "empty"),
        (b"one\ntwo\0three", 2, "NUL"),
        ("模型架构1 篇\n".encode("gb18030"), 1, "UTF-8"),
        (b"good\n\xff\xfe", 2, "UTF-8"),
        (b"just prose", 1, "neither the card text format"),
        (b"<html><body>no cards</body></html>", 1, "neither the card text format"),
        (b"x\n" + b"a" * 1_100_000, 2, "a line of 1,100,000 characters"),
    ],
)
def test_what_is_no_card_file_is_refused(written: Written, content: bytes, line: int | None, expected: str) -> None:
    error = complaint(written(content))
    assert error.line == line
    assert expected in error.problem


def test_a_folder_or_missing_file_is_a_plain_error(tmp_path: Path) -> None:
    assert "cannot be read" in complaint(tmp_path).problem
    assert "cannot be read" in complaint(tmp_path / "nothing.txt").problem
    with pytest.raises(UserError, match="no such file"):
        iter_card_files([tmp_path / "nothing.txt"])
    with pytest.raises(UserError, match="no card file in this folder"):
        iter_card_files([tmp_path])


def test_a_folder_gives_its_card_files_in_order_each_once(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.txt", "a.JSONL", "sub/c.json", "notes.md"):
        (tmp_path / name).write_text("x")
    found = iter_card_files([tmp_path, tmp_path / "b.txt"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["a.JSONL", "b.txt", "sub/c.json"]


# JSON


def test_json_lines_and_an_array_read_alike_whatever_their_names(written: Written) -> None:
    records = [{"category": "Notes", "abstract": f"Text {n}.", "title": f"T{n}", "tags": ["a", "b "]} for n in range(3)]
    lines = read_cards(written("\n\n".join(json.dumps(record) for record in records), "cards.txt"))
    array = read_cards(written(json.dumps(records, indent=2), "cards.jsonl"))
    assert lines.cards == array.cards
    assert [each.title for each in lines.cards] == ["T0", "T1", "T2"]
    assert lines.cards[0].tags == ("a", "b")


def test_the_text_format_is_told_by_what_a_file_holds(written: Written) -> None:
    assert read_cards(written(rendered([("模型架构", [card()])]), "cards.jsonl")).cards[0].category == "模型架构"


def test_questions_come_as_a_list_or_by_language(written: Written) -> None:
    records = [
        {"category": "a", "abstract": "One.", "questions": ["Why?", " "]},
        {"category": "a", "abstract": "Two.", "questions": {"zh": ["为何?"], "en": ["How?"]}},
    ]
    read = read_cards(written("\n".join(map(json.dumps, records)))).cards
    assert [each.aid.questions for each in read] == [("Why?",), ("How?", "为何?")]


GOOD = '{"category": "Notes", "abstract": "Text."}'


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"category": "Notes", "abstract": ', "not JSON"),
        ('["a list"]', "expected a JSON object"),
        ('{"category": "Notes", "abstract": "x", "author": "y"}', "unknown key 'author'; known are "),
        ('{"abstract": "x"}', "category"),
        ('{"category": "", "abstract": "x"}', "category"),
        ('{"category": "Notes", "abstract": 7}', "abstract"),
        ('{"category": "Notes", "abstract": "  "}', "has no text"),
        ('{"category": "Notes", "tags": ["a"]}', "has no text"),
        ('{"category": "Notes", "abstract": "x", "id": "a b"}', "id"),
        ('{"category": "Notes", "abstract": "x", "questions": {"fr": ["?"]}}', "unknown key 'questions.fr'"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_record_is_told_with_its_line_and_nothing_is_half_read(
    written: Written, line: str, expected: str
) -> None:
    error = complaint(written(f"{GOOD}\n\n{line}\n{GOOD}"))
    assert error.line == 3
    assert expected in error.problem


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        (f"[\n{GOOD},\n\n{{}}\n]", 4, "category"),
        (f"[\n{GOOD}\n{GOOD}]", 3, "expected ',' or ']'"),
        (f"[{GOOD},\n]", 2, "expected a card"),
        (f"[{GOOD}", 1, "expected ',' or ']'"),
        (f"[{GOOD}]\n{GOOD}", 1, "nothing after the array"),
        ("[" * 100_000, 1, "not JSON"),
    ],
)
def test_a_bad_array_is_told_with_its_line(written: Written, text: str, line: int, expected: str) -> None:
    error = complaint(written(text))
    assert error.line == line
    assert expected in error.problem


def test_an_empty_array_holds_no_cards(written: Written) -> None:
    assert read_cards(written("[ ]")).cards == []


def test_an_array_of_a_thousand_cards_is_read_at_once(written: Written) -> None:
    records = [{"category": "Notes", "abstract": f"Text {n}."} for n in range(1000)]
    began = time.process_time()
    assert len(read_cards(written(json.dumps(records, indent=1))).cards) == 1000
    assert time.process_time() - began < 2


# Ids


def test_an_id_is_its_prefix_and_the_start_of_the_abstracts_hash(written: Written) -> None:
    [read] = read_cards(written(rendered([("推理与思维链", [card("A  b\nc ", category="推理与思维链")])]))).cards
    # printf 'A b c' | sha256sum
    assert read.id == "reason-aa53ac"


@pytest.mark.parametrize(
    ("category", "prefix"),
    [
        ("指令微调与对齐", "align"),
        ("推理与思维链", "reason"),
        ("效率与压缩", "effic"),
        ("Agent 与工具使用", "agent"),
        ("多模态基础模型", "mm"),
        ("模型架构", "arch"),
        ("LLM 预训练", "pretrain"),
        ("Graph Neural Networks & more", "graph-neural"),
        ("图神经网络", "card"),
    ],
)
def test_a_prefix_is_the_categorys(category: str, prefix: str) -> None:
    assert re.fullmatch(f"{prefix}-[0-9a-f]{{6}}", card_id(category, "text"))


def test_ids_do_not_depend_on_order_or_company(written: Written) -> None:
    cards = [card(f"Abstract {n}.") for n in range(20)]
    ids = {each.abstract: each.id for each in read_cards(written(rendered([("模型架构", cards)]))).cards}
    random.Random(3).shuffle(cards)
    again = read_cards(written(rendered([("模型架构", cards[:12])]))).cards
    assert [ids[each.abstract] for each in again] == [each.id for each in again]


def test_ids_ignore_how_an_abstract_is_wrapped() -> None:
    assert card_id("a", "One two.\nThree.") == card_id("a", " One  two. Three.\n")
    assert card_id("a", "One two.") != card_id("a", "One  tow.")


def test_two_abstracts_whose_hashes_begin_alike_get_longer_ids(written: Written) -> None:
    seen: dict[str, str] = {}
    pair = None
    for number in range(100_000):
        text = f"abstract {number}"
        short = card_id("Notes", text)
        if short in seen:
            pair = (seen[short], text)
            break
        seen[short] = text
    assert pair, "among 100,000 hashes of 24 bits two must begin alike"
    records = [{"category": "Notes", "abstract": text} for text in pair]
    first, second = read_cards(written("\n".join(map(json.dumps, records)))).cards
    assert first.id == card_id("Notes", pair[0])
    assert second.id == card_id("Notes", pair[1], 8) != first.id


def test_the_same_card_twice_is_kept_once_with_a_warning(written: Written) -> None:
    path = written("\n".join([GOOD, GOOD]))
    read = read_cards(path)
    assert len(read.cards) == 1
    assert read.warnings == [f"{path}:2: the same card as in line 1; kept once"]


def test_an_id_given_to_two_cards_is_told_with_both_lines(written: Written) -> None:
    records = [{"id": "n-1", "category": "Notes", "abstract": text} for text in ("One.", "Two.")]
    error = complaint(written("\n".join(map(json.dumps, records))))
    assert error.line == 2
    assert "'n-1' is also that of the card in line 1" in error.problem


@pytest.mark.parametrize("said", ["align", "指令微调与对齐", "Instruction tuning & alignment", "  ALIGN "])
def test_a_category_is_known_by_its_names_and_prefix(said: str) -> None:
    assert category_named(said) == "指令微调与对齐"


def test_a_category_of_ones_own_is_taken_as_it_stands() -> None:
    assert category_named(" My Notes ") == "My Notes"


# Titles


@pytest.mark.parametrize(
    ("abstract", "title"),
    [
        ("Models are slow. In this paper, we propose Wobble, a planner. It works.", "Wobble, a planner"),
        ("We introduce a planner called WobbleNet for robots. It works.", "A planner called WobbleNet for robots"),
        ("Plans help. \\textbf{More} at $14\\%$.", "Plans help"),
        ("", "Untitled card"),
    ],
)
def test_a_title_says_what_a_card_proposes(abstract: str, title: str) -> None:
    assert derived_title(card(abstract, motivation="")) == title


def test_a_long_title_ends_at_a_word() -> None:
    title = derived_title(card("We study " + "very " * 40 + "long sentences."))
    assert len(title) <= 90
    assert title.endswith("very…")


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
