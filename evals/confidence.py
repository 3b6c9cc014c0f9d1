"""How sure the assistant is that the cards answer a question: what its decision to refuse rests on."""

import math

from assistant.abstention import strength
from assistant.retrieval import Retriever
from assistant.understanding import understand


def signals_of(question: str, retriever: Retriever) -> dict[str, float]:
    """The signals of one question, and `confidence`: the chance, 0 to 1, that the collection is about it.

    Args:
        question: as asked, with nothing before it.
        retriever: over the collection that is asked.
    """
    seen = retriever.retrieve(understand(question).standalone).signals
    return {
        "passage": round(seen.passage, 4),
        "keyword": round(seen.keyword, 4),
        "confidence": round(1 / (1 + math.exp(-strength(seen))), 4),
    }
