"""The assistant in other people's chains, and with their embedders."""

import asyncio
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnableLambda, RunnablePassthrough
from own_cards import own_assistant, record, settings, write_cards

from assistant import Assistant
from assistant.types import Answer
from evals.guarantees import check_guarantees
from vectorstore.errors import UserError

ASKED = "What does Wobble3 reach on the Pebble test?"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    """An assistant on six cards of its own."""
    folder = tmp_path_factory.mktemp("chain")
    assistant = own_assistant(folder / "home")
    assistant.ingest([write_cards(folder / "mine.jsonl", [record(number) for number in range(6)])])
    return assistant


def test_the_retriever_gives_passages_with_their_card_and_exact_place(own: Assistant) -> None:
    retriever = own.as_retriever(k=2)
    assert isinstance(retriever, BaseRetriever)
    documents = retriever.invoke(ASKED)
    assert documents[0].metadata["card_id"] == "own-3"
    assert len({document.metadata["card_id"] for document in documents}) == 2
    for document in documents:
        told = document.metadata
        card = own.card(told["card_id"])
        assert card.text(told["field"])[told["start"] : told["end"]] == document.page_content
        assert told["title"] == card.title
        assert told["language"] == "en"
        assert told["score"] > 0


def test_the_retriever_works_in_all_the_ways_of_langchain(own: Assistant) -> None:
    retriever = own.as_retriever()
    documents = retriever.invoke(ASKED)
    assert asyncio.run(retriever.ainvoke(ASKED)) == documents
    assert retriever.batch([ASKED, "Wobble5"])[0] == documents
    assert asyncio.run(retriever.abatch([ASKED]))[0] == documents

    def joined(found: list[Document]) -> str:
        return "\n".join(document.page_content for document in found)

    chain = {"context": retriever | joined, "question": RunnablePassthrough()} | ChatPromptTemplate.from_messages(
        [("human", "{context}\n\n{question}")]
    )
    assert "It reaches 3.5 points on the Pebble test" in chain.invoke(ASKED).to_string()


def test_the_runnable_gives_verified_answers_and_composes(own: Assistant) -> None:
    chain = own.as_runnable()
    assert isinstance(chain, Runnable)
    answer = chain.invoke(ASKED)
    assert isinstance(answer, Answer)
    assert answer.citations[0].card_id == "own-3"
    check_guarantees(answer, own.card)
    assert asyncio.run(chain.ainvoke(ASKED)) == answer
    assert chain.batch([ASKED, "Who is the queen of Sweden?"])[1].status == "insufficient_evidence"
    assert list(chain.stream(ASKED)) == [answer]
    texts = RunnableLambda(str.strip) | chain | (lambda given: given.text) | StrOutputParser()
    assert texts.invoke(f"  {ASKED} ") == answer.text


def test_the_runnable_takes_a_mapping_as_chains_hand_it_on(own: Assistant) -> None:
    chain = own.as_runnable()
    for number in (2, 4):
        asked = {"question": f"What does Wobble{number} reach?", "filters": {"cards": [f"own-{number}"]}, "run": 7}
        assert {citation.card_id for citation in chain.invoke(asked).citations} == {f"own-{number}"}
    said = "It reaches 3.5 points."
    openai = [{"role": "user", "content": ASKED}, {"role": "assistant", "content": said}]
    langchain = [HumanMessage(ASKED), AIMessage([{"type": "text", "text": said}])]
    later = "And who stays behind it?"
    answers = [chain.invoke({"question": later, "history": history}) for history in (openai, langchain, tuple(openai))]
    assert answers[0] == answers[1] == answers[2]
    assert chain.invoke({"question": ASKED, "history": None}) == chain.invoke(ASKED)


@pytest.mark.parametrize("asked", [{}, {"question": " "}, {"input": ASKED}, ""])
def test_an_input_without_a_question_is_one_plain_error(own: Assistant, asked: object) -> None:
    with pytest.raises(UserError, match="question is empty"):
        own.as_runnable().invoke(asked)


def test_any_langchain_embedder_may_be_put_in(tmp_path: Path) -> None:
    mine = write_cards(tmp_path / "mine.jsonl", [record(number) for number in range(6)])
    embeddings = DeterministicFakeEmbedding(size=48)
    assistant = Assistant(settings(tmp_path / "home"), embeddings=embeddings)
    assert assistant.ingest([mine]).added == 6
    passage = "It reaches 3.5 points on the Pebble test with the plain setting."
    title = assistant.card("own-3").title
    assert assistant._collection.store.vectors(["own-3"])["own-3"][passage] == pytest.approx(
        assistant._collection.embedder.embed_array([f"{title}\n{passage}"])[0], abs=1e-6
    )
    answer = assistant.answer("How many points does Wobble3 reach on the Pebble test?")
    check_guarantees(answer, assistant.card)
    again = Assistant(settings(tmp_path / "home"), embeddings=embeddings)
    assert again.ingest([mine]).unchanged == 6
    assert again.answer("How many points does Wobble3 reach on the Pebble test?") == answer
