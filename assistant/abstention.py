"""Whether the cards can answer a question at all; a refusal says why."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.inert import inert
from assistant.names import NameIndex, fold, looks_like_name
from assistant.retrieval import RetrievalSignals
from assistant.types import CardHit, Query
from assistant.understanding.presupposed import presupposed
from vectorstore.cards import FIELDS, PaperCard
from vectorstore.latex import readable

if TYPE_CHECKING:
    from assistant.verification import Checker

# So surely a question names a card.
_NAMED = 0.7


@dataclass(frozen=True)
class Decision:
    """Whether to answer, and one sentence in the question's language why not."""

    answer: bool
    reason: str = ""


@dataclass(frozen=True)
class _Attribute:
    """Something that questions ask for and cards seldom say.

    Args:
        name: what it is called in a reason, in English and Chinese.
        asked: words of a question that ask for it.
        said: words of a card that say it; None where no card ever does.
    """

    name: tuple[str, str]
    asked: re.Pattern[str]
    said: re.Pattern[str] | None


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ATTRIBUTES = (
    _Attribute(
        ("its authors", "作者信息"),
        _words(
            r"\bwho (?:wrote|are the authors?|is the (?:first |lead |corresponding )?author)|"
            r"\bauthors?\b.*\b(?:who|which|from|name)|"
            r"which (?:lab|university|institution|company|group|team)\b.*(?:from|behind|wrote|publish)|affiliat|"
            r"第一作者|通讯作者|作者是谁|作者(?:来自|有哪些)|哪(?:所|个)(?:学校|大学|高校|机构|实验室)|"
            r"哪家(?:公司|机构)(?:做|发|提出)"
        ),
        None,
    ),
    _Attribute(
        ("a licence", "许可证"),
        _words(r"\blicen[cs]|许可证|开源协议|许可协议|什么协议"),
        _words(r"\blicen[cs]e|apache[- ]2|\bMIT licen|许可证|开源协议"),
    ),
    _Attribute(
        ("where or when it was published", "发表时间或会议"),
        _words(
            r"\b(?:which|what) (?:conference|journal|venue)|(?:when|where) (?:was|were|"
            r"is) (?:\S+ ){0,8}(?:published|presented|accepted)|"
            r"how many (?:times .*cited|citations)|(?:what|which) year|哪年|哪一年|何时发表|什么时候发表|"
            r"哪个会议|哪个期刊|被引"
        ),
        None,
    ),
    _Attribute(
        ("what its training cost", "训练成本"),
        _words(
            r"\b(?:gpu|h100|a100|h200|tpu|v100)s?[- ]?(?:hours?|days?|weeks?)|how many (?:gpu|h100|a100|h200|"
            r"tpu|graphics card)s?\b|"
            r"(?:dollars?|usd|money|electricity|carbon)\b.{0,40}\btrain|\btrain\w*\b.{0,40}(?:dollars?|usd|"
            r"money|electricity|carbon)\b|"
            r"how (?:long|many (?:days|hours|weeks)) (?:did|does|do) .{0,40}\b(?:train|take)|多少(?:张|块|"
            r"个) ?(?:GPU|显卡|卡|H100|A100)|"
            r"(?:花|用)了?(?:多久|几天|多少天|多长时间|多少钱)|训练(?:成本|费用|时长)|多少(?:美元|美金|人民币|"
            r"钱)|GPU ?(?:小时|时)"
        ),
        _words(
            r"\b(?:gpu|h100|a100|h200|tpu|v100|4090)s?[- ]?(?:hours?|days?|weeks?)|\d+ ?(?:×|"
            r"x)? ?(?:nvidia )?(?:h100|a100|h200|v100|4090|gpus?|"
            r"tpus?)\b|(?:single|one|two|four|eight) (?:nvidia )?(?:gpu|a100|h100|consumer)|\$ ?\d|\bUSD\b|"
            r"dollars?|美元|"
            r"GPU ?(?:小时|时|天)|\d+ ?(?:张|块) ?(?:GPU|卡|A100|H100)|\b(?:hours?|days?)\b|小时|\d ?天|carbon|energy"
        ),
    ),
    _Attribute(
        ("its number of parameters or memory use", "参数量或显存占用"),
        _words(
            r"how many parameters|parameter count|how much (?:gpu |v?ram|memory)\b.*\b(?:need|take|require|"
            r"use)|多少参数|参数量|显存"
        ),
        _words(r"\d(?:\.\d+)? ?[BM]\b|parameters?\b|memory|\bGB\b|参数|显存|内存"),
    ),
    _Attribute(
        ("a clinical trial or human subjects", "临床试验或受试者"),
        _words(
            r"clinical trial|how many (?:real )?(?:\w+ )?(?:patients|participants|volunteers)|临床试验|"
            r"多少(?:名|位)(?:患者|病人|受试者)"
        ),
        _words(r"clinical trial|patients|participants|volunteers|user study|患者|病人|受试者|参与者"),
    ),
)

_GREETING = _words(
    r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|thanks?(?: you)?|thank you|bye|ok(?:ay)?|test|"
    r"who are you|how are you|你好|您好|谢谢|再见|在吗|你是谁|早上好|晚上好)\W*$"
)
_SCORE = _words(
    r"\b(?:score|accuracy|results?|performance|perform|rate|error|achieve|reach|get)\w*\b|"
    r"\b(?:do|does|fares?) on\b|多少分|得分|准确率|"
    r"成绩|结果|表现|分数|多少"
)


def decide(
    query: Query,
    hits: Sequence[CardHit],
    cards: Mapping[str, PaperCard],
    names: NameIndex,
    signals: RetrievalSignals,
) -> Decision:
    """Answer or refuse, before anything is written.

    Refusing what the cards do answer is worse than an answer that says little, so each rule needs positive
    grounds: a name that no card has, a thing asked for that the card named does not speak of, or a question
    that nothing in the collection is near.

    Args:
        query: the question.
        hits: ranked cards.
        cards: the cards by id.
        names: the names that the collection uses.
        signals: how good the best of what was found is.
    """
    zh = query.language == "zh"
    if _GREETING.match(query.question):
        return _refused(zh, "Ask what the papers say, for example about a method, a benchmark or a result.",
                        "请就论文内容提问,例如某个方法、基准或结果。")  # fmt: skip
    if not hits:
        return _refused(zh, "No card matches the question and its filters.", "没有卡片符合该问题及其筛选条件。")
    unknown = names.unknown_names(query.question)
    if unknown:
        return _refused(zh, f"No card mentions {', '.join(unknown)}.", f"没有卡片提到 {'、'.join(unknown)}。")
    best = cards[hits[0].card_id]
    found = {hit.card_id for hit in hits}
    named = _named(query, names)
    if query.filters and named and not found.intersection(named):
        return _refused(zh, "What it asks about is outside the filters.", "所问的内容不在筛选范围之内。")
    for attribute in _ATTRIBUTES:
        if attribute.asked.search(query.question) and not (attribute.said and attribute.said.search(_text(best))):
            return _refused(zh, f"The nearest card does not give {attribute.name[0]}.",
                            f"最接近的卡片没有给出{attribute.name[1]}。")  # fmt: skip
    if named == [best.id] and _SCORE.search(query.question):
        absent = _absent(query.question, best, names)
        if absent:
            return _refused(zh, f"The card does not mention {', '.join(absent)}.",
                            f"该卡片没有提到 {'、'.join(absent)}。")  # fmt: skip
    if not named and not names.knows_one(query.question) and strength(signals) < 0:
        return _refused(zh, "Nothing in the collection is about this.", "资料库中没有与此相关的内容。")
    return Decision(True)


def decide_on_premise(
    query: Query,
    hits: Sequence[CardHit],
    cards: Mapping[str, PaperCard],
    names: NameIndex,
    checker: "Callable[[], Checker]",
) -> Decision:
    """Refuse a question that takes for granted what the one card it names does not say ("why does X need Y?").

    Args:
        query, hits, cards, names: as for `decide`, which found no fault with them.
        checker: gives the check of claims; needed for few questions.

    Raises:
        StoreError: the check's network cannot be prepared.
    """
    said = presupposed(query.standalone)
    if not said or _named(query, names) != [hits[0].card_id]:
        return Decision(True)
    if not checker().contests(said, [cards[hits[0].card_id]]):
        return Decision(True)
    said = inert(said)
    return _refused(
        query.language == "zh",
        f"Its card does not bear out what the question takes for granted: “{said}”.",
        f"相应卡片并不支持问题所默认的前提:“{said}”。",
    )


def strength(signals: RetrievalSignals) -> float:
    """How near the collection comes to a question: log odds that it is about it; below 0 it is refused.

    Fitted by logistic regression on the development questions and on off-subject ones, over the full cards and over
    the same cards without anything that helps to find them.
    """
    return 117.5 * signals.passage + 6.7 * signals.keyword - 103.4


def _named(query: Query, names: NameIndex) -> list[str]:
    return [card_id for card_id, sureness in names.cards_named(query.standalone).items() if sureness >= _NAMED]


def _absent(question: str, card: PaperCard, names: NameIndex) -> list[str]:
    """Names in a question about one card that stand nowhere in it: data sets it was not tested on, mostly."""
    held = fold(_text(card))
    return [
        token
        for token in dict.fromkeys(names.tokens(question))
        if looks_like_name(token)
        and len(fold(token)) >= 3
        and fold(token).rstrip("s") not in held
        and card.id not in names.cards_named(token)
    ]


def _text(card: PaperCard) -> str:
    texts = [card.title, *card.tags, *card.aid.questions]
    return "\n".join([*texts, *(readable(part.text(name)) for part in (card, card.aid) for name in FIELDS)])


def _refused(zh: bool, english: str, chinese: str) -> Decision:
    return Decision(False, chinese if zh else english)
