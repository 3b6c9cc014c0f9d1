"""What the network is trained on and how it is weighed: nothing held out is seen, and every draw can be repeated."""

from pathlib import Path

import pytest

from assistant import Assistant
from evals.datasets import builtin_items
from evals.datasets.models import LabelledClaim
from evals.train import combine
from evals.train.__main__ import main
from evals.train.examples import Example, read, strangers, write, written
from evals.train.steps import Recipe, Steps
from vectorstore.disagreements import quotable_passages
from vectorstore.figures import plain


def labelled(number: int, claim: str, card: str, supported: bool, kind: str) -> LabelledClaim:
    return LabelledClaim(id=f"c-{number}", lang="en", claim=claim, card=card, supported=supported, kind=kind)


CLAIMS = [
    labelled(1, "GuardSpace keeps a model safe while tuning in a null space.", "align-a6ef98", True, "true"),
    labelled(2, "GuardSpace makes a model unsafe while adapters are tuned.", "align-a6ef98", False, "negated"),
    labelled(3, "SVD splits the weights into safety-relevant and irrelevant parts.", "align-257fba", False, "entity"),
]


def silent(done: int, of: int) -> None:
    assert 0 < done <= of


# What is gathered


def test_a_claim_is_set_beside_its_card_s_best_passages(assistant: Assistant, tmp_path: Path) -> None:
    found = written(CLAIMS, assistant, {"align-257fba"}, silent)
    assert [(one.text, one.yes, one.card, one.held_out) for one in found] == [
        (claim.claim, claim.supported, claim.card, claim.card == "align-257fba") for claim in CLAIMS
    ]
    for one in found:
        assert 0 < len(one.passages) <= 6
    assert any("null space" in passage or "零空间" in passage for passage in found[0].passages)
    write(found, tmp_path / "examples.jsonl")
    assert read(tmp_path / "examples.jsonl") == found


def test_a_stranger_is_a_true_claim_beside_another_card_of_the_training(assistant: Assistant) -> None:
    near = [hit.card_id for hit in assistant.similar("align-a6ef98", k=2)]
    said = [
        Example("A model stays safe while it is tuned.", ["It is safe."], True, "true", card_id, card_id == near[1])
        for card_id in ("align-a6ef98", *near)
    ] * 20
    found = strangers(said, assistant, seed=0)
    assert found
    for one in found:
        assert (one.yes, one.kind, one.held_out) == (False, "stranger", False)
        assert one.card != near[1]
        assert not set(one.passages) & set(texts(assistant, near[1]))
        assert one.passages != ["It is safe."]
    assert found == strangers(said, assistant, seed=0)


def texts(assistant: Assistant, card_id: str) -> list[str]:
    return [plain(passage.text) for passage in quotable_passages(assistant.card(card_id))]


# What is drawn


def examples(cards: int) -> list[Example]:
    return [
        Example(
            f"It has {part} parts, says {card}.", ["It has parts."], part % 2 == 0, "true", f"card-{card}", card == 0
        )
        for card in range(cards)
        for part in range(4)
    ]


def test_every_claim_is_seen_once_an_epoch_with_all_of_its_card_and_none_that_is_held_out() -> None:
    steps = Steps(examples(8), Recipe(cards=3))
    assert steps.each_epoch == 3
    for epoch in range(3):
        groups = [group for number in range(3) for group in steps.draw(epoch * 3 + number)]
        assert sorted(group[0].card for group in groups) == [f"card-{card}" for card in range(1, 8)]
        for group in groups:
            assert len(group) == 4
            assert len({one.card for one in group}) == 1


def test_the_same_seed_and_number_draw_the_same_step() -> None:
    one, two, other = (Steps(examples(9), Recipe(seed=seed)) for seed in (3, 3, 4))
    assert [one.draw(number) for number in range(6)] == [two.draw(number) for number in range(6)]
    assert [one.draw(number) for number in range(6)] != [other.draw(number) for number in range(6)]
    assert [one.draw(number) for number in range(3)] != [one.draw(number) for number in range(3, 6)]


# How it is weighed


def seen(shift: float) -> list[combine.Seen]:
    """True claims score higher with both, independently; a tenth of the false ones is refused."""
    claims = [
        combine.Seen(place % 2 == 0, "true" if place % 2 == 0 else "figure", rules + shift, reading)
        for place in range(400)
        for rules, reading in [((place % 2 == 0) * 1.5 + place % 7 * 0.5, (place % 2 == 0) * 3.0 + place % 11 * 0.5)]
    ]
    return [*claims, *[combine.Seen(False, "figure", None, None)] * 20]


def test_the_lines_let_through_what_they_are_meant_to() -> None:
    held_out, other = seen(0.0), seen(0.3)
    weights = combine.combine(held_out, other, accepted=0.9)
    assert weights["reading"] > 0
    assert weights["unsure_above"] < 0 < weights["sure_above"]
    table = combine.table_of(other, weights)
    assert table["true accepted"] == pytest.approx(0.9, abs=0.06)
    alone = combine.table_of(other, weights | {"reading": 0.0, "bias": -2.3})
    assert table["false rejected"] > alone["false rejected"]


def test_a_network_that_knows_nothing_counts_for_nothing() -> None:
    blind = [combine.Seen(one.supported, one.kind, one.rules, 0.0 if one.rules is None else place % 13 * 0.5)
             for place, one in enumerate(seen(0.0))]  # fmt: skip
    assert abs(combine.combine(blind, blind, accepted=0.9)["reading"]) < 0.1


# The command line


def test_gather_spares_the_cards_of_the_claims_that_judge(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(home))
    claims, judged = tmp_path / "claims.jsonl", tmp_path / "judged claims.jsonl"
    claims.write_text("".join(claim.model_dump_json() + "\n" for claim in CLAIMS), "utf-8")
    judged.write_text(CLAIMS[2].model_dump_json(), "utf-8")
    assert main(["gather", str(claims), "--judge", str(judged), "--into", str(tmp_path / "into")]) == 0
    assert {one.card for one in read(tmp_path / "into" / "examples.jsonl")} == {"align-a6ef98"}
    assert [one.card for one in read(tmp_path / "into" / "judged.jsonl")] == ["align-257fba"]


def test_a_question_among_the_claims_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mixed = tmp_path / "mixed.jsonl"
    mixed.write_text(f"{CLAIMS[0].model_dump_json()}\n{builtin_items()[0].model_dump_json()}\n", "utf-8")
    assert main(["gather", str(mixed), "--judge", str(mixed), "--into", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "mixed.jsonl" in said
    assert f"item 2 ({builtin_items()[0].id}) is a question" in said


def test_what_is_missing_is_said_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere, into = str(tmp_path / "nowhere.jsonl"), tmp_path / "into"
    assert main(["gather", nowhere, "--judge", nowhere, "--into", str(into)]) == 1
    assert "nowhere.jsonl: cannot be read" in capsys.readouterr().err
    monkeypatch.setattr("evals.train.__main__.find_spec", lambda name: None)
    assert main(["all", nowhere, "--judge", nowhere, "--into", str(into / "not made")]) == 1
    assert "pip install '.[train]'" in capsys.readouterr().err
    assert not (into / "not made").exists()
