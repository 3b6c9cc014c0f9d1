"""Whether a question leans on what was said before it, or has a subject of its own."""

import re
from collections.abc import Iterable
from typing import Literal

from assistant.names import NameIndex, looks_like_name
from assistant.understanding.smalltalk import is_small_talk
from assistant.understanding.wording import Named
from vectorstore.language import language_of

Leaning = Literal["no", "perhaps", "yes"]

# So surely a text names a card: nothing less makes a card its subject.
SURE = 0.9

OPENER = re.compile(
    r"^(?:and|but|so|also|what about|how about|then|ok(?:ay)?)\b|^(?:那|那么|还有|另外|然后|所以|呢)|呢[?？]?$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"\b(?:it|its|they|their|them|this|these|those|he|she|(?:is|was|does|did|can|could|would|will|about|of|with) that|"
    r"(?:the|that) (?:method|paper|model|approach|framework|benchmark|technique|work|result|one)|the \S+ one|"
    r"the (?:authors?(?! of\b)|other one|latter|former|same|first one|second one))\b"
    r"|它|他们|其中|该(?:方法|论文|模型|框架|工作|研究|文)|这(?:个|种|篇|项|些|几)|那(?:个|种|篇|项)|前者|后者|上面|上述|刚才",
    re.IGNORECASE,
)
# "How many hours did it take to ...": this it means nothing.
_EXPLETIVE = re.compile(
    r"\bit (?:still |really |actually )?(?:possible|true|worth|necessary|better|hard|easy|safe|wise|common|enough|"
    r"takes?|took|helps?|matters?|makes? sense|pays?)(?=[^?.,;]* (?:to|that|if|whether)\b)",
    re.IGNORECASE,
)
_POSSESSIVE = re.compile(r"its|their", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9][\w.+-]*|[\u3400-\u9fff]{1,2}", re.ASCII)
_LATIN = re.compile(r"[A-Za-z0-9][\w.+@-]*", re.ASCII)
# A pronoun further on than this, in a question longer than that, means something in the question itself.
_EARLY, _SHORT = 6, 10
# So few words are a scrap that says nothing alone; Chinese leaves a subject out more readily.
_SCRAP, _SCRAP_ZH = 5, 7

# What is asked about every paper alike is no subject of its own.
_GENERAL = frozenset(
    """
    a about above accuracy actually add advantage advantages after against all alone also an and any applied
    apply approach are as ask at authors available average bad baseline baselines be beat beats because been
    benchmark benchmarks best better between big bigger both but by can cheap cheaper chinese code come compare
    compared comparison complete conclusion conclusions contribution contributions cost costs could cut cuts
    data dataset datasets decoding details did differ difference differences different do does done drawback
    drawbacks each else english evaluate evaluated evaluation evaluations ever every everything exactly example
    examples expensive experiment experiments fails far fast faster few-shot fewer figures findings first five
    follow for four from full gain gains generalise generalize get gets give gives go good gpu gpus grow had
    hardware has have help helps high higher how i idea if improve improved improvement improves in increase
    inference instead into is it its just keep kind large larger last latency less like limit limitation
    limitations limits list long longer lose lower made main make makes many matter me mean means measured
    memory method methods metric metrics model models more most motivation much must my need needed needs new
    next no not now number numbers of off on one ones only open or other others out over paper papers parameters
    part per performance please point possible precision price problem problems proposed prove public quality
    quickly really recall reduce reduced reduces released report reported require required requires rest result
    results right run runs same save saved saves say says scale scales score scores see set sets setting
    settings should show shown shows size sizes slow slower small smaller so some source speed speedup steps
    still strength strengths study such summary task tasks tell test tested tests than that the their them then
    there these they third this those three through throughput time times to too train trained training two up
    us use used uses using version versions versus very vs was way we weak weakness weaknesses well were what
    when where which while who why will with without work works worse would yes you your zero-shot
    """.split()
)
_PREPOSITIONS = frozenset("on with for at in using against versus vs to from by under over than without".split())
_ASKS_BEFORE_NAME = frozenset("does do did is are was can could will would has have".split())

_LISTS = re.compile(
    r"^(?:(?:and|so|ok(?:ay)?|but)\b,?\s*)?"
    r"(?:(?:which|what|how many|list|find|name|show|give|are there|is there|any)\b.*"
    r"\b(?:papers?|cards?|works?|stud(?:y|ies)|articles?|research|publications?)\b"
    r"|who (?:tests?|evaluates?|uses?|reports?|trains?|works?|compares?)\b"
    r"|what (?:has|have|was|is) (?:been |being )?done (?:about|on|for|in)\b)",
    re.IGNORECASE,
)
_THESE = re.compile(r"\b(?:these|those|them)\b|这些|这几|它们|其中|上述|上面|刚才", re.IGNORECASE)
_LISTS_ZH = re.compile(
    r"(?:哪些|哪几|多少|几篇|有没有|列出|列举|找出).*(?:论文|工作|研究|文章|卡片|文献)"
    r"|(?:论文|工作|研究|文章|卡片|文献).*(?:哪些|哪几|几篇|多少)"
)
_DEFINES = re.compile(
    r"^(?:(?:what|who)(?:'s| is| are| was| were)|define|explain|describe|introduce|tell me about)"
    r"\s+(?:(?:an?|the (?:idea|concept|notion) of)\s+)?(?P<what>.+)",
    re.IGNORECASE,
)
_DEFINES_ZH = re.compile(
    r"^(?:请)?(?:什么是|什么叫|何为|何谓|解释一下|介绍一下|解释|介绍)(?P<what>.{2,})|^(?P<subject>.{2,14}?)(?:是|指的是|指)什么"
)
_GENERAL_ZH = re.compile(
    r"结论|结果|效果|方法|贡献|局限|缺点|优点|动机|问题|原因|思路|核心|关键|数据|基准|指标|模型|代码|实验|代价|成本|区别|原理|"
    r"^(?:那|这|它|其|该|他|主要|具体|最|目的|意义)"
)
_FIELD_ZH = re.compile(
    r"大模型|语言模型|推理模型|奖励模型|世界模型|扩散|智能体|思维链|注意力|缓存|强化学习|微调|预训练|量化|剪枝|蒸馏|幻觉|越狱|对齐|"
    r"混合专家|多模态|检索|长上下文|上下文学习|提示|分词|幂律|规模|投机|推测|记忆|工具|代码生成|数学|蒸馏|视觉|语音|水印|隐私|"
    r"transformer|llm|moe|rag|rlhf|agent|kv|lora|attention|cot",
    re.IGNORECASE,
)
_CLAUSE_ZH = re.compile(r"为什么|为何|如何|怎样|怎么|能否|能不能|会不会|是否|有什么|有哪些|该不该|要不要|可以")
_AMOUNT_ZH = re.compile(r"多少|几倍|多快|多大|多久|多长")
_ASKED_OF_ZH = re.compile(r"^(?P<subject>[\u3400-\u9fff]{3,10}?)(?:怎么|怎样|如何|为什么|为何)(?!样?[?？]?$)")
_MEASURE_ZH = re.compile(
    r"延迟|速度|显存|内存|吞吐|精度|准确|性能|训练|推理|解码|通信|开销|时间|参数|规模|损失|奖励|采样|评测|评估|部署|相比|比起|在|能"
)
# A measure or a condition comes first, and whose it is is left out.
_SUBJECTLESS_ZH = re.compile(
    r"^(?:在[^,，。]{1,20}?(?:上|中|里|时)|[做用对][^,，]{1,20}?时|(?:相比|比起|相较)[^,，]{1,20}?[,，]?)\s*"
    r"(?:的?(?:效果|性能|准确率|精度|速度|延迟|显存|内存|吞吐|成本|开销)|能|可以|会|提|降|减|省|快|"
    r"[A-Za-z@0-9]+\s*(?:提|降|达|是|有))"
)


def leaning(question: str, named: Named | None = None) -> Leaning:
    """Whether a question leans on what was said before: it refers back and names nothing itself, or is a scrap.

    Args:
        question: clean.
        named: the cards whose own method a text names, with how surely.

    Returns:
        `perhaps` where it does but no word of it says so.
    """
    if is_small_talk(question):
        return "no"
    told = _EXPLETIVE.sub(lambda found: "—" * len(found[0]), question)
    pronoun = _PRONOUN.search(told)
    before = question[: pronoun.start()] if pronoun else question
    if names_a_card(before, named) or _stands_by_its_form(question):
        return "no"
    if OPENER.search(question):
        return "yes"
    if pronoun and _has_subject(before, pronoun, question):
        return "no"
    words = _WORD.findall(question)
    if pronoun and (len(words) <= _SHORT or len(_WORD.findall(before)) < _EARLY):
        return "yes"
    if language_of(question) == "zh":
        scrap = len(words) < _SCRAP_ZH and not _own_clause_zh(question)
        return "perhaps" if scrap or _SUBJECTLESS_ZH.search(question) else "no"
    return "perhaps" if len(words) < _SCRAP and not _own_words(question) else "no"


def names_a_card(text: str, named: Named | None) -> bool:
    """Whether a text surely names the method of a card."""
    return named is not None and any(sureness >= SURE for sureness in named(text).values())


def general(phrase: str) -> bool:
    """Whether a phrase holds nothing but what is asked about every paper alike."""
    if re.search(r"[\u3400-\u9fff]", phrase):
        return bool(_GENERAL_ZH.search(phrase) or _PRONOUN.search(phrase) or _AMOUNT_ZH.search(phrase))
    return not any(word.lower() not in _GENERAL for word in _LATIN.findall(phrase))


def _stands_by_its_form(question: str) -> bool:
    if (_LISTS.search(question) or _LISTS_ZH.search(question)) and not _THESE.search(question):
        return True
    defined = _DEFINES.search(question) or _DEFINES_ZH.search(question)
    if defined is None:
        return False
    what = next(filter(None, defined.groupdict().values()))
    # "What is the accuracy?" defines nothing; "what is reward hacking" does.
    return (
        not general(what) and not _PRONOUN.match(what) and not re.match(r"(?:the|this|that|these|those)\b", what, re.I)
    )


def _has_subject(before: str, pronoun: "re.Match[str]", question: str) -> bool:
    """Whether what a pronoun means stands before it in the question itself."""
    tokens = _LATIN.findall(before)
    at_the_end = not _WORD.search(question[pronoun.end() :])
    if not at_the_end and any(_is_subject(tokens, place) for place in range(len(tokens))):
        return True
    own = [word for word in _not_general(tokens) if not looks_like_name(word)]
    return len(own) >= (1 if _POSSESSIVE.fullmatch(pronoun[0]) and len(tokens) > 3 else 2)


def _is_subject(tokens: list[str], place: int) -> bool:
    """Whether a token is a name that the sentence is about, not something it is set against."""
    ahead = {word.lower() for word in tokens[max(0, place - 2) : place]}
    first = tokens[place - 1].lower() if place else ""
    return (
        looks_like_name(tokens[place])
        and tokens[place].lower() not in _GENERAL
        and not ahead & _PREPOSITIONS
        and not (first in _ASKS_BEFORE_NAME and place == 1)
    )


def _own_words(question: str) -> bool:
    """Whether a short English question has words of its own that are not what it is set against."""
    tokens = NameIndex.tokens(question)
    if tokens and tokens[0].lower() in _PREPOSITIONS:
        return False
    return any(not looks_like_name(word) for word in _not_general(tokens)) or len(_not_general(tokens)) > 1


def _not_general(tokens: Iterable[str]) -> list[str]:
    return [token for token in tokens if token.lower() not in _GENERAL and not token[0].isdigit()]


def _own_clause_zh(question: str) -> bool:
    """Whether a short Chinese question is a whole clause about something of the field, or of another."""
    asked = _ASKED_OF_ZH.search(question)
    if asked is not None and not general(asked["subject"]) and not _MEASURE_ZH.search(asked["subject"]):
        return True
    return bool(
        _FIELD_ZH.search(question)
        and _CLAUSE_ZH.search(question)
        and not _AMOUNT_ZH.search(question)
        and not _PRONOUN.search(question)
    )
