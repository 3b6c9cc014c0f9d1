"""The network that reads a text beside passages: what it may and may not depend on, and how the check weighs it."""

from pathlib import Path

import numpy as np
import pytest

from assistant.crossencoder import CrossEncoder
from assistant.verification import Checker
from assistant.verification.reading import Reader, Together
from vectorstore.cards import PaperCard
from vectorstore.embedders.e5_weights import WeightsFile, find_weights, unpack_nibbles

_TRAINED = 6
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
    sizes = {"wrong": (hidden, 128), "whole": (3 * hidden, hidden), "answers": (2 * hidden, hidden)}
    for head, (wide, narrow) in sizes.items():
        for place, (rows, columns) in enumerate(((narrow, wide), (1, narrow))):
            arrays[f"{head}.{place}.w"] = draw.normal(0, columns**-0.5, (rows, columns)).astype(np.float16)
            arrays[f"{head}.{place}.b"] = np.zeros(rows, np.float16)
    arrays["found.w"] = draw.normal(0, 0.05, (2, hidden)).astype(np.float16)
    arrays["worst"] = np.array(1.0, np.float32)
    path = tmp_path_factory.mktemp("model") / "checker.npz"
    np.savez(path, **arrays)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("graphs")


def test_the_order_of_passages_does_not_matter(model: Path, cache: Path) -> None:
    # But for rounding to 8 bits after sums in another order.
    network = CrossEncoder(model, cache)
    assert network.supports(CLAIM, [TITLE], PASSAGES) == pytest.approx(
        network.supports(CLAIM, [TITLE], PASSAGES[::-1]), abs=2e-3
    )


def test_what_is_read_matters(model: Path, cache: Path) -> None:
    network = CrossEncoder(model, cache)
    both = network.read(CLAIM, [TITLE], PASSAGES[:1]), network.read(CLAIM, [TITLE], PASSAGES[1:2])
    assert both[0].supported != pytest.approx(both[1].supported, abs=2e-3)
    assert both[0].answered != pytest.approx(both[1].answered, abs=2e-3)


def test_a_passage_remembered_reads_as_it_did_at_first(model: Path, cache: Path) -> None:
    network = CrossEncoder(model, cache)
    first = network.read(CLAIM, [TITLE], PASSAGES)
    assert network.read(CLAIM, [TITLE], PASSAGES) == first
    assert CrossEncoder(model, cache).read(CLAIM, [TITLE], PASSAGES) == first


def test_both_kinds_of_arithmetic_agree(model: Path, cache: Path) -> None:
    claims = [CLAIM, PASSAGES[2], "It needs no labels.", "Adapters start from the safety-irrelevant parts."]
    fast, exact = CrossEncoder(model, cache, "int8"), CrossEncoder(model, cache, "int4")
    one, other = ([each.supports(claim, [TITLE], PASSAGES) for claim in claims] for each in (fast, exact))
    # They may be off by a constant, which a fitted weight takes up; who is above whom must stay.
    assert np.argsort(one).tolist() == np.argsort(other).tolist()
    assert np.ptp(np.subtract(one, other)) < 0.25 * np.ptp(other)


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


def test_the_network_is_shown_the_titles_and_the_best_passages() -> None:
    shown: list[tuple[str, list[str], list[str]]] = []

    def read(claim: str, titles: object, passages: object) -> float:
        shown.append((claim, list(titles), list(passages)))  # type: ignore[call-overload]
        return 0.0

    Checker(reader=Reader(read, EQUAL)).assess(PARAPHRASE, [CARD])
    [(claim, titles, passages)] = shown
    assert (claim, titles) == (PARAPHRASE, [TITLE])
    assert passages[0].startswith(PASSAGES[0])


def test_chinese_claims_weigh_the_network_in_their_own_way() -> None:
    assert EQUAL.score(1.0, 2.0, chinese=0.0) == pytest.approx(3.0)
    assert EQUAL.score(1.0, 2.0, chinese=1.0) == pytest.approx(4.1)
