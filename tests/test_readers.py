"""Card files in, whatever their format: what is refused, JSON, and the id and title that a card gets."""

import json
import random
import re
import time
from pathlib import Path

import pytest
from card_text import Written, card, complaint, rendered

from vectorstore.cards import card_id, category_named
from vectorstore.errors import UserError
from vectorstore.readers import iter_card_files, read_cards
from vectorstore.readers.cardfile import derived_title

# What is no card file, and folders


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
