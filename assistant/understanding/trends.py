"""Questions for what is counted over the whole collection: benchmarks, models, tags and categories."""

import re
from dataclasses import dataclass

from assistant.types import Facet
from assistant.understanding.scope import PAPERS, PAPERS_ZH

_NOUNS: tuple[tuple[Facet, str, str], ...] = (
    (
        "benchmark",
        r"(?:(?:evaluation|test|training)\s+)?(?:benchmarks?|data ?sets?|test ?sets?|evaluations|tasks)",
        r"(?:评测|评估|测试|训练)?(?:基准测试|基准|数据集|测试集|评测集|榜单|benchmarks?)",
    ),
    (
        "model",
        r"(?:(?:base|backbone|language|large\s+language|foundation|open|target)\s+)*(?:models?|llms?|backbones?|(?:model|llm)\s+(?:famil(?:y|ies)|series))",
        r"(?:基座|底座|骨干|基础|语言|大)*(?:模型|LLM|基座|骨干网络)",
    ),
    ("tag", r"(?:tags?|keywords?|labels?|hashtags?|topics|themes)", r"(?:标签|关键词|tags?|主题|话题|热点)"),
    (
        "category",
        r"(?:categor(?:y|ies)|sections?|areas?|fields?|groups?|classes)",
        r"(?:类别|分类|板块|方向|领域|章节|部分|类)",
    ),
)
_USED = (
    r"(?:used|common(?:ly)?|popular|frequent(?:ly)?|tested|evaluated|experimented|reported|mentioned|studied|cited|appear\w*|occur\w*|"
    r"widely|often|represented)"
)
_FORMS = (
    # Which benchmarks are used most; the most popular datasets; top 10 models; common tags
    rf"\b(?:which|what)\s+(?:kinds?\s+of\s+|sorts?\s+of\s+)?NOUN\s+(?:are|is|were|gets?|do|does|comes?|appears?|occurs?|shows?)\b[^?]{{0,60}}?\b(?:most|more\s+than\s+others)\b(?:\s+(?:often|frequently|commonly|widely))?(?:\s+{_USED})?(?:\s+(?:on|with|in))?",
    rf"\b(?:which|what)\s+NOUN\s+(?:are|is)\s+(?:(?:the\s+)?most\s+|commonly\s+|frequently\s+|widely\s+)+{_USED}(?:\s+(?:on|with))?",
    rf"\b(?:the\s+)?(?:most|more)\s+(?:(?:commonly|frequently|widely|often|heavily)\s+)?{_USED}(?:\s+(?:used|on|with))?\s+NOUN\b",
    rf"\b(?:top|first)[ -](?:\d+|three|five|ten|twenty)\s+(?:most\s+)?(?:{_USED}\s+)*NOUN\b",
    rf"\btop\s+(?:{_USED}\s+)+NOUN\b",
    r"^(?:(?:what\s+are|show|list|give\s+me)\s+)?(?:the\s+)?top\s+NOUN\b(?!\s+(?:do|does|that|on|for|to)\b)",
    r"\b(?:common|popular|frequent|commonest|hottest|hot|trending)\s+NOUN\b",
    r"\brank\s+(?:the\s+|all\s+)*NOUN\b(?:\s+by\b[^?]*)?",
    r"\bNOUN\s+(?:ranked|sorted|ordered|counted)\s+by\s+(?:use|usage|frequency|count|how|number|popularity)\b",
    r"\b(?:frequenc(?:y|ies)|distribution|histogram|statistics|breakdown|ranking|usage|counts?)\s+(?:of|over|by|across)\s+(?:the\s+)?NOUN\b",
)
_FORMS_ZH = (
    r"最(?:为)?(?:常用|常见|流行|热门|多|频繁|受欢迎|广泛)(?:使用|出现|提到|用到|采用|被使用|评测|测试|实验|研究)?的?(?:前?\d+个|几个|十个|五个)?NOUN",
    r"(?:哪些|哪个|哪几个|(?<!为)什么|哪种)(?:NOUN)[^,，。?？]{0,14}最(?:多|频繁|广泛|常见|热门|常用|流行|受欢迎|常)",
    r"(?:使用|出现|提到|用到|用得|采用|评测|测试|实验|被用|研究)[^,，。?？]{0,8}最(?:多|频繁|广泛|常)的?(?:前?\d+个|几个)?NOUN",
    r"NOUN的?(?:使用|出现|引用)(?:次数)?的?(?:排名|排行|频率|频次|统计|分布|情况)",
    r"NOUN[^,，。?？]{0,6}(?:用|使用|出现|提到)[^,，。?？]{0,4}最(?:多|频繁)",
    r"(?:常见|常用|热门|流行)的?NOUN",
    r"最常?(?:用|见|出现|提到|使用|测|多用)的?(?:是)?(?:哪些|哪几个|哪个|什么)NOUN",
)
_OVER = (
    r"(?:each|every|per|by|across|over|between|among)\s+(?:(?:the|all|each|every|different|various|seven)\s+)*"
    r"(?:categor(?:y|ies)|sections?|areas?|groups?|classes)"
)
_BY_CATEGORY = (
    rf"\b(?:spread|distribut\w+|split|divided?|broken?\s+down|breakdown|scattered|fall)\b[^?]{{0,80}}?\b{_OVER}\b",
    r"\b(?:how\s+many|number\s+of|count(?:\s+of)?|counts)\b[^?]{0,80}?\b(?:in|for|of)?\s*(?:each|every|per|by)\s+"
    r"(?:of\s+the\s+)?(?:category|section|area|group|class)\b",
    rf"\b{PAPERS}\b[^?]{{0,60}}?\b(?:per|by|in\s+each)\s+(?:category|section|area|group)\b",
    r"\b(?:in\s+)?(?:which|what)\s+(?:category|section|area|group)\b(?=[^?]{0,80}?\b(?:most|largest|biggest|often|more)\b)",
    r"\b(?:which|what)\s+(?:categories|sections|areas|groups)\s+(?:are\s+there|do\s+you\s+have|exist|do\s+the\s+\w+\s+(?:fall|come)\b)",
)
_BY_CATEGORY_ZH = (
    r"(?:各个?|每个|每一个|不同|七个|几个)(?:类别|分类|大类|板块|方向|领域|部分|类)[^,，。?？]{0,20}(?:多少|几篇|分布|数量|占比|比例|情况)",
    r"(?:多少|几篇|分布|数量|占比|比例)[^,，。?？]{0,16}(?:各个?|每个|不同)(?:类别|分类|板块|方向|领域|部分|类)",
    r"(?:按|按照)(?:类别|分类|板块|方向|类)(?:来)?(?:统计|计数|看|列|分|汇总)",
    r"(?:类别|板块)(?:上|间|之间)?的?(?:分布|占比)",
    r"分布在哪(?:些|几个)(?:类别|分类|板块|方向|领域|类)",
    r"(?:在)?哪(?:个|一个|些|一)(?:类别|分类|板块|方向|类)(?:里面?|中)?(?=[^,，。?？]{0,24}最(?:多|大|常))",
    r"(?:有|分为|分成)(?:哪些|哪几个|几个|多少个)(?:类别|分类|板块)",
)
_PAPERS = re.compile(rf"\b{PAPERS}\b|{PAPERS_ZH}|篇", re.IGNORECASE)
_LOOSE = re.compile(r"领域|方向|部分|分布|比例|\b(?:areas?|groups?|fields?|classes|class)\b", re.IGNORECASE)
_ABOUT_TAGS = re.compile(r"\btags?\b|标签", re.IGNORECASE)


@dataclass(frozen=True)
class Trend:
    """What a question wants counted.

    Args:
        facet: of what.
        rest: the question without the words that say so.
        over_papers: whether it speaks of the papers as such.
    """

    facet: Facet
    rest: str
    over_papers: bool

    @property
    def is_certain(self) -> bool:
        """Whether it cannot be about one paper: "the most used data sets" may be those of a method it names."""
        return self.over_papers or self.facet in ("category", "tag")


def trend_of(question: str) -> Trend | None:
    """What a question wants counted over the collection; None where it asks for something else."""
    for facet, pattern in _PATTERNS:
        if match := pattern.search(question):
            rest = f"{question[: match.start()]} , {question[match.end() :]}"
            over_papers = _PAPERS.search(question) is not None
            # "各领域的采样比例" is spread over other things.
            if facet == "category" and not over_papers and (_LOOSE.search(match[0]) or _ABOUT_TAGS.search(match[0])):
                continue
            return Trend(facet, rest, over_papers)
    return None


_PATTERNS: list[tuple[Facet, re.Pattern[str]]] = [
    ("category", re.compile(form, re.IGNORECASE)) for form in (*_BY_CATEGORY, *_BY_CATEGORY_ZH)
]
_PATTERNS += [
    (facet, re.compile(form.replace("NOUN", noun), re.IGNORECASE))
    for facet, english, chinese in _NOUNS
    for forms, noun in ((_FORMS, english), (_FORMS_ZH, chinese))
    for form in forms
]
