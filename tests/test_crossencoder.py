"""The network that reads a text beside passages: what it may and may not depend on, and how the check weighs it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from assistant.crossencoder import CrossEncoder
from assistant.crossencoder.inputs import MARKS, pair
from assistant.verification import Checker
from assistant.verification.reading import Reader, Together
from vectorstore.cards import PaperCard
from vectorstore.embedders.e5_tokenizer import Tokenizer
from vectorstore.embedders.e5_weights import WeightsFile, find_weights, unpack_nibbles

_TRAINED = 8
CLAIM = "GuardSpace lowers the harmful score to 3.6%."
TITLE = "GuardSpace: null-space adapters"
PASSAGES = [
    "The harmful score falls from 14.4% to 3.6% with GuardSpace.",
    "Safety behaviour erodes easily.",
    "GuardSpace 将有害得分降至3.6%。",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model file as training begins with it: the embedder's own upper layers, and heads by chance."""
    weights = WeightsFile(find_weights())
    shape, draw = weights.shape, np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {}
    for layer in range(_TRAINED):
        source, name = f"l{shape.layers - _TRAINED + layer}", f"t{layer}"
        for part in ("q", "k", "v", "ao", "fi", "fo"):
            width = shape.inner if part == "fo" else shape.hidden
            integers, scales = unpack_nibbles(weights.blocks(f"{source}.{part}.w", width))
            matrix = (integers * scales[..., None]).reshape(len(integers), width)
            scale = (np.abs(matrix).max(axis=1) / 127).astype(np.float32)
            arrays[f"{name}.{part}.w8"] = np.rint(matrix / scale[:, None]).astype(np.int8)
            arrays[f"{name}.{part}.scale"] = scale
            arrays[f"{name}.{part}.b"] = weights.floats(f"{source}.{part}.b")
        for part in ("aln", "oln"):
            for kind in ("w", "b"):
                arrays[f"{name}.{part}.{kind}"] = weights.floats(f"{source}.{part}.{kind}")
    hidden = shape.hidden
    sizes = {"wrong": (hidden, 128), "supported": (3 * hidden, hidden), "answered": (2 * hidden, hidden)}
    for head, (wide, narrow) in sizes.items():
        for place, (rows, columns) in enumerate(((narrow, wide), (1, narrow))):
            arrays[f"{head}.{place}.w"] = draw.normal(0, columns**-0.5, (rows, columns)).astype(np.float16)
            arrays[f"{head}.{place}.b"] = np.zeros(rows, np.float16)
    arrays["marks.w"] = draw.normal(0, 0.05, (len(MARKS), hidden)).astype(np.float16)
    arrays["worst.w"] = np.array(1.0, np.float32)
    path = tmp_path_factory.mktemp("model") / "checker.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


def test_what_is_read_matters(model: Path, cache: Path) -> None:
    one, other = CrossEncoder(model, cache).read([(CLAIM, PASSAGES[:1]), (CLAIM, PASSAGES[1:2])])
    assert one.supported != pytest.approx(other.supported, abs=2e-3)
    assert one.answered != pytest.approx(other.answered, abs=2e-3)


def test_texts_read_together_read_as_they_do_alone(model: Path, cache: Path) -> None:
    network = CrossEncoder(model, cache)
    texts = [(CLAIM, PASSAGES), (PASSAGES[1], PASSAGES[:1]), (CLAIM, PASSAGES[:1]), (PASSAGES[2], PASSAGES)]
    together, alone = network.read(texts), [network.read([text])[0] for text in texts]
    for one, other in zip(together, alone, strict=True):
        assert one.supported == pytest.approx(other.supported, abs=1e-4)
        assert one.answered == pytest.approx(other.answered, abs=1e-4)


def test_the_tokenizer_of_the_embedder_reads_as_one_of_its_own(model: Path, cache: Path) -> None:
    weights = WeightsFile(find_weights())
    shared = Tokenizer(weights.vocabulary(), weights.shape.positions)
    long = [(" ".join(PASSAGES * 9), PASSAGES)]
    assert CrossEncoder(model, cache, tokenizer=shared).read(long) == CrossEncoder(model, cache).read(long)


def test_a_pair_is_the_text_and_as_many_passages_as_fit() -> None:
    text, passages = [0, 5, 6, 2], [[0, 6, 7, 8, 2], [0, *range(20, 60), 2]]
    whole, cut = pair(text, passages, 64), pair(text, passages, 24)
    assert whole.ids == [0, 5, 6, 2, 6, 7, 8, 2, *range(20, 60), 2]
    assert (len(cut.ids), cut.ids[:8], cut.ids[-1]) == (24, whole.ids[:8], 2)
    assert pair(text, passages, 10).ids == whole.ids[:8]
    assert (whole.told, cut.told) == (4, 4)


def test_marks_tell_what_stands_on_both_sides() -> None:
    made = pair([0, 5, 6, 2], [[0, 6, 7, 2]], 64)
    assert [MARKS[mark] for mark in made.marks] == [
        "special", "not held", "held", "special", "shared", "read", "special"
    ]  # fmt: skip


def test_both_kinds_of_arithmetic_agree(model: Path, cache: Path) -> None:
    claims = [CLAIM, PASSAGES[2], "It needs no labels.", "Adapters start from the safety-irrelevant parts."]
    fast, exact = CrossEncoder(model, cache, "int8"), CrossEncoder(model, cache, "int4")
    one, other = (
        [each.supported for each in network.read([(claim, PASSAGES) for claim in claims])] for network in (fast, exact)
    )
    # They may be off by a constant, which a fitted weight takes up.
    assert np.corrcoef(one, other)[0, 1] > 0.9


CARD = PaperCard(
    id="align-1", category="指令微调与对齐", title=TITLE, abstract=" ".join(PASSAGES[:2]), method=PASSAGES[2]
)  # fmt: skip
PARAPHRASE = "The harmful score falls to 3.6% with GuardSpace."
EQUAL = Together(rules=1.0, reading=1.0, reading_zh=0.5, chinese=0.1, bias=0.0, unsure_above=-2.0)


def test_a_claim_that_the_network_doubts_is_not_accepted() -> None:
    rules = Checker().assess(PARAPHRASE, [CARD])
    doubted = Checker(reader=Reader(lambda *_: -rules.score - 1.0, EQUAL)).assess(PARAPHRASE, [CARD])
    refused = Checker(reader=Reader(lambda *_: -rules.score - 9.0, EQUAL)).assess(PARAPHRASE, [CARD])
    assert rules.label == "supported"
    assert doubted.label == "unsure"
    assert refused.label == "unsupported"


def test_no_network_can_carry_a_figure_that_stands_nowhere() -> None:
    certain = Checker(reader=Reader(lambda *_: 50.0, EQUAL))
    assert certain.assess("GuardSpace lowers the harmful score to 2.6%.", [CARD]).label == "unsupported"


def test_the_network_is_shown_the_name_of_the_method_and_the_best_passages() -> None:
    shown: list[tuple[str, list[str]]] = []

    def read(claim: str, passages: Sequence[str]) -> float:
        shown.append((claim, list(passages)))
        return 0.0

    card = CARD.model_copy(update={"abstract": PASSAGES[1], "method": ""})
    Checker(reader=Reader(read, EQUAL)).assess("Safety behaviour of a model erodes.", [card])
    assert shown == [("Safety behaviour of a model erodes.", [f"GuardSpace: {PASSAGES[1]}"])]


def test_chinese_claims_weigh_the_network_in_their_own_way() -> None:
    assert EQUAL.score(1.0, 2.0, chinese=0.0) == pytest.approx(3.0)
    assert EQUAL.score(1.0, 2.0, chinese=1.0) == pytest.approx(4.1)
