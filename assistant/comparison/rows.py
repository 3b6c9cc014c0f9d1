"""The rows of a comparison: for each thing that readers set side by side, the sentence of a card that says it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from assistant.comparison.measured import data_in
from assistant.names import fold, own_name
from vectorstore.cards import FieldName, PaperCard
from vectorstore.disagreements import quotable_passages
from vectorstore.latex import readable
from vectorstore.passages import Language, Passage

_LONG = 600
_LONG_FORM = re.compile(r"(?<=\S)\s*\([^()]*\)$")
# What sentences score at least that are shown; below it the card is said to be silent.
_LEAST = 0.7
# So much better is a sentence that is worth repeating.
_SURER = 0.5
_RESULT = re.compile(r"\d\s?\\?(?:%|[x×](?![A-Za-z])|倍|个?百分点|points?\b|percent|pp\b)")
_FIGURE = re.compile(r"(?<![A-Za-z\d.-])\d+(?:[.,]\d+)*")


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        headings: in English and Chinese.
        fields: how much a field speaks for its sentences.
        said: words of sentences that say it.
        plainly: words of sentences that say nothing but it.
        unsaid: words of sentences that say something else.
        place: where in an abstract it stands, from 0 (first) to 1 (last); None anywhere.
        figures: sentences with results in figures say it.
        names: sentences that name data sets or models say it.
        asked: words of questions for which the row is there; None is always there.
        only_said: a field alone does not make a sentence say it.
        own: sentences that call the paper's method by its name say it, unless they give results.
    """

    headings: Mapping[Language, str]
    said: re.Pattern[str]
    fields: Mapping[FieldName, float] = field(default_factory=dict)
    plainly: re.Pattern[str] | None = None
    unsaid: re.Pattern[str] | None = None
    place: float | None = None
    figures: bool = False
    names: bool = False
    asked: re.Pattern[str] | None = None
    only_said: bool = False
    own: bool = False


_PROPOSED = (
    r"\bwe (?:propose|introduce|present|design|develop|describe|build|release)\b|\b(?:proposes|introduces|presents|"
    r"is an? (?:new|novel|simple|training-free)?)\b|\bthis (?:paper|work) (?:proposes|introduces|presents)|"
    r"提出|设计了|引入|构建"
)
_PROBLEM = Row(
    {"en": "Problem", "zh": "要解决的问题"},
    _words(
        r"\b(?:however|but|yet|challeng\w*|limit\w*|lack\w*|fail\w*|suffer\w*|costly|expensive|bottleneck|struggl\w*|"
        r"problem|remains?|despite|hinder\w*|difficult\w*|inefficien\w*|often|overhead|prohibitive\w*|degrad\w*|"
        r"erod\w*|easily|vulnerab\w*|unstable|instabilit\w*|unreliabl\w*|brittle\w*|rarely|cannot|ignor\w*|neglect\w*|"
        r"poor\w*|wast\w*|harm\w*|slow\w*)\b|"
        r"但|难以|不足|缺乏|问题|受限|瓶颈|代价|挑战|浪费|昂贵"
    ),
    {"problem": 1.6, "motivation": 1.0},
    unsaid=_words(_PROPOSED + r"|\b(?:experiments?|results show|achiev\w*|outperform\w*)\b"),
    place=0.1,
)
METHOD = Row(
    {"en": "Method", "zh": "方法"},
    _words(
        _PROPOSED + r"|\b(?:framework|method|approach|consists?|first|then|by \w+ing|using|via)\b|通过|利用|采用|框架"
    ),
    {"method": 1.6, "tldr": 0.8, "problem": -2.0, "motivation": -2.0},
    _words(_PROPOSED),
    _words(r"\b(?:experiments?|results show|outperform\w*|however)\b"),
    place=0.4,
    own=True,
)
_TESTED = Row(
    {"en": "Tested on", "zh": "测试对象"},
    _words(
        r"\b(?:experiments?|evaluat\w*|benchmarks?|across|tested|data ?sets?|tasks|on (?:the )?[A-Z]\w*[A-Z\d])|"
        r"实验|评测|测试|基准|数据集|任务|在.{1,30}上"
    ),
    {"experiments": 1.6},
    place=0.9,
    names=True,
)
_RESULTS = Row(
    {"en": "Headline results", "zh": "主要结果"},
    _words(
        r"\b(?:achiev\w*|improv\w*|outperform\w*|reduc\w*|reach\w*|gains?|faster|speed-?ups?|surpass\w*|accuracy|"
        r"cut\w*|lower\w*|sav\w*|exceed\w*|match\w*|beats?|higher|fewer|less|loses?|remains?|ahead|raises?|drops?|"
        r"up to)\b|提升|提高|降低|减少|达到|优于|超过|加速|节省|倍"
    ),
    {"experiments": 0.8, "contribution": 0.2, "problem": -2.0, "motivation": -2.0},
    place=0.95,
    figures=True,
)
_TRADE_OFFS = Row(
    {"en": "Trade-offs", "zh": "代价与取舍"},
    _words(
        r"\btrade-?offs?\b|\bat the (?:cost|expense)|\boverhead\b|\blimitations?\b|\bslight(?:ly)?\b|\bmarginal\b|"
        r"\bwithout (?:any |additional |extra |further )*(?:loss|sacrific\w*|degrad\w*|hurting|retraining|training|"
        r"fine-?tuning|compromis\w*|harming|performance)|\btraining-free\b|\b(?:no|little|negligible|minimal) (?:extra|"
        r"additional|loss|overhead|accuracy|performance)|\b(?:requires?|needs?) (?:only|additional|extra|no)\b|"
        r"\bonly (?:an? )?\d[\d.]*\s?\\?% (?:\w+ )?(?:loss|drop|degradation)|\bperformance (?:loss|drop|degradation)\b|"
        r"代价|开销|无需|不需要|免训练|额外|牺牲|局限|权衡|折中|(?:精度|性能|准确率)(?:的)?(?:损失|下降)|不增加"
    ),
    # What is said of the problem is said of others' work.
    fields={"problem": -2.0, "motivation": -2.0},
    unsaid=_words(_PROPOSED + r"|\b(?:existing|prior|previous|current) \w+|现有|已有|以往"),
    only_said=True,
    place=0.8,
)
_TRAINING = Row(
    {"en": "Training", "zh": "是否训练"},
    _words(r"\btrain(?:ed|ing|s)?\b|\bfine-?tun\w*|\bzero-shot\b|gradient|训练|微调|零样本|梯度"),
    {"method": 0.5},
    asked=_words(r"\b(?:needs?|requires?|without|any) (?:\w+ )?(?:training|fine-?tuning)|training|fine-?tun|训练|微调"),
    only_said=True,
)
_COST = Row(
    {"en": "Cost", "zh": "成本"},
    _words(
        r"\b(?:memory|latenc\w*|speed\w*|overhead|GPUs?|costs?|throughput|faster|tokens?|FLOPs|compute)\b|"
        r"显存|内存|延迟|加速|开销|成本|吞吐|算力|token"
    ),
    {"experiments": 0.4, "problem": -2.0, "motivation": -2.0},
    figures=True,
    asked=_words(
        r"\b(?:cost|memory|latency|speed|fast\w*|slow\w*|cheap\w*|expensive|save[sd]?|savings?|throughput|"
        r"overhead)|多快|快|省|开销|成本|显存|内存|延迟|加速|吞吐|贵|便宜"
    ),
    only_said=True,
)
_ALWAYS = (_PROBLEM, METHOD, _TESTED, _RESULTS, _TRADE_OFFS)
_WHEN_ASKED = (_TRAINING, _COST)


def rows_for(question: str) -> list[Row]:
    """The rows of a comparison, those last that only this question asks for."""
    return [*_ALWAYS, *(row for row in _WHEN_ASKED if row.asked and row.asked.search(question))]


def short_name(card: PaperCard) -> str:
    """What a card calls its own method in its sentences; empty where it has no name for it."""
    return _LONG_FORM.sub("", own_name(card) or "")


def reports(row: Row) -> bool:
    """Whether a row's sentences hold figures, or the data that they come from."""
    return row.figures or row.names


def says(card: PaperCard, rows: Sequence[Row], language: Language) -> list[Passage | None]:
    """For each row the sentence of a card that says it best, in the language where the card has one; None where silent.

    No sentence stands in two rows where another would do.

    Args:
        card: the card.
        rows: the rows.
        language: of the question.
    """
    passages = quotable_passages(card)
    name = short_name(card)
    abstract = [passage for passage in passages if passage.field == "abstract"]
    scores = {
        (row, place): fit(one, passage, abstract, name)
        for row, one in enumerate(rows)
        for place, passage in enumerate(passages)
    }
    spoken = {place for place, passage in enumerate(passages) if passage.language == language}
    # The language counts for more than that no sentence stands in two rows.
    chosen = _assigned(scores, {}, lambda place: place in spoken)
    chosen |= _again(scores, chosen, lambda place: place in spoken, _LEAST + 0.1)
    chosen = _assigned(scores, chosen, lambda place: place not in spoken)
    chosen = _again(scores, {}, lambda place: place in spoken, _LEAST) | chosen
    chosen = _again(scores, {}, lambda place: True, _LEAST) | chosen
    return [passages[chosen[row]] if row in chosen else None for row in range(len(rows))]


def _again(
    scores: Mapping[tuple[int, int], float], chosen: Mapping[int, int], allowed: Callable[[int], bool], least: float
) -> dict[int, int]:
    """The best sentence for each row that is still without, or whose own is much worse, wherever else it stands."""
    best: dict[int, int] = {}
    for (row, place), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        own = scores[row, chosen[row]] + _SURER if row in chosen else least
        if row not in best and score >= own and allowed(place):
            best[row] = place
    return best


def _assigned(
    scores: Mapping[tuple[int, int], float], chosen: Mapping[int, int], allowed: Callable[[int], bool]
) -> dict[int, int]:
    """Sentences for the rows that have none yet, the surest first, each sentence once."""
    result = dict(chosen)
    for (row, place), score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        if score >= _LEAST and row not in result and place not in result.values() and allowed(place):
            result[row] = place
    return result


def fit(row: Row, passage: Passage, abstract: Sequence[Passage], name: str = "") -> float:
    """How well a sentence says what a row is for, whatever its language.

    Args:
        row: the row.
        passage: the sentence.
        abstract: the sentences of its card's abstract, in order.
        name: what the card calls its own method.
    """
    text = readable(passage.text)
    said = row.said.search(text) is not None
    if row.only_said and not said:
        return 0.0
    results = len(_RESULT.findall(text))
    if row.figures and not results and not said:
        return 0.0
    score = row.fields.get(passage.field, 0.0) + (1.0 if said else 0.0)
    # In a field of its own a sentence needs no such word, anywhere else it does.
    if not said and passage.field in ("abstract", "tldr"):
        score -= 0.6
    if row.own and name and not results and fold(name) in fold(text):
        score += 0.9
    if row.plainly is not None and row.plainly.search(text):
        score += 0.7
    if row.unsaid is not None and row.unsaid.search(text):
        score -= 1.0
    if row.place is not None and passage.field == "abstract" and len(abstract) > 1:
        score += 0.8 - 1.2 * abs(abstract.index(passage) / (len(abstract) - 1) - row.place)
    if row.figures:
        score += 0.5 * min(results, 3) - (0.0 if said and _FIGURE.search(text) else 0.8)
    if row.names:
        score += 0.4 * min(len(data_in(text)), 3)
    return score - len(text) / _LONG
