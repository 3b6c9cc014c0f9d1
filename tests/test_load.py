"""Many readers at once: what they cost, how they are measured, and what is checked after a run with faults."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import httpx
import pytest
from served import Served

from assistant import Assistant
from assistant.conversations import ConversationLog
from assistant.settings import Settings
from assistant.web.messages import Growing, message
from assistant.web.page import build_page, page_style
from evals.endurance.checks import growth, lost, traces, turns_of, wrong_answers
from evals.endurance.readers import Kept, Record
from evals.load import browsers, load
from evals.paced import PacedModel
from evals.visiting import Said, Site, Visitor
from vectorstore.cards import PaperCard

QUESTION = "How does GuardSpace keep a model safe during fine-tuning?"
CHAT = {"model": "scripted", "stream": True, "messages": [{"role": "user", "content": "Card: Wobble\n[1] It plans."}]}


# The scripted model


def test_the_paced_model_writes_no_faster_than_it_is_told() -> None:
    with PacedModel(tokens=20) as model:
        began = time.monotonic()
        text = httpx.post(f"{model.base_url}/chat/completions", json=CHAT, timeout=60).text
        assert time.monotonic() - began > (text.count("data:") - 4) / 20
        assert "data: [DONE]" in text
        assert model.ended == {"whole": 1}


def test_the_paced_model_fails_in_all_its_ways_where_it_always_fails() -> None:
    with PacedModel(tokens=1000, failing=1.0) as model:
        for _ in range(20):
            try:
                reply = httpx.post(f"{model.base_url}/chat/completions", json=CHAT, timeout=1)
                assert "[DONE]" not in reply.text
            except httpx.ReadTimeout:
                continue
        assert set(model.ended) == {"error", "cut", "silence"}


# The page under load


@pytest.fixture(scope="module")
def model() -> Iterator[PacedModel]:
    with PacedModel(tokens=2) as running:
        yield running


@pytest.fixture(scope="module")
def page(home: Path, model: PacedModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The page, with a model that writes slowly; where it keeps conversations is its own."""
    assistant = Assistant(Settings(home=home, openai_base_url=model.base_url, model="scripted"))
    assistant._conversations = ConversationLog(tmp_path_factory.mktemp("log") / "conversations.sqlite")
    assistant.answer(QUESTION, model=False)
    with Served(assistant, page=build_page, style=page_style()) as server:
        yield server


def test_fifty_answers_are_written_at_once(page: Served, model: PacedModel) -> None:
    async def all_ask() -> None:
        async with browsers(page.url) as client:
            site = await Site.of(client)
            visitors = [Visitor(client, site, f"many-{number}") for number in range(50)]
            asking = [asyncio.create_task(visitor.asks(QUESTION)) for visitor in visitors]
            until = time.monotonic() + 120
            while model.asked - model.ended.total() < 50 and time.monotonic() < until:
                await asyncio.sleep(0.1)
            at_once.append(model.asked - model.ended.total())
            for task in asking:
                task.cancel()

    at_once: list[int] = []
    asyncio.run(all_ask())
    assert at_once == [50]


def test_a_growing_answer_is_shown_as_gradio_would_show_it() -> None:
    described = gr.Chatbot(render=False).postprocess(
        [{"role": "user", "content": gr.HTML("<b>x</b>", apply_default_css=False, js_on_load=None, render=False)}]
    )
    assert described.model_dump() == [message("user", "<b>x</b>")]


def test_a_growing_answer_changes_nothing_but_the_chat(assistant: Assistant) -> None:
    blocks = build_page(assistant)
    asked = next(fn for fn in blocks.fns.values() if fn.api_name == "asked")
    chat = next(part for part in asked.outputs if isinstance(part, gr.Chatbot))
    grown = [message("assistant", "so far")]
    sent = asyncio.run(blocks.postprocess_data(asked, Growing(chat, grown), None))
    for part, change in zip(asked.outputs, sent, strict=True):
        assert change == (grown if part is chat else None if part.stateful else gr.skip())


def test_a_conversation_on_the_page_is_measured_up_to_its_first_words(assistant: Assistant) -> None:
    with Served(assistant, page=build_page, style=page_style()) as server:
        found = load(server.url, users=2, seconds=1, turns=2, page=True, questions=[QUESTION])
    assert found.errors == {}
    assert found.answers >= 2
    assert 0 < found.first_p50 <= found.text_p50 <= found.answer_p50


# What is checked after a run with faults


@pytest.fixture
def run(assistant: Assistant, tmp_path: Path) -> tuple[Path, Record]:
    """A conversation held on the page, one answer of it rated, and where it is kept."""
    own = Assistant(assistant.settings)
    own._conversations = ConversationLog.at_home(tmp_path)
    record = Record()

    async def held() -> None:
        async with browsers(server.url) as client:
            visitor = Visitor(client, await Site.of(client), "one")
            await visitor.opens()
            for question in (QUESTION, "How many papers mention HellaSwag?"):
                said = await visitor.asks(question)
                record.answers.append(Kept(question, said))
            await visitor.rates(said.turn, "up", "很好")
            record.ratings[said.turn] = ("up", "很好")

    with Served(own, page=build_page, style=page_style()) as server:
        asyncio.run(held())
    return tmp_path, record


def cards(assistant: Assistant) -> dict[str, PaperCard]:
    return {card.id: card for card in assistant.cards()}


def test_a_run_in_which_all_went_well_is_found_so(run: tuple[Path, Record], assistant: Assistant) -> None:
    home, record = run
    turns = turns_of(home, record)
    assert len(turns) == 2
    assert wrong_answers(record, turns, cards(assistant)) == []
    assert lost(record, turns) == []


def test_an_answer_that_shows_other_words_than_the_log_holds_is_wrong(
    run: tuple[Path, Record], assistant: Assistant
) -> None:
    home, record = run
    first = record.answers[0].said
    for changed in (first.html.replace('class="said"', 'class="said">Surely,<i', 1), _elsewhere(first.html)):
        shown = Said(**{**vars(first), "html": changed})
        record.answers[0] = Kept(QUESTION, shown)
        assert len(wrong_answers(record, turns_of(home, record), cards(assistant))) == 1


def _elsewhere(html: str) -> str:
    """The same with a chip that stands for other words."""
    before, _, after = html.partition('data-spans="')
    field, _, rest = after.partition(":")
    return f'{before}data-spans="{field}:1{rest}'


def test_an_answer_whose_card_says_otherwise_is_wrong(run: tuple[Path, Record], assistant: Assistant) -> None:
    home, record = run
    turns = turns_of(home, record)
    cited = turns[record.answers[0].said.turn].answer.citations[0]
    held = cards(assistant)
    held[cited.card_id] = held[cited.card_id].model_copy(update={cited.field: "Other words."})
    assert len(wrong_answers(record, turns, held)) == 1


def test_a_rating_and_an_answer_that_are_gone_count_as_lost(run: tuple[Path, Record]) -> None:
    home, record = run
    log = ConversationLog.at_home(home)
    log.rate(record.answers[1].said.turn, None)
    assert len(lost(record, turns_of(home, record))) == 1
    log.delete(record.answers[0].said.conversation)
    assert len(lost(record, turns_of(home, record))) == 3


def test_memory_that_grows_is_told_from_memory_that_has_grown() -> None:
    settled = [(float(second), 400.0 + min(second, 100)) for second in range(0, 600, 2)]
    assert growth(settled) == (pytest.approx(500), pytest.approx(0, abs=1e-6))
    growing = [(float(second), 400.0 + second / 6) for second in range(0, 600, 2)]
    assert growth(growing)[1] == pytest.approx(10)


def test_an_error_that_nobody_thought_of_is_found_in_a_log() -> None:
    assert traces("803 cards, ready after 3.0 s\nassistant.web.chat: a question could not be answered: ValueError") == 1
    assert traces("803 cards, ready after 3.0 s") == 0
