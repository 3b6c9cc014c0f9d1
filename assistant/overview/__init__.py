"""Topic overviews: the cards that are about something, by approach, each with a cited sentence on what it does."""

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING

from assistant.abstention import decide
from assistant.assembly import abstained, from_quotes
from assistant.comparison.citations import Citations
from assistant.comparison.table import name_of
from assistant.inert import inert
from assistant.overview.grouping import Group, grouped
from assistant.overview.ranking import Ranking, ranked
from assistant.overview.saying import sentence_of
from assistant.types import Answer, Claim, Event, EvidenceFound, Query, Step

if TYPE_CHECKING:
    from assistant.answering.extractive import SelectedSentence
    from assistant.routes import Parts
    from vectorstore.cards import PaperCard

__all__ = ["surveyed"]

_SHOWN = 10
_EVIDENCE = 10


def surveyed(query: Query, parts: "Parts") -> Generator[Event, None, Answer | None]:
    """Answer a question for what there is about a topic.

    Args:
        query: the question.
        parts: what it is answered with.
    """
    yield Step(step="searching")
    collection = parts.collection
    ranking = ranked(query.standalone, collection, query.filters, everything=query.show_all)
    retrieved = ranking.retrieved
    yield EvidenceFound(hits=list(ranking.hits[:_EVIDENCE]))
    decision = decide(query, retrieved.hits, retrieved.cards, collection.names(), retrieved.signals)
    if not decision.answer:
        return abstained(query, retrieved.hits, decision.reason)
    notes: list[str] = []
    if parts.writer is not None:
        about = list(ranking.hits[:_EVIDENCE])
        written = yield from parts.writer.written(query, parts.history, about, retrieved.cards, notes, evenly=True)
        if written is not None:
            return written if written.status != "answered" else _with_others(query, written, ranking, parts)
    yield Step(step="writing")
    return _listed(query, ranking, parts, notes)


def _listed(query: Query, ranking: Ranking, parts: "Parts", notes: Sequence[str]) -> Answer:
    """The overview in the cards' own sentences."""
    listed = ranking.hits[: ranking.about + ranking.near]
    shown = listed if query.show_all else listed[:_SHOWN]
    lines = _Lines(query, ranking, parts, Citations(ranking.retrieved.cards))
    cards = [ranking.retrieved.cards[hit.card_id] for hit in shown]
    about, near = cards[: ranking.about], cards[ranking.about :]
    paragraphs = [_counted(query, ranking)]
    groups = grouped(about, query.standalone, parts.collection.rarity)
    for group in groups:
        paragraphs.append(lines.of(group.cards, _heading(group, groups, query)))
    if near:
        paragraphs.append(lines.of(near, "与之相近" if query.language == "zh" else "Close to it"))
    if more := _more(query, ranking, len(shown)):
        paragraphs.append(more)
    return Answer(
        text="\n\n".join(paragraph for paragraph in paragraphs if paragraph),
        status="answered",
        mode="extractive",
        language=query.language,
        citations=lines.citations.all,
        claims=lines.claims,
        cards=[hit.card_id for hit in listed],
        notes=[*notes, *lines.marks()],
    )


def _with_others(query: Query, written: Answer, ranking: Ranking, parts: "Parts") -> Answer:
    """What a model wrote, and behind it the cards on the topic that it did not cite."""
    listed = ranking.hits[: ranking.about + ranking.near]
    shown = listed if query.show_all else listed[:_SHOWN]
    cited = {citation.card_id for citation in written.citations}
    others = [ranking.retrieved.cards[hit.card_id] for hit in shown if hit.card_id not in cited]
    lines = _Lines(query, ranking, parts, Citations(ranking.retrieved.cards, written.citations))
    heading = "其他相关卡片" if query.language == "zh" else "Other cards on this"
    paragraphs = [written.text, lines.of(others, heading) if others else "", _counted(query, ranking)]
    paragraphs.append(_more(query, ranking, len(shown)))
    ids = dict.fromkeys([hit.card_id for hit in listed])
    return written.model_copy(
        update={
            "text": "\n\n".join(paragraph for paragraph in paragraphs if paragraph),
            "citations": lines.citations.all,
            "claims": [*written.claims, *lines.claims],
            "cards": list(ids | dict.fromkeys(citation.card_id for citation in written.citations)),
            "notes": list(dict.fromkeys([*written.notes, *lines.marks()])),
        }
    )


class _Lines:
    """Writes one line for each card: its name and the sentence that says what it does about the topic."""

    def __init__(self, query: Query, ranking: Ranking, parts: "Parts", citations: Citations) -> None:
        self._query, self._cards = query, ranking.retrieved.cards
        listed = [self._cards[hit.card_id] for hit in ranking.hits[: ranking.about + ranking.near]]
        self._similarity = parts.collection.similarity(ranking.retrieved.vector, listed)
        self._selected: list[SelectedSentence] = []
        self.citations = citations
        self.claims: list[Claim] = []

    def of(self, cards: "Sequence[PaperCard]", heading: str) -> str:
        """A list under a heading; without one where that is empty."""
        lines = [line for card in cards if (line := self._line(card))]
        return "\n".join([f"**{heading}**\n", *lines] if heading else lines) if lines else ""

    def marks(self) -> list[str]:
        """Remarks on cards whose summaries disagree with their abstracts."""
        return from_quotes(self._query, self._selected, self._cards).notes

    def _line(self, card: "PaperCard") -> str:
        sentence = sentence_of(card, self._query.language, self._query.standalone, self._similarity)
        if sentence is None:
            return ""
        self._selected.append(sentence)
        claim = Claim(text=sentence.text, markers=[self.citations.marker(sentence.passage)], supported=True)
        self.claims.append(claim)
        return f"- **{name_of(card)}**{':' if self._query.language == 'zh' else ': '}{claim.text} [{claim.markers[0]}]"


def _heading(group: Group, groups: Sequence[Group], query: Query) -> str:
    if group.label or len(groups) == 1:
        return inert(group.label).replace("*", "")
    return "其他做法" if query.language == "zh" else "Other approaches"


def _counted(query: Query, ranking: Ranking) -> str:
    """How many cards there are, and how sure it is that these are all."""
    about, near = ranking.about, ranking.near
    if query.language == "zh":
        sure = (
            "其后的匹配度明显下降,直接相关的大概都在这里了。"
            if ranking.complete
            else "其后的匹配度下降不明显,可能还有遗漏。"
        )
        return f"找到 {about} 张直接相关的卡片{f',另有 {near} 张与之相近' if near else ''}。{sure}"
    cards = f"{about} card is" if about == 1 else f"{about} cards are"
    close = f", and {near} more {'comes' if near == 1 else 'come'} close" if near else ""
    sure = (
        "The match falls off clearly behind them, so these are probably all."
        if ranking.complete
        else "The match does not fall off clearly behind them, so there may be more."
    )
    return f"{cards} squarely about this{close}. {sure}"


def _more(query: Query, ranking: Ranking, shown: int) -> str:
    """How to see what is not shown."""
    left = ranking.about + ranking.near - shown
    if query.show_all or (left <= 0 and ranking.complete):
        return ""
    if query.language == "zh":
        return f"还有 {left} 张未列出;说“全部列出”即可查看。" if left > 0 else "说“全部列出”可以看到更远一些的卡片。"
    if left > 0:
        return f"{left} more {'is' if left == 1 else 'are'} not shown here; ask for all of them."
    return "Ask for all of them to see those a little further off."
