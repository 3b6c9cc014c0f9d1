"""A model's draft: how it is cut into sentences, and what of it may be shown."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assistant.assembly import from_verified
from assistant.types import DraftClaim, Evidence, Query
from assistant.verification import Checker, VerifiedDraft, parse_draft, verify_draft
from evals.guarantees import bare, check_guarantees
from vectorstore.cards import PaperCard
from vectorstore.corpus import builtin_cards
from vectorstore.disagreements import quotable_passages
from vectorstore.passages import Language, Passage

CARDS: dict[str, PaperCard] = {
    one.id: one for one in builtin_cards() if one.id in ("align-a6ef98", "align-257fba", "align-b13e90")
}
GUARDSPACE, FEDTDP, ANTISLOP = CARDS["align-a6ef98"], CARDS["align-257fba"], CARDS["align-b13e90"]
PASSAGES = [passage for one in (GUARDSPACE, FEDTDP, ANTISLOP) for passage in quotable_passages(one)]
EVIDENCE = [
    Evidence(number=number, title=CARDS[passage.card_id].title, passage=passage, score=1.0)
    for number, passage in enumerate(PASSAGES, start=1)
]


def passage_with(words: str) -> Passage:
    return next(passage for passage in PASSAGES if words in passage.text)


def number_of(words: str) -> int:
    """The number of the evidence that has these words."""
    return PASSAGES.index(passage_with(words)) + 1


PROJECTOR = "A null-space projector then stops updates from changing the model's safe replies to harmful prompts."
SCORE = "with Llama-2-7B-Chat on GSM8K the mean harmful score falls from AsFT's 14.4% to 3.6%."
OF_GUARDSPACE, OF_FEDTDP = number_of("null-space projector"), number_of("FedTDP addresses")


def parsed(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.text, claim.evidence) for claim in parse_draft(text)]


def verified(text: str, language: Language = "en", checker: Checker | None = None) -> VerifiedDraft:
    return verify_draft(parse_draft(text), EVIDENCE, CARDS, checker or Checker(), language=language)


# Cutting


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Wobble plans [1]. It gains 3.6% [2].", [("Wobble plans.", (1,)), ("It gains 3.6%.", (2,))]),
        ("Wobble plans. [1] It gains. [2][3]", [("Wobble plans.", (1,)), ("It gains.", (2, 3))]),
        ("Wobble [1] plans [2] ahead.", [("Wobble plans ahead.", (1, 2))]),
        ("Wobble plans [1, 2,3].", [("Wobble plans.", (1, 2, 3))]),
        ("Wobble plans [1-3].", [("Wobble plans.", (1, 2, 3))]),
        ("Wobble plans [2–4; 7].", [("Wobble plans.", (2, 3, 4, 7))]),
        ("Wobble plans [^1] [ 2 ].", [("Wobble plans.", (1, 2))]),
        ("Wobble plans [1] and [1].", [("Wobble plans and.", (1,))]),
        ("它会规划[1]。提升3.6%【2】。", [("它会规划。", (1,)), ("提升3.6%。", (2,))]),
        ("它会规划。[1]提升了。【2、3】", [("它会规划。", (1,)), ("提升了。", (2, 3))]),
        ("Wobble plans.", [("Wobble plans.", ())]),
        ("Wobble plans [99] [0].", [("Wobble plans.", (99, 0))]),
        ("Wobble plans e.g. on GSM8K, i.e. [1] there.", [("Wobble plans e.g. on GSM8K, i.e. there.", (1,))]),
    ],
)
def test_each_sentence_takes_its_markers(text: str, claims: list[tuple[str, tuple[int, ...]]]) -> None:
    assert parsed(text) == claims


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("- Wobble plans [1].\n- It gains [2].", ["Wobble plans.", "It gains."]),
        ("* Wobble plans [1]\n* It gains [2]", ["Wobble plans", "It gains"]),
        ("1. Wobble plans [1].\n2) It gains [2].", ["Wobble plans.", "It gains."]),
        ("1、它会规划[1]。\n2.提升[2]。\n3. 更快[3]。", ["它会规划。", "提升。", "更快。"]),
        ("## Wobble plans\n> It gains [2].", ["Wobble plans", "It gains."]),
        ("**Wobble** plans *ahead* and __gains__ [1].", ["Wobble plans ahead and gains."]),
        ("| Wobble | plans [1] |", ["Wobble plans"]),
        ("<b>Wobble</b> plans <br/>ahead [1].", ["Wobble plans ahead."]),
        ("Wobble [plans](http://evil.example) [1].", ["Wobble plans http://evil.example."]),
        ("![Wobble](http://evil.example/x.png) plans [1].", ["Wobble http://evil.example/x.png plans."]),
        ("<think>It may be 99% [1].</think>Wobble plans [1].", ["Wobble plans."]),
        ("<THINKING>It may be 99%.", []),
        (
            "Wobble plans [1].\n```python\nprint('It gains 99% [1].')\n```\nIt gains [2].",
            ["Wobble plans.", "It gains."],
        ),
        ("Wobble plans [1].\n```\nnever closed", ["Wobble plans."]),
        ("Wob\u200bble pl\x00ans\u202e [1].", ["Wob ble pl ans."]),
        ("Wobble plans [1]. Wobble plans [2].", ["Wobble plans."]),
        ("2 * 3 * 4 and pass@k * 2 [1].", ["2 * 3 * 4 and pass@k * 2."]),
        ("[1] [2] [3][4].", ["."]),
        ("", []),
        (" \n\n\t ", []),
    ],
)
def test_the_form_of_a_draft_is_tolerated(text: str, claims: list[str]) -> None:
    assert [claim.text for claim in parse_draft(text)] == claims


def test_an_endless_draft_is_cut() -> None:
    claims = parse_draft("".join(f"Wobble plans day {number} [1]. " for number in range(100_000)))
    assert 0 < len(claims) <= 60


@pytest.mark.parametrize(
    "unit",
    ["[", "[1", "[1]", "[1-", "]( ", "[a](", "![", "<", "<b", "<think>", "</think>", "`", "```", "*", "** ", "|", "# ",
     "- ", ">", "a.", ". ", "。", "[1] . ", "[1,", "(", "\n", "1. ", "\u200b"],
)  # fmt: skip
def test_a_draft_is_cut_in_linear_time(unit: str) -> None:
    began = time.process_time()
    parse_draft(unit * 50_000)
    assert time.process_time() - began < 2


# Showing


def test_a_supported_sentence_is_shown_with_the_quote_that_carries_it() -> None:
    shown = verified(f"{PROJECTOR[:-1]} [{OF_GUARDSPACE}].")
    assert shown.text == f"{PROJECTOR} [1]"
    (citation,) = shown.citations
    assert (citation.card_id, citation.quote, citation.title) == (GUARDSPACE.id, PROJECTOR, GUARDSPACE.title)
    assert [(claim.text, claim.markers, claim.supported) for claim in shown.claims] == [(PROJECTOR, [1], True)]


def test_citations_are_numbered_by_first_use_whatever_numbers_the_evidence_had() -> None:
    shown = verified(f"With Llama-2-7B-Chat, {SCORE} [{OF_GUARDSPACE}] {PROJECTOR} [{OF_GUARDSPACE}] {PROJECTOR} [3]")
    markers = [marker for claim in shown.claims for marker in claim.markers]
    assert [citation.marker for citation in shown.citations] == list(range(1, len(shown.citations) + 1))
    assert list(dict.fromkeys(markers)) == [citation.marker for citation in shown.citations]
    spans = [(each.card_id, each.field, each.start) for each in shown.citations]
    assert len(set(spans)) == len(spans)


def test_a_sentence_said_twice_is_shown_once() -> None:
    shown = verified(f"{PROJECTOR} [{OF_GUARDSPACE}]\n\n**{PROJECTOR}** [{OF_GUARDSPACE + 1}]")
    assert shown.text.count("null-space projector") == 1


@pytest.mark.parametrize("marker", ["", "[99]", "[0]", "[٣]", f"[{OF_FEDTDP}]", f"[{OF_FEDTDP}][99]"])
def test_a_true_sentence_that_cites_the_wrong_card_or_none_is_given_to_the_card_that_carries_it(marker: str) -> None:
    shown = verified(f"{PROJECTOR} {marker}")
    assert "null-space projector" in shown.text
    assert {citation.card_id for citation in shown.citations} == {GUARDSPACE.id}


def test_no_marker_of_the_draft_is_shown_as_it_is() -> None:
    shown = verified(f"{PROJECTOR} [99] [{OF_GUARDSPACE}] 【{OF_GUARDSPACE + 1}】")
    assert shown.text == f"{PROJECTOR} [1]"


@pytest.mark.parametrize(
    "lie",
    [
        "The mean harmful score falls from AsFT's 14.4% to 3.7%.",
        "GuardSpace was trained for 93 days on 512 cards.",
        "GuardSpace keeps a model safe on MMLU.",
        "It is not true that a null-space projector stops updates.",
        "Gardeners in Lisbon water roses every morning.",
        "AsFT reaches 3.6% and GuardSpace 14.4%.",
        "GuardSpace splits trajectories over regions with 99% of privacy.",
        "GuardSpace提升了百分之九十七。",
    ],
)
def test_a_lie_between_true_sentences_is_left_out_with_its_reason(lie: str) -> None:
    shown = verified(f"{PROJECTOR} [{OF_GUARDSPACE}] {lie} [{OF_GUARDSPACE}] GuardSpace counters this in two ways. [1]")
    assert "null-space projector" in shown.text
    assert "two ways" in shown.text
    assert lie.rstrip(".。") not in shown.text
    (dropped,) = [claim for claim in shown.claims if not claim.supported]
    assert dropped.text.rstrip(".。") == lie.rstrip(".。")
    assert dropped.reason
    assert dropped.markers == []


@pytest.mark.parametrize("text", ["", " ", "[1] [2]", "Everyone agrees. [1]", "I'm sorry, I can't help. [1]", "抱歉。"])
def test_where_nothing_is_supported_nothing_is_shown(text: str) -> None:
    shown = verified(text)
    assert (shown.text, shown.citations) == ("", [])
    assert not any(claim.supported for claim in shown.claims)


class Unsure(Checker):
    """A check that is sure of nothing and finds one quote, to see what is done then."""

    def __init__(self, quote: Passage) -> None:
        super().__init__()
        self._quote = quote

    def assess(self, claim, cards, *, only_sure=False):  # type: ignore[no-untyped-def]
        from assistant.verification import Assessment

        if self._quote.card_id not in {one.id for one in cards}:
            return Assessment("unsupported", -9.0, reason="another card")
        return Assessment("unsure", -0.1, [self._quote, PASSAGES[0]], "it is not sure")


@pytest.mark.parametrize(("language", "marks"), [("en", "“”"), ("zh", "「」")])
def test_a_sentence_the_check_is_unsure_of_gives_way_to_the_quote_in_quotation_marks(
    language: Language, marks: str
) -> None:
    quote = passage_with("null-space projector")
    shown = verified(f"Some projector or other. [{OF_GUARDSPACE}]", language, Unsure(quote))
    assert shown.text == f"{marks[0]}{PROJECTOR}{marks[1]} [1]"
    assert [citation.quote for citation in shown.citations] == [quote.text]
    assert [claim.text for claim in shown.claims if claim.supported] == [f"{marks[0]}{PROJECTOR}{marks[1]}"]


def test_a_sentence_is_never_moved_to_a_card_that_the_check_is_unsure_of() -> None:
    shown = verified(f"Some projector or other. [{OF_FEDTDP}]", checker=Unsure(passage_with("null-space projector")))
    assert shown.text == ""
    assert [claim.reason for claim in shown.claims] == ["another card"]


class Careless(Checker):
    """A check that accepts everything with the first passage as its quote."""

    def assess(self, claim, cards, *, only_sure=False):  # type: ignore[no-untyped-def]
        from assistant.verification import Assessment

        return Assessment("supported", 9.0, [quotable_passages(cards[0])[0]])


@pytest.mark.parametrize(
    "claim",
    [
        "It gains 99%.",
        "It gains ninety-nine percent.",
        "提升百分之九十九。",
        "It is tenfold faster.",
        "It has 7 parts.",
    ],
)
def test_the_last_gate_lets_no_figure_through_that_the_shown_quotes_do_not_have(claim: str) -> None:
    shown = verified(f"{claim} [1] It plans ahead. [1]", checker=Careless())
    assert shown.text == "It plans ahead. [1]"
    assert "figure" in shown.claims[0].reason


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GuardSpace counters [7] this in two ways [1].", "GuardSpace counters this in two ways. [1]"),
        ("GuardSpace `counters` this in two ways [1].", "GuardSpace 'counters' this in two ways. [1]"),
        (
            "<b onclick=alert(1)>GuardSpace counters this in two ways</b> [1].",
            "GuardSpace counters this in two ways. [1]",
        ),
        ("<script>GuardSpace counters this in two ways [1].", "GuardSpace counters this in two ways. [1]"),
    ],
)
def test_what_is_shown_is_inert(text: str, shown: str) -> None:
    assert verified(text).text == shown


def test_chinese_sentences_are_joined_without_blanks() -> None:
    text = f"{GUARDSPACE.motivation}[1]{GUARDSPACE.contribution}[1]"
    assert verified(text, "zh").text == f"{GUARDSPACE.motivation} [1]{GUARDSPACE.contribution} [2]"


# Any draft

TRUE = [passage.text for passage in PASSAGES]
PIECES = st.one_of(
    st.sampled_from(TRUE).map(lambda sentence: f" {sentence}"),
    st.sampled_from(TRUE).map(lambda sentence: f" {sentence[: len(sentence) // 2]}"),
    st.integers(-1, 30).map(lambda number: f"[{number}]"),
    st.sampled_from(["[1, 2]", "【3】", "[1-9]", "[^2]", "[1.5]", "[x]", "[ 4 ]", "［5］", "[1000]", "[１]", "(1)"]),
    st.decimals(0, 120, places=1).map(lambda number: f" {number}%"),
    st.sampled_from(
        [" 3.6%", " 14.4%", " 14.4", " 28", " 7%", " 7B", " 3.6x", " ３．６％", " ٣.٦%", " 百分之三点六", " 两倍",
         " 一半", " twice", " tenfold", " ninety-seven percent ", " 2.5M", " 12万", " 1,000",
         " 3.\u200b6%", " 3\\.6\\%", " 3²",
         " ½", " ①", " 三成", " 90", " 90 percent ", " 6", " six", " thirteen"]
    ),
    st.sampled_from(
        ["GuardSpace", " AsFT", "FedTDP", " MMLU", " GSM8K", "It", " is", " not", " better", " than", " and", "它",
         "优于", "不", "所有", "有害得分", "由", "降到", "从", "到", "from", " to", " the score falls"]
    ),
    st.sampled_from([". ", "。", "\n", "\n\n", "; ", ", ", "! ", "? ", " ", "：", "、"]),
    st.sampled_from(
        ["**", "*", "`", "```\n", "<b>", "</b>", "<script>alert(1)</script>", "<think>", "</think>",
         "<img src=x onerror=y>",
         "[press](javascript:alert(1))", "![x](http://evil.example/x.png)", "http://evil.example", "# ", "- ", "1. ",
         "| a | b |", "<", ">", "\\", "$", "_", "[", "]", "【", "\u202e", "\x1b[31m", "\x00", "\ud800",
         "\u200b", "\u00ad", "\u061c",
         "\ue000", "\u2028", "“", "」", "&lt;b&gt;"]
    ),
    st.text(max_size=8),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join), st.sampled_from(["en", "zh"]))
@example(f"The mean harmful score on GSM8K is 14.4 [{OF_GUARDSPACE}].", "en")
@example(f"{PROJECTOR[:-1]} in 7% of cases [{OF_GUARDSPACE}].", "en")
@example(f"准确率由26.0%升到28.0%\u00ad,有害得分由14.4%降到3.6% [{OF_GUARDSPACE}]。", "zh")
def test_the_guarantees_hold_for_any_draft(text: str, language: Language) -> None:
    query = Query(question="x", standalone="x", language=language)
    shown = verified(text, language)
    if not shown.text:
        assert shown.citations == []
        assert not any(claim.supported for claim in shown.claims)
        return
    # A scrap such as "A" that was left out may still be a part of a sentence that was not.
    said = "".join(bare(claim.text) for claim in shown.claims if claim.supported)
    shown.claims = [claim for claim in shown.claims if claim.supported or bare(claim.text) not in said]
    check_guarantees(from_verified(query, shown, CARDS), CARDS)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join), st.lists(st.integers(0, 40), max_size=4))
def test_what_is_shown_is_supported_by_what_it_cites_when_checked_again(text: str, numbers: list[int]) -> None:
    claims = [DraftClaim(text=claim.text, evidence=tuple(numbers) or claim.evidence) for claim in parse_draft(text)]
    shown = verify_draft(claims, EVIDENCE, CARDS, Checker(), language="en")
    cards_of = {citation.marker: citation.card_id for citation in shown.citations}
    for claim in shown.claims:
        assert claim.supported == bool(claim.markers)
        if claim.supported and not claim.text.startswith("“"):
            cited = [CARDS[card_id] for card_id in dict.fromkeys(cards_of[marker] for marker in claim.markers)]
            assert Checker().assess(claim.text, cited).label != "unsupported"
        if not claim.supported:
            assert claim.reason
