"""Figures: one value whatever the spelling, and none inside a name."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vectorstore.figures import Figure, figures_of, literals, plain, same

SPELLINGS = {
    (3.6, "%"): ["3.6%", "3.6 %", "3.6 percent", "3.6\\%", "$3.6\\%$", "３．６％", "百分之三点六", "百分之3.6"],
    (97.0, "%"): ["97%", "ninety-seven percent", "Ninety seven percent", "百分之九十七", "九成七"],
    (200.0, "%"): ["200%", "two hundred percent", "百分之二百"],
    (2.0, "x"): ["2x", "2X", "2×", "$2\\times$", "2 times", "two times", "2-fold", "twofold", "2倍", "两倍"],
    (10.0, "x"): ["10x", "ten times", "tenfold", "ten-fold", "十倍", "10 倍"],
    (2.5, "x"): ["2.5x", "2.5倍", "二点五倍"],
    (1_500.0, ""): ["1500", "1,500", "1.5k", "1.5K", "1.5 thousand", "１，５００", "1{,}500"],
    (10_000.0, ""): ["10,000", "10k", "1万", "一万"],
    (120_000.0, ""): ["120,000", "120k", "12万", "12 万", "十二万", "0.12 million", "one hundred and twenty thousand"],
    (2_500_000.0, ""): ["2.5M", "2.5 million", "2,500,000", "250万", "二百五十万"],
    (7_000_000_000.0, ""): ["7B", "7 billion", "70亿"],
}


def figures(text: str) -> tuple[Figure, ...]:
    return figures_of(plain(text))


def written(text: str) -> list[str]:
    """The figures of a text as they stand in it."""
    return [plain(text)[figure.start : figure.end] for figure in figures(text)]


@pytest.mark.parametrize(
    ("spelling", "value", "unit"),
    [(spelling, *meant) for meant, spellings in SPELLINGS.items() for spelling in spellings],
)
@pytest.mark.parametrize("around", ["{}", "It gains {} here.", "平均{}左右"])
def test_a_figure_has_one_value_however_it_is_written(spelling: str, value: float, unit: str, around: str) -> None:
    (figure,) = figures(around.format(spelling))
    assert (figure.value, figure.unit, figure.hard) == (pytest.approx(value), unit, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("twice", "2x"),
        ("doubles", "两倍"),
        ("halved", "half"),
        ("half", "一半"),
        ("an eighth", "八分之一"),
        ("tripled", "三倍"),
        ("two", "2"),
    ],
)
def test_words_for_an_amount_say_the_same_as_its_digits(one: str, other: str) -> None:
    (first,), (second,) = figures(f"It {one} so."), figures(f"它{other}个")
    assert same(first, second)


@pytest.mark.parametrize(
    "name",
    ["GSM8K", "GPT-4", "GPT-4.1", "Llama-2", "Llama-2-Chat", "MATH-500", "AIME24", "pass@1", "Qwen2.5", "v1.2", "H100",
     "C4", "DeepSeek-V3-0324", "CIFAR-10"],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "on {} it", "在{}上"])
def test_digits_inside_a_name_are_no_figures(name: str, around: str) -> None:
    assert figures(around.format(name)) == ()


@pytest.mark.parametrize("name", ["Qwen2.5-7B", "Llama-2-7B-Chat", "Qwen3-4B-Base", "OpenThinker3-7B"])
def test_the_digits_of_a_models_name_are_no_bare_figures(name: str) -> None:
    assert all(figure.value >= 1e9 for figure in figures(f"with {name} as its base"))


@pytest.mark.parametrize(
    "text",
    ["It is one of the best.", "一个方法", "一些模型", "统一的框架", "一般而言", "千万不要", "三元组", "十分有效",
     "万一"],
)  # fmt: skip
def test_words_that_only_look_like_numerals_are_no_figures(text: str) -> None:
    assert figures(text) == ()


@pytest.mark.parametrize("text", ["10-40%", "10–40%", "10%-40%", "10 to 40%", "10% to 40%", "10~40%", "10%到40%"])
def test_a_range_has_two_figures_of_one_unit(text: str) -> None:
    start, end = figures(f"It gains {text} more.")
    assert [(figure.value, figure.unit) for figure in (start, end)] == [(10.0, "%"), (40.0, "%")]


def test_a_range_of_sizes_is_two_figures() -> None:
    assert [figure.value for figure in figures("from 1.7B-4B parameters")] == [1.7e9, 4e9]


def test_two_counts_side_by_side_are_two_figures() -> None:
    assert [figure.value for figure in figures("in two and three steps")] == [2.0, 3.0]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the score falls from 14.4\\% to 3.6\\% on GSM8K", ["14.4%", "3.6%"]),
        ("准确率由26.0%升到28.0%,提速２．５倍", ["26.0%", "28.0%", "2.5倍"]),
        ("over 1,000 tasks, ninety-seven percent of them", ["1,000", "ninety-seven percent"]),
    ],
)
def test_a_figure_knows_where_it_stands(text: str, places: list[str]) -> None:
    assert written(text) == places


@pytest.mark.parametrize(
    ("one", "other"),
    [("3.6%", "3.7%"), ("3.6%", "36%"), ("2%", "2x"), ("5%", "5倍"), ("百分之三点六", "百分之三点九"), ("1.5k", "1.5"),
     ("2.5M", "2.5B"), ("12万", "12亿"), ("1,000", "1"), ("two hundred percent", "two percent")],
)  # fmt: skip
def test_other_values_and_other_units_are_not_the_same(one: str, other: str) -> None:
    (first,), (second,) = figures(one), figures(other)
    assert not same(first, second)
    assert not same(second, first)


def test_a_figure_without_a_unit_contradicts_none() -> None:
    (bare,), (percent,), (multiple,) = figures("it is 5"), figures("5%"), figures("5x")
    assert same(bare, percent)
    assert same(multiple, bare)


def test_every_digit_counts_as_a_literal_those_in_names_too() -> None:
    assert literals("GSM8K, Llama-2: 1,000 of ３．６％, 1,2,3") == ["8", "2", "1000", "3.6", "1", "2", "3"]


@pytest.mark.parametrize(("one", "other"), [("28.0%", "28%"), ("3.60", "3.6"), ("1,000", "1000"), ("１０", "10")])
def test_literals_of_one_number_are_one_spelling(one: str, other: str) -> None:
    assert literals(one) == literals(other)


# Numbers written and read back


def in_chinese(number: int) -> str:
    """A number below 10,000 in Chinese numerals."""
    digits, units = "零一二三四五六七八九", ["", "十", "百", "千"]
    text = ""
    for place, digit in zip(range(len(str(number)) - 1, -1, -1), str(number), strict=True):
        if digit != "0":
            text += digits[int(digit)] + units[place]
        elif text and not text.endswith("零"):
            text += "零"
    text = text.rstrip("零")
    return text.removeprefix("一") if 10 <= number < 20 else text


@given(st.integers(2, 9_999))
def test_a_chinese_numeral_is_read_back(number: int) -> None:
    (figure,) = figures(f"快{in_chinese(number)}倍")
    assert (figure.value, figure.unit) == (number, "x")


@given(st.integers(1, 999_999_999), st.sampled_from(["", "%", "x", "倍", " percent"]))
def test_thousands_are_read_with_and_without_commas(number: int, unit: str) -> None:
    with_commas, without = figures(f"gains {number:,}{unit} now"), figures(f"gains {number}{unit} now")
    assert [figure.value for figure in with_commas] == [number]
    assert [figure.unit for figure in with_commas] == [figure.unit for figure in without]


@given(st.decimals(0, 10_000, places=2), st.sampled_from(["%", " percent", "个百分点", "倍", "x", " times"]))
def test_a_decimal_is_read_whole_and_in_its_place(number: object, unit: str) -> None:
    text = f"a gain of {number}{unit} over GPT-4"
    (figure,) = figures(text)
    assert figure.value == pytest.approx(float(str(number)))
    assert text[figure.start : figure.end] == f"{number}{unit}"


# Any text

PIECES = st.sampled_from(
    ["1", "0", "3.6", ",", ".", "%", "\\%", " ", "-", "x", "k", "B", "万", "亿", "百分之", "百", "一", "两", "点", "倍",
     "成", "半", "分之", "twenty", "one", "hundred", "half", "fold", "GPT", "@", "to", "到", "３", "٣", "²", "½", "$",
     "\\times", "a"]
)  # fmt: skip
TEXTS = st.one_of(st.lists(PIECES, max_size=24).map("".join), st.text(max_size=60))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_figures_of_any_text_are_in_order_apart_and_inside_it(text: str) -> None:
    reached = 0
    for figure in figures(text):
        assert reached <= figure.start < figure.end <= len(plain(text))
        assert figure.value >= 0
        assert same(figure, figure)
        reached = figure.end


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_literals_hold_every_digit_of_any_text(text: str) -> None:
    digits = [character for character in "".join(literals(text)) if character.isdigit()]
    zeros = plain(text).count("0")
    assert len(digits) + zeros >= sum(character.isdecimal() for character in plain(text))


@pytest.mark.parametrize(
    "unit",
    ["1", "1,", "1,000", "1.", "1 ", "1-", "A-1-", "A1", "%", "1e", "一", "百", "万", "百分之", "百分之1", "一点",
     "分之", "one hundred ", "twenty-", "two and ", "a third ", "x", "1x", "１", " ", "1 to ", "ninety"],
)  # fmt: skip
def test_figures_are_found_in_linear_time(unit: str) -> None:
    text = plain(unit * 20_000) + "!"
    began = time.process_time()
    figures_of(text)
    literals(text)
    assert time.process_time() - began < 3
