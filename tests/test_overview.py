"""Topic overviews: the cards about something, complete and in order, each with a cited sentence on what it does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from own_cards import own_assistant, settings, write_cards
from pydantic import SecretStr
from scripted_server import ScriptedServer
from side_by_side import check_pieces

from assistant import Assistant
from assistant.overview import surveyed
from assistant.overview.grouping import grouped
from assistant.routes import Parts
from assistant.types import Answer, Event, EvidenceFound, Filters, Query
from vectorstore.cards import PaperCard
from vectorstore.language import language_of

PERSONAL = "Which papers look at personalizing LLM responses to each user's preferences?"
ROUTING = "有哪些把查询分派给不同大小模型的模型路由研究?"


def survey(assistant: Assistant, question: str, *, model: bool = False, **more: Any) -> tuple[Answer, list[str]]:
    """Answer a question as a topic; the answer, and the ids of the cards found."""
    query = Query(question=question, standalone=question, language=language_of(question), kind="topic", **more)
    parts = Parts(assistant._collection, assistant.checker, assistant._writer() if model else None, ())
    answers: list[Answer | None] = []

    def steps() -> Iterator[Event]:
        answers.append((yield from surveyed(query, parts)))

    found = [event.hits for event in steps() if isinstance(event, EvidenceFound)]
    assert answers[0] is not None
    return answers[0], [hit.card_id for hit in found[0]]


def test_an_overview_lists_the_cards_about_a_topic_each_with_a_cited_sentence(assistant: Assistant) -> None:
    answer, found = survey(assistant, PERSONAL)
    assert answer.status == "answered"
    assert {"align-1bee88", "align-3dad56", "align-8cbc28", "align-f1a6b3", "reason-376188"} <= set(answer.cards)
    assert answer.cards == found[: len(answer.cards)]
    assert [citation.card_id for citation in answer.citations] == answer.cards
    assert answer.text.count("\n- **") == len(answer.cards)
    check_pieces(answer, assistant)


def test_a_chinese_overview_is_in_chinese(assistant: Assistant) -> None:
    answer, _ = survey(assistant, ROUTING)
    assert answer.text.startswith("找到 ")
    assert all(language_of(claim.text) == "zh" for claim in answer.claims)
    check_pieces(answer, assistant)


def test_an_overview_is_asked_for_by_its_words(assistant: Assistant) -> None:
    assert assistant.answer(PERSONAL).kind == "topic"
    assert assistant.answer(ROUTING).kind == "topic"


def test_the_answer_says_how_many_cards_there_are_and_how_sure_that_is(assistant: Assistant) -> None:
    answer, _ = survey(assistant, PERSONAL)
    first = answer.text.split("\n")[0]
    about, close = (int(word) for word in first.split() if word.isdigit())
    assert about + close == len(answer.cards)
    assert "falls off clearly" in first


def test_at_most_ten_cards_are_shown_and_all_of_them_when_asked(assistant: Assistant) -> None:
    question = "What methods exist for reinforcement learning of reasoning models?"
    answer, _ = survey(assistant, question)
    assert len(answer.claims) <= 10
    assert "sk for all of them" in answer.text
    everything, _ = survey(assistant, question, show_all=True)
    assert len(everything.cards) > 10
    assert len(everything.claims) == len(everything.cards)
    assert everything.cards[: len(answer.cards)] == answer.cards
    assert "sk for all of them" not in everything.text
    check_pieces(everything, assistant)


@pytest.mark.parametrize(
    "question",
    [
        "What methods exist for baking sourdough bread?",
        "做红烧肉有哪些方法?",
        "What has been done about FlumpNet?",
        "Which approaches help tomatoes grow in winter?",
    ],
)
def test_where_nothing_is_near_nothing_is_listed(assistant: Assistant, question: str) -> None:
    answer, _ = survey(assistant, question)
    assert answer.status == "insufficient_evidence"
    assert not answer.cards
    assert not answer.citations


def test_only_cards_that_the_filters_leave_are_listed(assistant: Assistant) -> None:
    only = Filters(cards=("align-1bee88", "align-3dad56"))
    answer, _ = survey(assistant, PERSONAL, filters=only)
    assert set(answer.cards) == set(only.cards)
    nothing, _ = survey(assistant, PERSONAL, filters=Filters(tags=("no such tag",)))
    assert nothing.status == "insufficient_evidence"


def test_words_of_a_card_stay_words(tmp_path: Path) -> None:
    records = [
        {
            "id": f"own-{number}",
            "category": "Gardens",
            "title": f"**Quark{number}** <img src=x onerror=alert(1)>: watering plans",
            "tags": ["watering", "<b>plans</b>" if number % 2 else "[seeds](javascript:alert(1))"],
            "abstract": f"We propose Quark{number}, a method for watering plans | of gardens <script>alert({number})"
            f"</script> [3]\n- **more** of it. It saves 1{number}% of the water in [dry](http://evil.example) weeks.",
        }
        for number in range(6)
    ]
    made = own_assistant(tmp_path / "home")
    made.ingest([write_cards(tmp_path / "cards.jsonl", records)])
    answer, _ = survey(made, "What methods for watering plans of gardens did Quark1 and others propose?")
    assert answer.status == "answered"
    assert "<script" not in answer.text
    assert "<img" not in answer.text
    assert "<b>" not in answer.text
    assert "](" not in answer.text
    check_pieces(answer, made)


def test_a_model_writes_the_overview_and_the_other_cards_follow(home: Path, scripted_server: ScriptedServer) -> None:
    scripted_server.behaviour = "good"
    key = SecretStr("sk-scripted")
    more = {"model": "scripted-model", "openai_base_url": scripted_server.base_url, "openai_api_key": key}
    written = Assistant(settings(home, builtin_corpus=True, **more))
    answer, found = survey(written, PERSONAL, model=True)
    assert answer.mode == "llm"
    assert "**Other cards on this**" in answer.text
    assert answer.cards == found[: len(answer.cards)]
    assert {citation.card_id for citation in answer.citations} >= set(answer.cards[:10])
    check_pieces(answer, written)


# Groups


def cards(*tags: tuple[str, ...]) -> list[PaperCard]:
    return [
        PaperCard(id=f"c-{number}", category="Gardens", title=f"Quark{number}", tags=held)
        for number, held in enumerate(tags)
    ]


def rare(terms: Any) -> dict[str, float]:
    """Everything is rare but `garden`."""
    return {term: 1.0 if term == "garden" else 5.0 for term in terms}


def test_cards_are_grouped_by_the_tags_that_they_share() -> None:
    held = cards(("drip",), ("rain barrel", "garden"), ("Drip lines", "drip"), ("Rain Barrel",), ("garden",))
    groups = grouped(held, "how are plants watered", rare)
    assert [(group.label.lower(), [card.id for card in group.cards]) for group in groups] == [
        ("drip", ["c-0", "c-2"]),
        ("rain barrel", ["c-1", "c-3"]),
        ("", ["c-4"]),
    ]


def test_what_all_share_or_the_question_says_makes_no_group() -> None:
    assert len(grouped(cards(*[("garden",)] * 6), "how are plants watered", rare)) == 1
    assert len(grouped(cards(*[("drip",)] * 6), "how are plants watered", rare)) == 1
    half = cards(("drip",), ("drip",), ("drip",), ("hose",), ("barrel",), ("pump",))
    assert len(grouped(half, "what drip is there", rare)) == 1


def test_few_cards_need_no_groups() -> None:
    assert len(grouped(cards(("drip",), ("drip",), ("hose",), ("hose",)), "water", rare)) == 1
    assert grouped([], "water", rare)[0].cards == ()
