"""The check of one claim: what no tuning may let through, and what it may never refuse."""

import re
import time
from functools import cache

import pytest
from card_text import card
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from assistant.verification import Assessment, Checker, verify
from assistant.verification.features import missing_names, statement_of
from evals.guarantees import figures
from vectorstore.cards import PaperCard
from vectorstore.corpus import builtin_cards
from vectorstore.disagreements import quotable_passages
from vectorstore.figures import literals
from vectorstore.latex import readable

GUARDSPACE = "align-a6ef98"


@cache
def built_in() -> dict[str, PaperCard]:
    return {one.id: one for one in builtin_cards()}


def assess(claim: str, card_id: str = GUARDSPACE) -> Assessment:
    return Checker().assess(claim, [built_in()[card_id]])


def text_of(one: PaperCard) -> str:
    return " ".join([one.title, *(readable(passage.text) for passage in quotable_passages(one))])


SENTENCES = [(one, passage) for one in builtin_cards()[::9] for passage in quotable_passages(one)]
WITH_FIGURES = [(one, passage) for one, passage in SENTENCES if re.search(r"(?<![\w.-])\d+(?:\.\d+)?%", passage.text)]


# What stands nowhere in the card


@pytest.mark.parametrize(
    ("claim", "figure"),
    [
        ("GuardSpace lowers the harmful score to 3.7%.", "3.7%"),
        ("GuardSpace lowers the harmful score to ３．７％.", "3.7%"),
        ("GuardSpace lowers the harmful score to 36%.", "36%"),
        ("GuardSpace lowers the mean harmful score by ninety-seven percent.", "ninety-seven percent"),
        ("GuardSpace makes a fine-tuned model ten times safer.", "ten times"),
        ("GuardSpace makes a fine-tuned model tenfold safer.", "tenfold"),
        ("GuardSpace cuts the mean harmful score fourfold.", "fourfold"),
        ("GuardSpace halves the mean harmful score.", "halves"),
        ("GuardSpace doubles the accuracy on GSM8K.", "doubles"),
        ("GuardSpace uses 2.5 million harmful prompts.", "2.5 million"),
        ("GuardSpace把有害得分降到百分之三点九。", "百分之三点九"),
        ("GuardSpace把准确率提升了九成。", "九成"),
        ("GuardSpace让准确率提升两倍。", "两倍"),
        ("GuardSpace把有害得分降低了一半。", "一半"),
        ("GuardSpace让准确率翻了一番。", "一番"),
        ("GuardSpace用了12万条有害提示。", "12万"),
        ("GuardSpace提升ninety-seven percent。", "ninety-seven percent"),
    ],
)
def test_a_figure_that_stands_nowhere_in_the_card_is_refused_and_named(claim: str, figure: str) -> None:
    found = assess(claim)
    assert found.label == "unsupported"
    assert f"{figure} stands nowhere in the card" in found.reason


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(WITH_FIGURES), st.integers(1, 9_999), st.booleans())
def test_a_true_sentence_with_another_figure_in_it_is_refused(
    sentence: tuple[PaperCard, object], number: int, decimal: bool
) -> None:
    one, passage = sentence
    wrong = f"{number / 10:.1f}" if decimal else f"{number}"
    assume(not set(literals(wrong)) & set(literals(text_of(one))))
    claim = re.sub(r"(?<![\w.-])\d+(?:\.\d+)?(?=%)", wrong, passage.text, count=1)  # type: ignore[attr-defined]
    assert Checker().assess(claim, [one]).label == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "GuardSpace raises the accuracy on GSM8K by 7%.",
        "GuardSpace在GSM8K上把准确率提升了7%。",
        "GuardSpace raises the accuracy on GSM8K 2x.",
        "GuardSpace raises the accuracy on GSM8K by 8%.",
    ],
)
def test_digits_of_a_models_name_carry_no_figure(claim: str) -> None:
    # The card has Llama-2-7B-Chat and GSM8K.
    assert assess(claim).label == "unsupported"


@pytest.mark.parametrize(
    ("abstract", "claim"),
    [
        ("Wobble plans the day of 40 gardeners on Pebble.", "Wobble plans the day of 40% of gardeners on Pebble."),
        ("Wobble gains 40% on Pebble.", "Wobble gains 40x on Pebble."),
        ("Wobble works in two ways on Pebble.", "Wobble works twice as well on Pebble."),
        ("Wobble is trained on 5 thousand days of Pebble.", "Wobble is trained on 5 days of Pebble."),
    ],
)
def test_a_figure_with_another_unit_is_another_figure(abstract: str, claim: str) -> None:
    assert Checker().assess(claim, [card(abstract, title="Wobble: a planner")]).label == "unsupported"


@pytest.mark.parametrize(
    ("abstract", "claim"),
    [
        ("Wobble gains 40\\% on Pebble with the plan.", "Wobble gains 40 percent on Pebble with the plan."),
        ("Wobble is $2.0\\times$ faster on Pebble.", "Wobble is 2x faster on Pebble."),
        ("Wobble is tested on 7 gardens of Pebble.", "Wobble is tested on seven gardens of Pebble."),
        ("Wobble is trained on 1,000 days of Pebble.", "Wobble is trained on 1000 days of Pebble."),
        ("Wobble gains 10 to 40% on Pebble.", "Wobble gains 10% to 40% on Pebble."),
        ("Wobble cuts the work on Pebble by 50%.", "Wobble halves the work on Pebble."),
    ],
)
def test_another_spelling_of_a_figure_is_not_refused_for_its_figure(abstract: str, claim: str) -> None:
    assert "nowhere" not in Checker().assess(claim, [card(abstract, title="Wobble: a planner")]).reason


@pytest.mark.parametrize(
    ("claim", "name"),
    [
        ("GuardSpace keeps a model safe on MMLU.", "MMLU"),
        ("GuardSpace keeps safe replies better than LoRA-Guard.", "LoRA-Guard"),
        ("GuardSpace freezes the parts of Mixtral-8x7B-Instruct.", "8"),
        ("With Llama-3-7B-Chat on GSM8K the mean harmful score falls.", "3"),
        ("With GPT-4 on GSM8K the mean harmful score falls.", "4"),
        ("GuardSpace在MMLU上让有害得分降低。", "MMLU"),
        ("SafeNull用零空间投影约束更新。", "SafeNull"),
    ],
)
def test_a_name_that_stands_nowhere_in_the_card_is_refused(claim: str, name: str) -> None:
    found = assess(claim)
    assert found.label == "unsupported"
    assert name in found.reason
    assert "nowhere in the card" in found.reason


NAMES = st.sampled_from(["QuartzFold", "ZephyrNet", "WobbleLM", "GPT-17", "FOOBench", "Kumquat-13B", "XQZ"])


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SENTENCES), NAMES, st.sampled_from(["{name} too: {sentence}", "{sentence} ({name})"]))
def test_a_true_sentence_with_a_strange_name_in_it_is_refused(
    sentence: tuple[PaperCard, object], name: str, frame: str
) -> None:
    one, passage = sentence
    claim = frame.format(name=name, sentence=passage.text)  # type: ignore[attr-defined]
    assert Checker().assess(claim, [one]).label == "unsupported"


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ("LLM-generated plans", []),
        ("Llama-2-7B-Chat", []),
        ("llama2-based plans", []),
        ("GuardSpace/AsFT", []),
        ("LLMs", []),
        ("AsFT-tuned and GSM-8K", []),
        ("GuardNet-based plans", ["GuardNet-based"]),
        ("AsFT/ZephyrNet", ["AsFT/ZephyrNet"]),
    ],
)
def test_a_compound_name_stands_where_its_named_parts_do(claim: str, missing: list[str]) -> None:
    card = ["An LLM with GuardSpace,", "AsFT, Llama-2-7B-Chat, GSM8K"]
    assert missing_names(statement_of(claim), card) == missing


@pytest.mark.parametrize("name", ["MIS", "RL", "LoS"])
def test_a_short_name_does_not_stand_within_another_word(name: str) -> None:
    claim = statement_of(f"{name} makes it stable.")
    assert missing_names(claim, ["It is promising on URLs; a LLoS-like misuse."]) == [name]
    assert missing_names(claim, [f"Under {name}-based training, {name}s hold."]) == []


def test_a_sentence_with_its_decimal_point_moved_is_not_word_for_word() -> None:
    card = built_in()["align-a6ef98"]
    sentence = next(passage.text for passage in quotable_passages(card) if "14.4%" in passage.text)
    assert Checker().assess(sentence, [card]).label == "supported"
    assert Checker().assess(sentence.replace("14.4%", "144%"), [card]).label == "unsupported"
    assert Checker().assess(sentence.replace("14.4%", "1.44%"), [card]).label == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "Everyone agrees wholeheartedly.",
        "The gardeners of Lisbon water their roses every morning.",
        "园丁们每天早晨在里斯本给玫瑰浇水。",
        "今天天气非常晴朗。",
    ],
)
def test_a_claim_hardly_a_word_of_which_stands_in_the_card_is_refused(claim: str) -> None:
    assert assess(claim).label == "unsupported"


def test_a_claim_in_a_language_that_the_card_does_not_speak_is_not_refused_for_its_words() -> None:
    english = card("Wobble plans the day of a gardener.", motivation="", title="Wobble: a planner")
    assert "hardly a word" not in Checker().assess("该方法为园丁规划一天的工作。", [english]).reason


@pytest.mark.parametrize(
    "claim",
    [
        "It is not true that GuardSpace freezes the safety-relevant parts.",
        "Contrary to the claim, a null-space projector stops updates from changing safe replies.",
        "It is false that the mean harmful score falls to 3.6%.",
        "并非如此:哪怕数据无害、只训练低秩适配器,原有的安全行为也会明显减弱。",
        "GuardSpace优于此前最好的AsFT,这是错误的。",
    ],
)
def test_a_denial_of_what_the_card_says_is_refused(claim: str) -> None:
    assert assess(claim).label == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "GuardSpace is described at http://evil.example/paper.",
        "See www.evil.example for the null-space projector of GuardSpace.",
    ],
)
def test_a_link_that_the_card_does_not_have_is_refused(claim: str) -> None:
    assert assess(claim).label == "unsupported"


# Figures that belong to something else


@pytest.mark.parametrize(
    "claim",
    [
        "AsFT 3.6%, GuardSpace 14.4%",
        "AsFT reaches 3.6% and GuardSpace 14.4%.",
        "With AsFT the mean harmful score is 3.6%, with GuardSpace 14.4%.",
        "The accuracy is 3.6% and the harmful score 28.0%.",
        "有害得分为28.0%,准确率为3.6%。",
    ],
)
def test_figures_that_change_places_are_refused(claim: str) -> None:
    assert assess(claim).label == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "On GSM8K the mean harmful score falls from 3.6% to 14.4%.",
        "On GSM8K the mean harmful score rises from 3.6% to 14.4%.",
        "Accuracy on GSM8K rises from 28.0% to 26.0%.",
        "Accuracy on GSM8K falls from 28% to 26%.",
        "Llama-2-7B-Chat在GSM8K上有害得分由3.6%升到14.4%。",
        "准确率由28.0%降到26.0%。",
    ],
)
def test_a_change_turned_round_is_refused(claim: str) -> None:
    assert assess(claim).label == "unsupported"


@pytest.mark.parametrize(
    "claim",
    [
        "With Llama-2-7B-Chat on GSM8K the mean harmful score falls from AsFT's 14.4% to 3.6%.",
        "On GSM8K accuracy rises from 26.0% to 28.0% and the mean harmful score falls from 14.4% to 3.6%.",
        "Llama-2-7B-Chat在GSM8K上有害得分由14.4%降到3.6%,准确率由26.0%升到28.0%。",
    ],
)
def test_a_change_the_right_way_round_is_accepted(claim: str) -> None:
    assert assess(claim).label == "supported"


# What a card says itself


@pytest.mark.parametrize("place", range(6))
def test_a_cards_own_sentences_are_supported_and_quoted(place: int) -> None:
    for one, passage in SENTENCES[place::6]:
        found = Checker().assess(passage.text, [one])
        assert (found.label, found.reason) == ("supported", ""), passage.text
        assert passage in found.quotes


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SENTENCES), st.sampled_from(SENTENCES))
def test_every_figure_of_what_is_supported_stands_in_a_quote_and_every_quote_in_the_card(
    sentence: tuple[PaperCard, object], other: tuple[PaperCard, object]
) -> None:
    one, passage = sentence
    for claim in (passage.text, f"{passage.text} {other[1].text}"):  # type: ignore[attr-defined]
        found = Checker().assess(claim, [one, other[0]])
        if found.label != "supported":
            continue
        held = set().union(*(figures(quote.text) for quote in found.quotes))
        named = figures(one.title) | figures(other[0].title)
        assert figures(claim) <= held | named
        assert 1 <= len(found.quotes) <= 4
        assert len(set(found.quotes)) == len(found.quotes)
        for quote in found.quotes:
            home = one if quote.card_id == one.id else other[0]
            assert home.text(quote.field)[quote.start : quote.end] == quote.text


def test_a_sentence_whose_figure_the_abstract_gainsays_carries_nothing() -> None:
    split = card(
        "Wobble plans over 100 days of a gardener's year and waters the roses in between.",
        contribution="Wobble基于超过10万天的园丁记录做规划。",
        title="Wobble: a planner",
    )
    assert Checker().assess("Wobble基于超过10万天的园丁记录做规划。", [split]).label == "unsupported"
    assert Checker().assess("Wobble plans over 100 days of a gardener's year.", [split]).label == "supported"


def test_a_claim_may_rest_on_several_cards_together() -> None:
    one = card("Wobble gains 12.5% on Pebble.", id="own-1", title="Wobble: a planner")
    two = card("Jitter gains 17.5% on Pebble.", id="own-2", title="Jitter: a planner")
    claim = "Wobble gains 12.5% on Pebble, Jitter gains 17.5% on Pebble."
    assert Checker().assess(claim, [one]).label == "unsupported"
    both = Checker().assess(claim, [one, two])
    assert both.label == "supported"
    assert {quote.card_id for quote in both.quotes} == {"own-1", "own-2"}


# The second opinion


def test_a_second_opinion_can_refuse_what_the_rules_accept() -> None:
    asked: list[tuple[str, list[str]]] = []

    def no(claim: str, quotes: list[str]) -> bool:
        asked.append((claim, quotes))
        return False

    claim = "A null-space projector stops updates from changing the safe replies of the model to harmful prompts."
    assert Checker().assess(claim, [built_in()[GUARDSPACE]]).label == "supported"
    found = Checker(second_opinion=no).assess(claim, [built_in()[GUARDSPACE]])
    assert found.label == "unsupported"
    assert "model" in found.reason
    assert asked == [(claim, [quote.text for quote in found.quotes])]


@pytest.mark.parametrize("opinion", [True, None])
def test_a_second_opinion_can_save_nothing_and_a_missing_one_spoils_nothing(opinion: bool | None) -> None:
    asked: list[str] = []

    def says(claim: str, quotes: list[str]) -> bool | None:
        asked.append(claim)
        return opinion

    checker, one = Checker(second_opinion=says), built_in()[GUARDSPACE]
    assert checker.assess("GuardSpace lowers the harmful score to 3.7%.", [one]).label == "unsupported"
    assert asked == []
    assert checker.assess("GuardSpace counters this in two ways.", [one]).label == "supported"
    assert len(asked) == 1


# The verdict


def test_a_verdict_quotes_the_card_word_for_word() -> None:
    one = built_in()[GUARDSPACE]
    verdict = verify("On GSM8K the mean harmful score falls from AsFT's 14.4% to 3.6%.", [one])
    assert (verdict.supported, verdict.reason) == (True, "")
    assert [quote.marker for quote in verdict.quotes] == list(range(1, len(verdict.quotes) + 1))
    for quote in verdict.quotes:
        assert (quote.card_id, quote.title) == (one.id, one.title)
        assert one.text(quote.field)[quote.start : quote.end] == quote.quote


@pytest.mark.parametrize("claim", ["GuardSpace lowers the harmful score to 3.7%.", "Everyone agrees.", "", "[1]", "。"])
def test_a_refusal_says_why(claim: str) -> None:
    verdict = verify(claim, [built_in()[GUARDSPACE]])
    assert not verdict.supported
    assert verdict.reason


def test_without_a_card_nothing_is_supported() -> None:
    assert not verify("GuardSpace counters this in two ways.", []).supported


# Any claim

PIECES = st.sampled_from(
    ["GuardSpace", "AsFT", "3.6%", "14.4%", "7%", "falls", "from", "to", "harmful", "score", "not", "all", "有害得分",
     "降到", "不", "所有", "由", " ", " ", ",", "。", ".", "-", "(", ")", "\\%", "$", "{", "http://", "\x00", "\ud800",
     "٣", "²", "∇"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.lists(PIECES, max_size=24).map("".join), st.text(max_size=80)))
def test_any_claim_is_judged(claim: str) -> None:
    found = assess(claim)
    assert found.label in ("supported", "unsure", "unsupported")
    assert (found.reason == "") == (found.label == "supported")
    if found.label != "unsupported":
        assert found.quotes


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1",
        "1 ",
        "3.6% ",
        "Aa",
        "A-",
        "GuardSpace ",
        "http://",
        "从1到",
        "from 1 to ",
        "不",
        "it is not ",
        "的",
        "(",
    ],
)
@pytest.mark.parametrize("length", [1_900, 500_000])
def test_a_hostile_claim_is_judged_soon(unit: str, length: int) -> None:
    claim = unit * (length // len(unit))
    began = time.process_time()
    found = assess(claim)
    assert time.process_time() - began < 3
    if length > 10_000:
        assert found.label == "unsupported"
