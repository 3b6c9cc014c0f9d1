"""Sentences are prepared for their check while the model writes on, each once and never twice for several cards."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from assistant import Assistant
from assistant.answering.ahead import Ahead
from assistant.answering.model import ChatModel
from assistant.answering.writing import Writer
from assistant.types import DraftClaim, Query
from assistant.verification import Checker
from vectorstore.cards import PaperCard

_DRAFT = "Wobble plans ahead. [1] It reaches 12.5% on Pebble. [2] It needs no labels. [1]"
_CLAIMS = ["Wobble plans ahead.", "It reaches 12.5% on Pebble."]


def _prepared(pieces: list[str]) -> list[str]:
    seen: list[str] = []
    both = threading.Semaphore(0)

    def about(claim: DraftClaim) -> None:
        seen.append(claim.text)
        both.release()

    with Ahead(about) as ahead:
        text = ""
        for piece in pieces:
            text += piece
            ahead.told(text)
        for _ in _CLAIMS:
            assert both.acquire(timeout=30)
    return seen


@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_every_finished_sentence_is_prepared_once_however_the_text_comes(size: int) -> None:
    seen = _prepared([_DRAFT[start : start + size] for start in range(0, len(_DRAFT), size)])
    assert seen[: len(_CLAIMS)] == _CLAIMS
    assert len(seen) == len(set(seen))


def test_a_failure_to_prepare_is_nobodys_concern() -> None:
    begun = threading.Event()

    def about(claim: DraftClaim) -> None:
        begun.set()
        raise ValueError(claim.text)

    with Ahead(about) as ahead:
        ahead.told(_DRAFT)
        assert begun.wait(30)


def test_what_is_begun_comes_before_any_sentence() -> None:
    seen: list[str] = []
    done = threading.Event()

    def about(claim: DraftClaim) -> None:
        seen.append(claim.text)
        done.set()

    with Ahead(about) as ahead:
        ahead.begin(lambda: seen.append("first"))
        ahead.told(_DRAFT)
        assert done.wait(30)
    assert seen[:2] == ["first", _CLAIMS[0]]


def test_a_draft_that_is_given_up_leaves_nothing_waiting() -> None:
    entered, leave = threading.Event(), threading.Event()
    seen: list[str] = []

    def about(claim: DraftClaim) -> None:
        seen.append(claim.text)
        entered.set()
        leave.wait(30)

    with Ahead(about) as ahead:
        ahead.told(_DRAFT)
        assert entered.wait(30)
    leave.set()
    ahead._pool.shutdown(wait=True)
    assert seen == _CLAIMS[:1]


def test_a_claim_checked_against_several_cards_is_embedded_once(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedder = assistant._collection.embedder
    embed, texts = embedder.embed_array, list[str]()

    def counted(given: list[str], **kind: str) -> object:
        texts.extend(given)
        return embed(given, **kind)  # type: ignore[arg-type]

    monkeypatch.setattr(embedder, "embed_array", counted)
    claim = "GuardSpace keeps the safety of a model while it is tuned by adapters in a null space."
    for card_id in ("align-a6ef98", "align-b13e90", "align-a6ef98"):
        assistant.verify(claim, [card_id])
    assert texts == [claim]


def test_the_writer_has_sentences_judged_and_vectors_fetched_before_the_draft_is_whole(assistant: Assistant) -> None:
    hits = assistant.search("How does GuardSpace keep a model safe during fine-tuning?", k=2)
    cards = {hit.card_id: assistant.card(hit.card_id) for hit in hits}
    fetched: list[list[str]] = []
    judged = threading.Semaphore(0)
    claims: list[tuple[str, list[str]]] = []

    class Noting(Checker):
        def remembering(self) -> Checker:
            return self

        def prepare(self, claim: str, cards: Sequence[PaperCard]) -> None:
            claims.append((claim, [card.id for card in cards]))
            judged.release()

    class Pausing(BaseChatModel):
        """Writes its last sentence only when the first one was judged."""

        @property
        def _llm_type(self) -> str:
            return "pausing"

        def _generate(self, *args: Any, **named: Any) -> ChatResult:
            raise NotImplementedError

        def _stream(self, *args: Any, **named: Any) -> Iterator[ChatGenerationChunk]:
            yield ChatGenerationChunk(message=AIMessageChunk("It keeps models safe. [1] And "))
            assert judged.acquire(timeout=30), "nothing was judged while the model wrote"
            yield ChatGenerationChunk(message=AIMessageChunk("it is fast. [1]"))

    writer = Writer(
        ChatModel(Pausing()), Noting, assistant.settings, lambda shown: fetched.append([card.id for card in shown])
    )
    query = Query(question="How?", standalone="How?", language="en")
    for _ in writer.written(query, (), hits, cards, []):
        pass
    assert claims[0] == ("It keeps models safe.", [hits[0].card_id])
    assert set(fetched[0]) <= set(cards)
    assert hits[0].card_id in fetched[0]
