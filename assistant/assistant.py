"""The assistant: opens its parts on first use and takes a question to a verified answer."""

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.collection import Collection, IngestReport, Progress
from assistant.settings import Settings, load_settings
from assistant.types import Answer, Answered, CardHit, CardPoint, Event, Filters, Verdict
from vectorstore.cards import PaperCard
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

    from assistant.answering.model import ChatModel
    from assistant.answering.writing import Writer
    from assistant.catalog.browsing import Browsing
    from assistant.conversations import ConversationLog
    from assistant.verification import Checker

Message = Mapping[str, Any]


class Assistant:
    """Answers questions over the cards of one collection; safe to use from several threads.

    Args:
        settings: configuration; read from the environment when not given.
        embeddings: a LangChain embedder to use instead of the configured one.
        chat_model: a LangChain chat model to write with instead of the configured one.
        progress: called with (done, total, what) during long work; total 0 means not known.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        embeddings: "Embeddings | None" = None,
        chat_model: "BaseChatModel | None" = None,
        progress: Progress | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        self._chat_model = chat_model
        self._collection = Collection(self.settings, embeddings=embeddings, progress=progress)
        self._model: ChatModel | None = None
        self._checker: Checker | None = None
        self._conversations: ConversationLog | None = None
        self._lock = threading.RLock()

    # Answering

    def answer(
        self,
        question: str,
        *,
        history: Sequence[Message] = (),
        filters: Filters | Mapping[str, Any] | None = None,
        model: bool | None = None,
        show_all: bool = False,
    ) -> Answer:
        """Answer a question from the cards.

        Args:
            question: in English or Chinese.
            history: the conversation so far, messages in OpenAI's form, oldest first.
            filters: which cards may be used (`categories`, `tags`, `cards`).
            model: False answers without a language model even where one is configured.
            show_all: show lists and overviews to their end.

        Returns:
            The verified answer; `status` is `insufficient_evidence` where the cards do not say.

        Raises:
            UserError: the question is empty, or the store cannot be used.
        """
        for event in self.stream(question, history=history, filters=filters, model=model, show_all=show_all):
            if isinstance(event, Answered):
                return event.answer
        raise AssertionError("a stream ends with an answer")

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Message] = (),
        filters: Filters | Mapping[str, Any] | None = None,
        model: bool | None = None,
        show_all: bool = False,
    ) -> Iterator[Event]:
        """As `answer`, but step by step: what begins, evidence found, text so far (unverified), at last the answer."""
        from assistant.pipeline import answered
        from assistant.routes import Parts

        asked = _question(question)
        writes = self._writes() if model is None else model
        checker = self.checker if self.settings.premises else None
        parts = Parts(self._collection, checker, self._writer() if writes else None, history)
        yield from answered(asked, parts, _filters(filters), show_all=show_all)

    def _writes(self) -> bool:
        return self._chat_model is not None or self.settings.uses_model

    def _writer(self) -> "Writer":
        from assistant.answering.writing import Writer

        return Writer(self.model(), self.checker, self.settings, self._collection.fetch_vectors)

    def model(self) -> "ChatModel":
        """The language model that is configured or was given.

        Raises:
            UserError: none is.
        """
        from assistant.answering.model import ChatModel

        with self._lock:
            if self._model is None:
                settings = self.settings
                if self._chat_model is None and not settings.uses_model:
                    raise UserError(
                        "no language model is configured; set OPENAI_API_KEY, or OPENAI_BASE_URL for an "
                        "endpoint of your own, and ASSISTANT_MODEL to the model's name"
                    )
                self._model = ChatModel(
                    self._chat_model or settings.model_name,
                    base_url=settings.openai_base_url,
                    api_key=settings.openai_api_key,
                    timeout=settings.model_timeout,
                    max_tokens=settings.model_max_tokens,
                )
            return self._model

    def checker(self) -> "Checker":
        """The check that every sentence must pass."""
        from assistant.verification import Checker

        with self._lock:
            if self._checker is None:
                opinion = None
                if self.settings.verify == "llm" and self._writes():
                    from assistant.answering.opinion import second_opinion

                    opinion = second_opinion(self.model())
                collection = self._collection
                read = collection.supports if self.settings.verify != "rules" else None
                self._checker = Checker(collection.closeness, collection.rarity, opinion, read)
            return self._checker

    @property
    def conversations(self) -> "ConversationLog":
        """The log of conversations in the state folder; in memory alone where the settings keep none."""
        from assistant.conversations import ConversationLog

        with self._lock:
            if self._conversations is None:
                kept = self.settings.keep_conversations
                self._conversations = ConversationLog.at_home(self.settings.home) if kept else ConversationLog(None)
            return self._conversations

    # Looking things up

    def search(self, query: str, *, k: int = 10, filters: Filters | Mapping[str, Any] | None = None) -> list[CardHit]:
        """The cards nearest to a query, best first, each with its best passages.

        Args:
            query: words or a question, in English or Chinese.
            k: how many cards, 1 to 100.
            filters: which cards may be returned.

        Raises:
            UserError: the query is empty or `k` is out of range.
        """
        from assistant.understanding import understand

        if not 1 <= k <= 100:
            raise UserError(f"k is {k}; it must be from 1 to 100")
        asked = understand(_question(query), (), _filters(filters))
        return self._collection.retriever().retrieve(asked.standalone, k=k, filters=asked.filters).hits

    def verify(self, claim: str, card_ids: Sequence[str]) -> Verdict:
        """Check one claim against the cards it is said to rest on.

        Args:
            claim: one sentence, in English or Chinese.
            card_ids: ids of the cards.

        Returns:
            Whether they support it, the exact words that do, and why not where they do not.

        Raises:
            UserError: a card does not exist, or the claim is empty.
        """
        from assistant.understanding import clean
        from assistant.verification import verify

        return verify(clean(_question(claim)), [self.card(card_id) for card_id in card_ids], self.checker())

    def card(self, card_id: str) -> PaperCard:
        """One card.

        Raises:
            UserError: there is none of that id; names the nearest ids.
        """
        self._collection.ready()
        found = self._collection.store.get([card_id]).get(card_id)
        if found is not None:
            return found
        from rapidfuzz import process

        near = [name for name, _, _ in process.extract(card_id, self._collection.store.card_ids(), limit=3)]
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UserError(f"there is no card {card_id!r}{hint} (`assistant cards` lists them all)")

    def cards(
        self, *, category: str | None = None, tag: str | None = None, mentions: str | None = None
    ) -> list[PaperCard]:
        """Every card that meets all conditions, complete and in the collection's order.

        Args:
            category: a category's name in Chinese or English, or its id prefix.
            tag: a tag in any spelling.
            mentions: a term that must stand in the card's own text or tags (see `vectorstore.mentions`).

        Raises:
            UserError: the category is not one that the collection has.
        """
        from assistant.retrieval import where_of

        self._collection.ready()
        chosen = _filters({"categories": [category] if category else [], "tags": [tag] if tag else []})
        if mentions is None:
            return list(self._collection.store.cards(where_of(chosen or Filters())))
        from assistant.catalog.holdings import holdings_of

        holdings = holdings_of(self._collection)
        wanted = holdings.mentioning(mentions)
        return list(holdings.read([card for card in holdings.within(chosen or Filters()) if card.id in wanted]))

    def some_cards(self, most: int) -> list[PaperCard]:
        """Cards taken at random, in random order, without going through all of them.

        Args:
            most: how many; all where there are no more.
        """
        from assistant.catalog.holdings import holdings_of

        self._collection.ready()
        holdings = holdings_of(self._collection)
        return list(holdings.read(random.sample(holdings.cards, min(most, len(holdings.cards)))))

    def browsing(self) -> "Browsing":
        """The cards a page of rows at a time, as they are now."""
        from assistant.catalog.browsing import Browsing
        from assistant.catalog.holdings import holdings_of

        self._collection.ready()
        return Browsing(holdings_of(self._collection))

    def count(self) -> int:
        """How many cards there are."""
        self._collection.ready()
        return self._collection.store.count()

    def similar(self, card_id: str, *, k: int = 5) -> list[CardHit]:
        """The cards most like one card, best first.

        Args:
            card_id: the card.
            k: how many, 1 to 99.

        Raises:
            UserError: there is no such card.
        """
        self.card(card_id)
        found = self._collection.like(card_id, k)
        cards = self._collection.store.get([other for other, _ in found])
        return [
            CardHit(card_id=other, title=cards[other].title, score=round(cosine, 4))
            for other, cosine in found
            if other in cards
        ]

    def map(self) -> list[CardPoint]:
        """Every card as a point in two dimensions, in the collection's order."""
        points = self._collection.points()
        return [
            CardPoint(card_id=card.id, title=card.title, category=card.category, x=x, y=y)
            for card in self._collection.store.cards()
            if card.id in points
            for x, y in [points[card.id]]
        ]

    # The collection

    def ready(self, *, answering: bool = False) -> None:
        """Open everything now instead of at the first question; ingest the built-in corpus at first use.

        Args:
            answering: import what answering needs as well, on another core while the store reads its index.
        """
        if not answering:
            self._collection.ready()
            return
        from assistant.pipeline import import_ahead

        # What the store itself needs is imported before: two threads that import one package may each find half of it.
        _ = self._collection.store
        with ThreadPoolExecutor(1) as pool:
            pool.submit(import_ahead)
            self._collection.ready()

    def ingest(
        self,
        paths: Sequence[Path | str],
        *,
        prune: bool = False,
        force: bool = False,
        expand: bool = False,
        max_calls: int | None = None,
        progress: Progress | None = None,
    ) -> IngestReport:
        """Read card files and bring the collection up to them.

        Args:
            paths: files or folders of cards.
            prune: remove the cards that are not in them.
            force: go on where a section's count does not match its heading.
            expand: have the configured model write another wording and questions for each card.
            max_calls: how often the model may be asked for that; None means no limit.
            progress: called with (done, total, what).

        Raises:
            UserError: a file is not what it should be (nothing is ingested then), or the store fails.
        """
        cards, warnings = _read(paths, force)
        if expand:
            from assistant.expansion import expanded

            cards, said = expanded(_without_repeats(cards), self.model(), self._collection.aids, progress, max_calls)
            warnings += said
        report = self._collection.ingest(cards, prune=prune, progress=progress)
        return report.model_copy(update={"warnings": warnings})

    def status(self) -> dict[str, Any]:
        """What is open and configured, for `assistant doctor`."""
        self._collection.ready()
        store, settings = self._collection.store, self.settings
        return {
            "home": str(settings.home),
            "store": settings.store,
            "collection": settings.collection,
            "cards": store.count(),
            "passages": store.count_passages(),
            "embedder": self._collection.embedder.fingerprint,
            "keyword_index_in_step": self._collection.keywords.in_step_with(store),
            "model": settings.model_name if settings.uses_model else None,
            "base_url": settings.openai_base_url,
        }

    # Other people's chains

    def as_retriever(self, *, k: int = 10) -> "BaseRetriever":
        """A LangChain retriever whose documents are passages, card id and span in their metadata."""
        from assistant.chain import CardRetriever

        return CardRetriever(assistant=self, k=k)

    def as_runnable(self) -> "Runnable[Any, Answer]":
        """The whole chain as a LangChain `Runnable`: a question, or a dict with `question` and `history`, in."""
        from assistant.chain import runnable

        return runnable(self)

    # Asynchronous twins

    async def aanswer(self, question: str, **kwargs: Any) -> Answer:
        """`answer` without blocking the event loop."""
        return await asyncio.to_thread(self.answer, question, **kwargs)

    async def asearch(self, query: str, **kwargs: Any) -> list[CardHit]:
        """`search` without blocking the event loop."""
        return await asyncio.to_thread(self.search, query, **kwargs)

    async def astream(self, question: str, **kwargs: Any) -> AsyncIterator[Event]:
        """`stream` without blocking the event loop."""
        events = self.stream(question, **kwargs)
        while (event := await asyncio.to_thread(next, events, None)) is not None:
            yield event


def _question(text: str) -> str:
    from assistant.understanding import clean

    if not isinstance(text, str) or not clean(text):
        raise UserError("the question is empty; type what you want to know")
    return text


def _filters(given: Filters | Mapping[str, Any] | None) -> Filters | None:
    """Filters with every category under its own name.

    Raises:
        UserError: a key or a category is not known.
    """
    from pydantic import ValidationError

    from vectorstore.cards import category_named

    if given is None:
        return None
    try:
        filters = given if isinstance(given, Filters) else Filters.model_validate(given, extra="forbid")
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise UserError(
            f"filter {'.'.join(map(str, problem['loc']))}: {problem['msg']}; filters are categories, tags and cards"
        ) from None
    return filters.model_copy(update={"categories": tuple(category_named(name) for name in filters.categories)})


def _read(paths: Sequence[Path | str], force: bool) -> tuple[Sequence[PaperCard], list[str]]:
    """The cards of some files or folders and warnings about them; no file's cards stay in memory behind the next's."""
    from vectorstore.readers import iter_card_files, read_cards
    from vectorstore.spool import CardSpool

    cards, warnings = CardSpool(), list[str]()
    for path in iter_card_files([Path(path) for path in paths]):
        file = read_cards(path, force=force)
        cards.extend(file.cards)
        warnings += file.warnings
        file.cards.clear()
    return cards, warnings


def _without_repeats(cards: Sequence[PaperCard]) -> list[PaperCard]:
    return list({card.id: card for card in cards}.values())
