"""What the assistant can be asked, said where someone greets it or asks."""

from collections.abc import Generator

from assistant.routes import Parts
from assistant.types import Answer, Event, EvidenceFound, Query, Step

_SUGGESTED = 3
_SAID = {
    "en": "Ask what the {number} paper cards say: about a method, a benchmark or a result, how two papers differ, "
    "what there is on a topic, or how many mention something.",
    "zh": "请就 {number} 张论文卡片的内容提问:某个方法、基准或结果,两篇论文的异同,某个主题有哪些研究,"
    "或有多少篇提到某个词。",
}


def introduced(query: Query, parts: Parts) -> Generator[Event, None, Answer | None]:
    """Answer small talk with what there is to ask."""
    yield Step(step="searching")
    hits = parts.collection.retriever().retrieve(query.standalone, k=_SUGGESTED).hits
    yield EvidenceFound(hits=hits)
    return Answer(
        text=_SAID[query.language].format(number=parts.collection.store.count()),
        status="insufficient_evidence",
        mode="catalog",
        language=query.language,
        suggestions=hits,
    )
