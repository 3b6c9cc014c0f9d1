"""How good an answer is: the gold cards it cites, the key facts it holds, exact lists and counts, its language."""

import re
from collections.abc import Sequence

from assistant.types import Answer
from evals import figures
from evals.datasets.models import BaseQuestion, Count, List, Topic
from evals.metrics.ranking import ranking_values
from vectorstore.language import language_of

_MARKER = re.compile(r"\[\d{1,4}\]")
# What each kind of item has to be taken for; a question that nothing answers may be of any.
_KINDS = {
    "single": "single",
    "typo": "single",
    "compare": "compare",
    "topic": "topic",
    "list": "list",
    "count": "count",
}
_SILENT = re.compile(r"[\s\-_]+")
# A name with digits in it and nothing else, such as GPT-5 or wd1.
_BARE_NAME = re.compile(r"[A-Za-z][A-Za-z+.\-]*\d[\w+.\-]*")


def answer_values(question: BaseQuestion, answer: Answer) -> dict[str, float]:
    """Score one answer to a question that the cards can answer.

    Args:
        question: with its gold.
        answer: what came back.

    Returns:
        `answered`, `language` and, where there is but one right kind, `kind`; for list and count questions
        `list_exact`, `list_recall`, `list_precision` or `count_exact`; for the others `gold_first`, `gold_cited` and,
        where the question has key facts with digits, `facts` and `all_facts`; for topics `topic_recall@10` and
        `topic_ndcg@10` of the cards that the answer names, in its order.
    """
    answered = answer.status == "answered"
    values = {"answered": float(answered), "language": in_language(question, answer)}
    if question.kind in _KINDS:
        values["kind"] = float(answer.kind == _KINDS[question.kind])
    if isinstance(question, List):
        return values | _list_values(question.gold, answer)
    if isinstance(question, Count):
        return values | {"count_exact": float(_counts(len(question.gold), answer))}
    cited = [citation.card_id for citation in answer.citations]
    values["gold_first"] = float(bool(cited) and cited[0] in question.gold)
    values["gold_cited"] = len(set(cited) & set(question.gold)) / len(question.gold)
    if isinstance(question, Topic):
        ranked = ranking_values([(question, answer.cards if answered else [])])[0]
        values |= {f"topic_{name}": ranked[name] for name in ("recall@10", "ndcg@10")}
    facts = literal_facts(question.key_facts)
    if facts:
        held = [fact_stands(fact, answer.text) if answered else False for fact in facts]
        values |= {"facts": sum(held) / len(held), "all_facts": float(all(held))}
    return values


def in_language(question: BaseQuestion, answer: Answer) -> float:
    """1 where an answer, or a refusal, is in the question's language.

    Of a catalogue that is what it says itself: titles and the words that show a mention are as the cards have them.
    """
    said = words(answer).partition("\n")[0] if answer.mode == "catalog" else words(answer)
    return float(language_of(said) == question.lang)


def words(answer: Answer) -> str:
    """The answer without its markers."""
    return _MARKER.sub("", answer.text)


def literal_facts(key_facts: Sequence[str]) -> list[str]:
    """The key facts that can be looked for literally: figures, and bare names with digits in them."""
    return [fact for fact in key_facts if _BARE_NAME.fullmatch(fact) or figures.amounts(fact, in_names=False)]


def fact_stands(fact: str, text: str) -> bool:
    """Whether a key fact stands in a text.

    It does where its characters do, case, blanks and hyphens aside; or, unless it is a bare name, where
    every figure of it does: percentages as percentages, multiples by value (`2.5M` is `250万`).
    """
    shown = _MARKER.sub(" ", text)
    if _literal(fact).search(_folded(shown)):
        return True
    if _BARE_NAME.fullmatch(fact):
        return False
    wanted = {(amount.value, amount.percent) for amount in figures.amounts(fact, in_names=False)}
    held = {(value, amount.percent) for amount in figures.amounts(shown) for value in (amount.digits, amount.value)}
    return bool(wanted) and wanted <= held


def _literal(fact: str) -> re.Pattern[str]:
    """A pattern for a fact's characters; its first and last digit may not be part of a longer number."""
    characters = _SILENT.sub("", _folded(fact))
    pattern = r"[\s\-_]*".join(re.escape(character) for character in characters)
    before = r"(?<![\d.])" if characters[:1].isdigit() else ""
    after = r"(?!\.?\d)" if characters[-1:].isdigit() else ""
    return re.compile(before + pattern + after)


def _folded(text: str) -> str:
    return figures.plain(text).casefold().replace("×", "x").replace("percent", "%")


def _list_values(gold: Sequence[str], answer: Answer) -> dict[str, float]:
    wanted, given = set(gold), set(answer.cards)
    both = len(wanted & given)
    return {
        "list_exact": float(wanted == given),
        "list_recall": both / len(wanted) if wanted else float(not given),
        "list_precision": both / len(given) if given else float(not wanted),
    }


def _counts(number: int, answer: Answer) -> bool:
    """Whether an answer gives this number, in its words and by the cards it counted."""
    if answer.status != "answered":
        return number == 0
    return len(set(answer.cards)) == number and (str(number), False) in figures.written(words(answer))
