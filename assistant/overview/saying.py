"""The one sentence of a card that says what it does about a topic."""

from collections.abc import Callable, Sequence

from assistant.answering.extractive import SelectedSentence
from assistant.comparison.rows import METHOD, fit, short_name
from assistant.inert import inert
from vectorstore.cards import PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.latex import readable
from vectorstore.passages import Language

# Cosine of the topic to a sentence, less the mean over the card, beside how well the sentence says what is done.
_NEARNESS = 8.0
_SPOKEN = 2.0


def sentence_of(
    card: PaperCard, language: Language, wording: str, similarity: Callable[[str, Sequence[str]], Sequence[float]]
) -> SelectedSentence | None:
    """What a card does about a topic, in the language where it says so in it.

    Args:
        card: the card.
        language: of the question.
        wording: the question, stand-alone.
        similarity: cosine of the question to texts.

    Returns:
        None where the card has no sentence that may be quoted.
    """
    passages = quotable_passages(card)
    if not passages:
        return None
    abstract = [passage for passage in passages if passage.field == "abstract"]
    cosines = similarity(wording, [passage.text for passage in passages])
    mean = sum(cosines) / len(cosines)

    def worth(place: int) -> float:
        passage = passages[place]
        spoken = _SPOKEN if passage.language == language else 0.0
        return fit(METHOD, passage, abstract, short_name(card)) + _NEARNESS * (cosines[place] - mean) + spoken

    best = passages[max(range(len(passages)), key=worth)]
    return SelectedSentence(inert(readable(best.text)), best)
