"""The network that reads a text beside passages: what it may and may not depend on, and how the check weighs it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assistant import Assistant
from assistant.crossencoder import CrossEncoder
from assistant.crossencoder.inputs import pair
from assistant.verification import Checker
from assistant.verification.features import line_of
from assistant.verification.reading import HIGHEST, SHOWN, shown_to_network, together
from vectorstore.cards import PaperCard
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights
from vectorstore.errors import StoreError
from vectorstore.passages import passages_of

CLAIM = "GuardSpace lowers the harmful score to 3.6%."
TITLE = "GuardSpace: null-space adapters"
PASSAGES = [
    "The harmful score falls from 14.4% to 3.6% with GuardSpace.",
    "Safety behaviour erodes easily.",
    "GuardSpace 将有害得分降至3.6%。",
]
# True of the passage, and false of it with its words.
TWINS = [
    (
        "Training takes four hours on one card, and the data are public.",
        "The data are public.",
        "The weights are public.",
    ),
    (
        "On four of six benchmarks Wobble is ahead of Pebble, by 3.2 points on average.",
        "Wobble is ahead of Pebble on most of the benchmarks.",
        "Pebble is ahead of Wobble on all of the benchmarks.",
    ),
    (
        "该方法先用少量标注样本训练打分器,再用打分器筛选未标注语料。",
        "打分器用少量标注样本训练而成。",
        "打分器用全部未标注语料训练而成。",
    ),
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


@pytest.fixture(scope="module")
def network(cache: Path) -> CrossEncoder:
    return CrossEncoder(cache)


def supported(network: CrossEncoder, text: str, *passages: str) -> float:
    return network.read(text, passages)


# The network itself


@pytest.mark.parametrize(("passage", "true", "false"), TWINS)
def test_what_a_passage_says_stands_above_its_twin(network: CrossEncoder, passage: str, true: str, false: str) -> None:
    assert supported(network, true, passage) > supported(network, false, passage)


def test_a_statement_stands_above_itself_beside_another_subject(network: CrossEncoder) -> None:
    assert supported(network, CLAIM, *PASSAGES) > supported(network, CLAIM, "Pebble plans the day of every gardener.")


def test_what_was_read_is_remembered_up_to_a_bound(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.crossencoder.model._REMEMBERED", 2)
    network = CrossEncoder(cache)
    texts = [f"It has {number} parts." for number in range(5)]
    first = [network.read(text, PASSAGES) for text in texts]
    monkeypatch.setattr(network._engine, "run", lambda pair: 99.0)
    assert [network.read(text, PASSAGES) for text in texts[-2:]] == first[-2:]
    assert network.read(texts[0], PASSAGES) == 99.0


def test_several_threads_read_at_once_and_load_it_once(cache: Path) -> None:
    network = CrossEncoder(cache)
    texts = [f"It has {number % 3} parts." for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda text: network.read(text, PASSAGES), texts))
    assert found == [CrossEncoder(cache).read(text, PASSAGES) for text in texts[:3]] * 4


def test_the_tokenizer_of_the_embedder_reads_as_one_of_its_own(cache: Path, network: CrossEncoder) -> None:
    weights = WeightsFile(find_weights())
    shared = Tokenizer(weights.vocabulary(), weights.shape.positions)
    long = " ".join(PASSAGES * 9)
    assert CrossEncoder(cache, tokenizer=shared).read(long, PASSAGES) == network.read(long, PASSAGES)


def test_nothing_to_read_by_is_no_error(network: CrossEncoder) -> None:
    assert np.isfinite(supported(network, CLAIM))
    assert np.isfinite(supported(network, "", ""))


def test_both_kinds_of_arithmetic_agree(cache: Path) -> None:
    texts = [(text, [passage]) for passage, true, false in TWINS for text in (true, false, CLAIM)]
    fast, exact = ([CrossEncoder(cache, kind).read(*text) for text in texts] for kind in ("int8", "int4"))
    assert np.corrcoef(fast, exact)[0, 1] > 0.97


def test_a_damaged_graph_is_built_anew(tmp_path: Path) -> None:
    before = supported(CrossEncoder(tmp_path), CLAIM, *PASSAGES)
    [path] = tmp_path.glob("*.onnx")
    whole = path.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:1000] + b"\0" * 64 + whole[1064:]):
        path.write_bytes(damaged)
        assert supported(CrossEncoder(tmp_path), CLAIM, *PASSAGES) == before
        assert path.read_bytes() == whole


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "building-crossencoder-killed"
    left.mkdir()
    (left / "half.onnx").write_bytes(b"half")
    supported(CrossEncoder(tmp_path), CLAIM, *PASSAGES)
    assert not left.exists()


def test_a_folder_that_cannot_be_written_is_one_plain_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StoreError, match=r"cannot be written .*ASSISTANT_HOME"):
        CrossEncoder(tmp_path / "file" / "below").read(CLAIM, PASSAGES)


def test_a_pair_is_the_text_and_as_many_passages_as_fit() -> None:
    text, passages = [0, 5, 6, 2], [[0, 6, 7, 8, 2], [0, *range(20, 60), 2]]
    whole, cut = pair(text, passages, 8, 64), pair(text, passages, 8, 24)
    assert whole.ids == [0, 5, 6, 2, 6, 7, 8, 2, *range(20, 60), 2]
    assert (len(cut.ids), cut.ids[:8], cut.ids[-1]) == (24, whole.ids[:8], 2)
    assert pair(text, passages, 8, 19).ids == whole.ids[:8]
    assert (whole.told, cut.told) == (4, 4)
    assert pair([0, *range(90), 2], [], 8, 64).ids == [0, *range(6), 2]


# In the check

CARD = PaperCard(
    id="align-1", category="指令微调与对齐", title=TITLE, abstract=" ".join(PASSAGES[:2]), method=PASSAGES[2]
)  # fmt: skip
PARAPHRASE = "The harmful score falls to 3.6% with GuardSpace."


def test_a_claim_that_the_network_doubts_is_not_accepted() -> None:
    weights, rules = together(), Checker().assess(PARAPHRASE, [CARD])

    def label(score: float) -> str:
        logit = (score - rules.score - weights.bias) / weights.reading
        return Checker(read=lambda *_: logit).assess(PARAPHRASE, [CARD]).label

    assert label(0.1) == "supported"
    assert label(weights.lines.unsure_above / 2) == "unsure"
    assert label(weights.lines.unsure_above - 1.0) == "unsupported"


def test_only_what_is_well_above_the_line_needs_no_citation() -> None:
    assert together().lines.unsure_above < 0 < together().lines.sure_above
    assert Checker(read=lambda *_: 99.0).assess(PARAPHRASE, [CARD]).sure
    assert not Checker(read=lambda *_: -99.0).assess(PARAPHRASE, [CARD]).sure


def test_no_network_can_carry_a_figure_that_stands_nowhere() -> None:
    certain = Checker(read=lambda *_: 50.0)
    assert certain.assess("GuardSpace lowers the harmful score to 2.6%.", [CARD]).label == "unsupported"


def test_what_is_refused_or_repeated_word_for_word_is_not_read() -> None:
    silent = Checker(read=lambda *_: pytest.fail("it was read"))
    assert silent.assess(PASSAGES[2], [CARD]).label == "supported"
    assert silent.assess("GuardSpace lowers the harmful score to 2.6%.", [CARD]).label == "unsupported"


def test_the_network_is_shown_the_name_of_the_method_and_the_best_passages() -> None:
    shown: list[tuple[str, list[str]]] = []

    def read(claim: str, passages: Sequence[str]) -> float:
        shown.append((claim, list(passages)))
        return 0.0

    card = CARD.model_copy(update={"abstract": PASSAGES[1], "method": ""})
    Checker(read=read).assess("Safety behaviour of a model erodes.", [card])
    assert shown == [("Safety behaviour of a model erodes.", [f"GuardSpace: {PASSAGES[1]}"])]
    assert shown_to_network(card, []) == []


def test_the_languages_of_a_card_take_turns_before_the_network() -> None:
    card = CARD.model_copy(update={"abstract": " ".join(text for text, _, _ in TWINS[:2]), "method": TWINS[2][0]})
    english = [line_of(passage) for passage in passages_of(card) if passage.language == "en"]
    chinese = [line_of(passage) for passage in passages_of(card) if passage.language == "zh"]
    assert len(english) > 1
    assert chinese
    shown = shown_to_network(card, [*english, *chinese])
    assert shown[0].endswith(english[0].text)
    assert shown[1:3] == [chinese[0].text, english[1].text]
    assert shown_to_network(card, [*chinese, *english])[0].endswith(chinese[0].text)
    assert len(shown_to_network(card, english * 9)) == SHOWN


def test_a_draft_s_claim_is_judged_once_and_what_needs_no_reading_is_not_read_ahead() -> None:
    read: list[str] = []

    def note(claim: str, passages: Sequence[str]) -> float:
        read.append(claim)
        return 0.0

    checker = Checker(read=note)
    for check in (checker.remembering(), checker.remembering()):
        for claim in (PARAPHRASE, PASSAGES[2], "GuardSpace lowers the harmful score to 2.6%."):
            check.prepare(claim, [CARD])
            check.assess(claim, [CARD])
    assert read == [PARAPHRASE] * 2
    for _ in range(2):
        checker.assess(PARAPHRASE, [CARD])
    assert read == [PARAPHRASE] * 4


def test_the_network_is_not_asked_where_it_could_not_change_the_outcome() -> None:
    far = "Safety behaviour of every planner in the garden improves whenever gardeners sing to the harmful weeds."
    silent = Checker(read=lambda *_: pytest.fail("it was read"))
    assert silent.assess(far, [CARD], only_sure=True).label == "unsupported"
    assert not Checker(read=lambda *_: HIGHEST).assess(far, [CARD]).sure


def test_the_setting_decides_whether_it_is_asked(home: Path, assistant: Assistant) -> None:
    from assistant.settings import Settings

    card = assistant.card("align-a6ef98")
    rules = Assistant(Settings(home=home, model="none", verify="rules"))
    claim = "GuardSpace protects a model's safety while adapters are trained in a null space."
    alone, both = (each.checker().assess(claim, [card]).score for each in (rules, assistant))
    assert alone != both
    assert alone == Checker(assistant._collection.closeness, assistant._collection.rarity).assess(claim, [card]).score
