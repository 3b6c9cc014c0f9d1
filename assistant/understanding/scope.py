"""The categories and tags that a question's own words confine it to ("among the agent papers", "Agent 类论文里")."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from assistant.understanding.known import Knowledge
from vectorstore.cards import CATEGORY_NAMES

# How people call the categories, in English and Chinese; the names on the cards come first.
_CALLED: Mapping[str, tuple[str, str]] = {
    "指令微调与对齐": (
        r"instruction[- ]tuning(?:[- ](?:and|&)[- ]alignment)?|"
        r"alignment(?:[- ](?:and|&)[- ]instruction[- ]tuning)?|align",
        r"指令微调(?:[与和]对齐)?|对齐",
    ),
    "推理与思维链": (
        r"reasoning(?:[- ](?:and|&|or)[- ]chain[- ]of[- ]thoughts?)?|"
        r"chain[- ]of[- ]thoughts?(?:[- ](?:and|&)[- ]reasoning)?",
        r"推理(?:[与和]思维链)?|思维链",
    ),
    "效率与压缩": (
        r"efficiency(?:[- ](?:and|&|or)[- ]compression)?|"
        r"(?:model[- ])?compression(?:[- ](?:and|&)[- ]efficiency)?|effic",
        r"(?:模型)?效率(?:[与和]压缩)?|(?:模型)?压缩",
    ),
    "Agent 与工具使用": (
        r"agents?(?:[- ](?:and|&|or)[- ]tool[- ]use)?|agentic|tool[- ]use",
        r"(?:agents?|智能体)(?:\s*[与和]\s*工具使用)?|工具使用",
    ),
    "多模态基础模型": (
        r"multi-?modal(?:[- ]foundation[- ]models?|[- ]models?)?|mm",
        r"多模态(?:基础模型|大模型|模型)?",
    ),
    "模型架构": (r"(?:model[- ])?architectures?|arch", r"(?:模型)?架构|模型结构"),
    "LLM 预训练": (r"(?:llm[- ]|model[- ])?pre-?train(?:ing)?", r"(?:llm|大模型|模型)?\s*预训练"),
}
PAPERS = r"(?:papers?|works?|cards?|stud(?:y|ies)|articles?|publications?|entries)"
PAPERS_ZH = r"(?:论文|文章|工作|研究|文献|卡片|成果)"
_UNIT = r"(?:section|category|group|area|part|class|division|field|direction|side)"
_UNIT_ZH = r"(?:类别|分类|大类|类|方向|领域|部分|板块|章节|分区|栏目)"
_IN = r"(?:in|among|amongst|of|from|within|across|under|inside)"
_ONLY = r"(?:\s+(?:only|alone)\b)?"
# "vision reasoning papers" are not the category's, and "快速推理类" is none: what stands before a name is told.
_FREE = (
    r"(?P<free>^|[,:;]\s+|\b(?:the|all|many|which|what|of|among|in|from|list|find|show|me|every|each|number|count|"
    r"any|these|those|for|are|give|name|your|only|within|across)\s+)"
)
_FREE_ZH = (
    r"(?:(?<![\u4e00-\u9fff\w])(?<![A-Za-z0-9] )|(?<=[在从的看中里出举些下把请有是篇对给于问查]))(?:在|从|属于)?\s*"
)
_INSIDE_ZH = r"(?:里面|里头|之中|当中|里|中|内|下)"
# In any question, and in one that is known to ask about the whole collection.
_STRICT = (
    rf"\b{_IN}\s+(?:all\s+)?(?:the\s+)?(?<![\w-])CAT[- ]{PAPERS}{_ONLY}(?!\w)",
    rf"\b{_IN}\s+the\s+(?<![\w-])CAT\s+(?:section|category){_ONLY}(?!\s+of\b)(?!\w)",
    rf"{_FREE_ZH}CAT\s*{_UNIT_ZH}\s*的?{PAPERS_ZH}{_INSIDE_ZH}",
    rf"在\s*CAT\s*(?:类别|分类|类|板块){_INSIDE_ZH}",
)
_WIDE = (
    rf"(?P<papers>\b{PAPERS}\s+)?\b{_IN}\s+(?:all\s+)?(?:the\s+)?(?<![\w-])CAT\s+{_UNIT}(?:\s+{PAPERS})?{_ONLY}(?!\w)",
    rf"\b(?P<free>(?P<papers>of)\s+)(?:all\s+)?(?:the\s+)?(?<![\w-])CAT[- ]{PAPERS}{_ONLY}(?!\w)",
    rf"\b{_IN}\s+(?:all\s+)?(?:the\s+)?(?<![\w-])CAT[- ]{PAPERS}{_ONLY}(?!\w)",
    rf"\b(?P<papers>{PAPERS})\s+(?:in|from|under|within|on|about)\s+(?:the\s+)?CAT"
    r"(?=\s+(?:that|which|who|mention|use|report|test|evaluat|discuss|cite|talk|are|do|have)|\s*[?.,;!]|\s*$)",
    rf"{_FREE}CAT[- ](?:{_UNIT}\s+)?(?P<papers>{PAPERS}){_ONLY}(?!\w)",
    rf"{_FREE_ZH}CAT\s*{_UNIT_ZH}\s*的?(?:{PAPERS_ZH})?{_INSIDE_ZH}?的?",
    rf"{_FREE_ZH}CAT\s*的?{PAPERS_ZH}{_INSIDE_ZH}?",
)
_TAG = r"[「“\"'#]*(?!什么|哪|多少|怎)(?P<tag>[^「」“”\"'的,，。?？]{1,40}?)[」”\"']*\s*"
_TAGGED_ZH = (
    re.compile(
        rf"(?:标签|tag)\s*(?:为|是|含有|包含|包括|含|里有|中有|带有?|叫做?)\s*{_TAG}(?:的|(?=[,，。?？]|$))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:带有?|打上?了?|有|属于|标了|标注?为)\s*{_TAG}(?:这个|这一)?\s*(?:标签|tag)\s*(?:的|(?={PAPERS_ZH}))",
        re.IGNORECASE,
    ),
)
_TAGGED = re.compile(
    r"(?:(?:that|which)\s+)?(?:(?:are|is|were|have been|has been)\s+)?\b(?:tagged|labell?ed)\s+(?:as\s+|with\s+)?"
    r"(?:the\s+tags?\s+)?|(?:(?:that|which)\s+)?\b(?:with|have|having|carry|carrying|under)\s+(?:the\s+)?tags?\s+"
    r"|(?<!\S)(?=#[^\W\d])",
    re.IGNORECASE,
)
_TAG_END = re.compile(
    r"\s+(?=(?:that|which|and\s+(?:mention|use|report|test|evaluate|that)|mention|use|report|cite|discuss|in\s+the|are|is|"
    r"do|does|have|come)\w*\b)|[?.,;!]|$",
    re.IGNORECASE,
)
_MOST_TAGS = 8
# A category has a dozen forms of words; users' own categories have no limit.
_KEPT_PATTERNS = 512
_TAG_OR = re.compile(r"\s+or\s+|\s*[/|]\s*|或者?|、", re.IGNORECASE)


@dataclass(frozen=True)
class Scope:
    """What a question is confined to.

    Args:
        rest: the question without the words that say so; "agent papers" leaves "papers" behind.
        categories, tags: as the collection has them, and as written.
    """

    rest: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.categories or self.tags)


def scope_of(question: str, knowledge: Knowledge | None, *, whole_collection: bool) -> Scope:
    """The categories and tags that a question is confined to.

    Args:
        question: clean.
        knowledge: of the collection; without it the categories of the field are known, and any tag.
        whole_collection: whether it may ask about the collection as a whole: "reasoning papers" and "预训练部分"
            then mean a category; in other questions only what can mean nothing else does.
    """
    rest, tags = _without_tags(question)
    if not whole_collection and not (tags and knowledge and all(map(knowledge().has_tag, tags))):
        # "labelled failure trajectories" speaks of a paper's data.
        rest, tags = question, ()
    categories: list[str] = []
    for category, form in _phrases(rest, knowledge, whole_collection):
        while match := _pattern(form, category).search(rest):
            categories.append(category)
            groups = match.groupdict()
            kept = f"{groups.get('free') or ''}{'papers' if groups.get('papers') else ''}"
            rest = f"{rest[: match.start()]} {kept} {rest[match.end() :]}"
    return Scope(" ".join(rest.split()).strip(" ,，、:：;；"), tuple(dict.fromkeys(categories)), tags)


def _phrases(question: str, knowledge: Knowledge | None, whole_collection: bool) -> Iterator[tuple[str, str]]:
    """Each category with each form of words that may confine a question to it, where the question names it at all.

    Taking words out of a question puts no new name into it: what stood before and behind them stays apart.
    """
    forms = _WIDE if whole_collection else _STRICT
    called = [category for category in _CALLED if _name(category).search(question)]
    yield from ((category, form) for form in forms for category in called)
    for category in knowledge().categories if knowledge and whole_collection else ():
        if category not in _CALLED and _name(category).search(question):
            yield from ((category, form) for form in _WIDE)


@lru_cache(maxsize=_KEPT_PATTERNS)
def _name(category: str) -> re.Pattern[str]:
    return re.compile(_names(category), re.IGNORECASE)


@lru_cache(maxsize=_KEPT_PATTERNS)
def _pattern(form: str, category: str) -> re.Pattern[str]:
    """A form of words for one category, made when a question names it: making all takes a tenth of a second."""
    return re.compile(form.replace("CAT", _names(category)), re.IGNORECASE)


def _names(category: str) -> str:
    if category not in _CALLED:
        return re.escape(category)
    english, chinese = _CALLED[category]
    return rf"(?:{re.escape(CATEGORY_NAMES[category])}|{english}|{chinese})"


def _without_tags(question: str) -> tuple[str, tuple[str, ...]]:
    """The question without "tagged X", and the tags; a tag that the collection has not is one as far as it goes."""
    rest, tags = question, list[str]()
    for pattern in _TAGGED_ZH:
        while (match := pattern.search(rest)) and len(tags) < _MOST_TAGS:
            tags += [tag.strip() for tag in _TAG_OR.split(match["tag"]) if tag.strip()]
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    while (match := _TAGGED.search(rest)) and len(tags) < _MOST_TAGS:
        end = _TAG_END.search(rest, match.end())
        stop = end.start() if end else len(rest)
        words = rest[match.end() : stop].strip().strip("\"'“”「」")
        if not words:
            break
        tags += [tag.strip(" #\"'“”") for tag in _TAG_OR.split(words)]
        rest = f"{rest[: match.start()]} {rest[stop:]}"
    return rest, tuple(dict.fromkeys(tag for tag in tags if tag))
