"""What the small network is trained on: true statements, and twins of them with one thing wrong."""

import random

import pytest

from evals.train.questions import Asked
from evals.train.statements import Said, TrainingCard
from evals.train.steps import CLAIMS, Steps, changed_tokens
from evals.train.twins import RULES, Surroundings, clause, surroundings, twin, weakened
from vectorstore.figures import figures_of

ENGLISH = "GuardSpace lowers the harmful score from 14.4% to 3.6% and keeps GSM8K accuracy at 28.0%."
CHINESE = "GuardSpace 将有害得分从14.4%降至3.6%,并提升准确率至28.0%。"
OTHERS = ["AsFT anchors the safety direction during tuning on 7 data sets.", "AsFT 在7个数据集上稳定了安全方向。"]


@pytest.fixture
def around() -> Surroundings:
    return surroundings([ENGLISH, CHINESE, "Adapters are initialised from the safety-irrelevant parts."], OTHERS)


def made(kind: str, text: str, around: Surroundings, tries: int = 40) -> set[str]:
    found = (RULES[kind][0](text, around, random.Random(seed)) for seed in range(tries))
    return {one for one in found if one}


def values(text: str) -> list[float]:
    return [figure.value for figure in figures_of(text)]


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_crossed_figures_are_the_same_figures_in_other_places(text: str, around: Surroundings) -> None:
    found = made("figures-crossed", text, around)
    assert found
    for false in found:
        assert values(false) != values(text)
        assert sorted(values(false)) == sorted(values(text))


@pytest.mark.parametrize("text", [ENGLISH, CHINESE])
def test_a_wrong_figure_is_the_only_thing_that_changes(text: str, around: Surroundings) -> None:
    found = made("figure", text, around)
    assert found
    for false in found:
        changed = [one for one, other in zip(values(false), values(text), strict=True) if one != other]
        assert len(changed) == 1


def test_a_statement_is_turned_round_in_its_own_language(around: Surroundings) -> None:
    assert ENGLISH.replace("lowers", "raises") in made("turned", ENGLISH, around)
    assert CHINESE.replace("提升", "降低") in made("turned", CHINESE, around)


def test_a_statement_is_denied_and_a_denial_affirmed(around: Surroundings) -> None:
    assert "The method does not require labels." in made("denied", "The method requires labels.", around)
    assert "该方法需要标注数据。" in made("denied", "该方法无需标注数据。", around)


def test_at_most_becomes_at_least(around: Surroundings) -> None:
    assert "It is at least 2x faster." in made("overstated", "It is up to 2x faster.", around)


def test_less_than_the_truth_stays_true() -> None:
    assert weakened("It wins on all tasks.", random.Random(0)) == "It wins on most tasks."
    assert weakened("It wins on three tasks.", random.Random(0)) is None


def test_a_statement_that_no_rule_fits_has_no_twin() -> None:
    assert twin("Hm.", surroundings([], []), random.Random(0)) is None


def test_two_statements_joined_are_one_sentence() -> None:
    assert clause("It is fast.", "The data are public.") == "It is fast, and the data are public."
    assert clause("速度很快。", "数据公开。") == "速度很快,并且数据公开。"


@pytest.mark.parametrize(
    ("true", "false", "marks"),
    [
        ([1, 2, 3], [1, 9, 3], [0, 1, 0]),
        ([1, 2, 3], [1, 2, 8, 3], [0, 0, 1, 0]),
        ([1, 2, 3, 4], [1, 2, 4], [0, 1, 1]),
    ],
)
def test_the_tokens_around_a_fault_are_marked(true: list[int], false: list[int], marks: list[int]) -> None:
    assert changed_tokens(true, false) == marks


def cards() -> list[TrainingCard]:
    said = [
        Said(ENGLISH, True, "true", "claims", [0, 1]),
        Said(ENGLISH.replace("keeps", "halves"), False, "entity", "claims", [0]),
        Said(CHINESE, True, "true", "wording", [1, 0]),
    ]
    kept = TrainingCard("align-1", "GuardSpace: safe", "GuardSpace", [ENGLISH, CHINESE], ["align-2"], said=said)
    spared = TrainingCard(
        "align-2", "AsFT", "AsFT", OTHERS, [], held_out=True, said=[Said(OTHERS[0], True, "true", "claims", [0])]
    )
    return [kept, spared]


QUESTIONS = {
    "align-1": [Asked("how is safety kept", True, [0, 1]), Asked("which anchor is used", False, [1])],
    "align-2": [Asked("how is safety kept", False, [0]), Asked("which anchor is used", True, [0])],
    "align-3": [Asked("how is safety kept", False, [0])],
}


def test_a_card_held_out_is_never_seen_and_lends_no_words() -> None:
    steps = Steps(cards(), QUESTIONS, seed=0)
    for number in range(40):
        assert all("anchor" not in one.text for one in steps.draw(number))


def test_the_same_seed_and_number_draw_the_same_step() -> None:
    one, two = Steps(cards(), QUESTIONS, seed=3), Steps(cards(), QUESTIONS, seed=3)
    assert one.draw(5) == two.draw(5)
    assert any(one.draw(5) != one.draw(number) for number in range(6, 20))


def test_a_twin_stands_beside_the_statement_it_was_made_from() -> None:
    steps = Steps(cards(), QUESTIONS, seed=0)
    seen = 0
    for number in range(20):
        judged = steps.draw(number)
        for one in (one for one in judged if one.twin_of >= 0):
            seen += 1
            assert not one.truth
            assert judged[one.twin_of].truth
            assert one.passages == judged[one.twin_of].passages
            assert one.text != judged[one.twin_of].text
    assert seen


def test_a_question_stands_beside_the_card_that_answers_it_and_rivals() -> None:
    rival = TrainingCard("align-3", "Wobble", "Wobble", ["A planner for gardens."], [])
    steps = Steps([*cards(), rival], QUESTIONS, seed=0)
    asked = [one for number in range(10) for one in steps.draw(number) if one.question]
    assert {one.question for one in asked} == {"how is safety kept"}
    assert {one.truth for one in asked} == {True, False}


def test_every_claim_is_seen_once_before_any_comes_again() -> None:
    many = [
        TrainingCard(
            f"c-{n}", "A: b", "A", [ENGLISH], [], said=[Said(f"It has {n} parts.", True, "true", "claims", [0])]
        )
        for n in range(CLAIMS * 3)
    ]
    texts = [one.text for number in range(3) for one in Steps(many, {}, seed=1).draw(number) if one.weight > 1.0]
    assert len(texts) == len(set(texts)) == CLAIMS * 3
