"""Whether a question asks what there is about a topic ("which methods exist for X"), and not for one thing."""

import re

# A longer question is not read to its end: one that asks for works asks early.
_READ = 600

_WORKS = r"(?:papers|works|studies|literature|research|publications|articles|investigations|efforts)"
_WAYS = (
    r"(?:methods|approaches|techniques|ways|strategies|algorithms|solutions|options|designs|ideas|remedies|"
    r"fixes(?= (?:for|to|exist|are|have|there))|proposals|schemes|directions|alternatives|tricks|recipes|"
    r"defen[cs]es|mitigations|attempts|advances|variants)"
)
_ADJECTIVES = r"(?:[\w'/-]{1,30} ){0,4}"
_PEOPLE = (
    r"(?:people|researchers?|others|authors|the field|the community|(?:the |these |recent )?"
    r"(?:papers|cards|works|studies))"
)
_ABOUT = r"(?:on|about|to|for|in|into|of|that|against|which)"

_ENGLISH = re.compile(
    "|".join(
        (
            # what has been done
            r"\bwhat (?:else )?(?:has|have) (?:already )?(?:been )?(?:\w+ )?(?:done|tried|proposed|explored)\b",
            r"\bwhat is (?:already )?known (?:about|on|of)\b",
            # which papers look at, what work is there, are there studies
            rf"\b(?:which|what) {_ADJECTIVES}{_WORKS}\b",
            r"\b(?:which|what) (?:\w+ )?work (?:is there|exists|has been|have been|on|about)\b",
            rf"\b(?:are|is) there (?:any |some |other )?{_ADJECTIVES}{_WORKS}\b",
            rf"\bany {_ADJECTIVES}(?:{_WORKS}|work) {_ABOUT}\b",
            # which approaches speed up, what ideas are there; not: what methods does LightMem combine
            rf"\b(?:which|what)(?:'s| are)? (?:(?:the|some|all|of) ){{0,3}}{_ADJECTIVES}{_WAYS}\b"
            rf"(?! (?:do|does|did|is|was|has) (?!{_PEOPLE}\b|there\b|exist\b))(?! (?:in|of) (?-i:[A-Z]\w*[A-Z0-9]))",
            rf"\b(?:{_WAYS}|{_WORKS}) (?:are |is )?there\b",
            # how do people cut, what do the papers say
            rf"\bhow (?:do|did|have|does|has|can|could) {_PEOPLE}\b",
            rf"\bwhat (?:do|does|have|has) {_PEOPLE} (?:\w+ )?(?:say|said|do|done|tried|try|propose|found|know)",
            # an overview of; summarize the work on; tell me about the different solutions to
            r"\b(?:overview|survey|summary|review|landscape|state[ -]of[ -]the[ -]art)\b(?: of| on| in| for|\?|$)",
            r"\b(?:survey|review|summari[sz]e|outline|describe|present|cover|tell me about|show me|list|interested in|"
            r"looking for|i need|find me) (?:(?:the|all|some|any|recent|existing|current|different|various) )?"
            rf"{_ADJECTIVES}(?:{_WORKS}|{_WAYS}|work) {_ABOUT}\b",
        )
    ),
    re.IGNORECASE,
)
# Papers about X; inference-time fixes for X.
_PHRASE = re.compile(
    rf"^(?:{_ADJECTIVES}(?:papers|studies|literature|research|methods|approaches|techniques|ways|strategies|fixes|"
    rf"remedies|attempts|advances)|(?:recent |other |more )?works) {_ABOUT}\b",
    re.IGNORECASE,
)
# What begins so is a sentence, in which such a phrase is only a part.
_SENTENCE = re.compile(
    r"^(?:how|why|who|when|where|what|which|does|do|did|is|are|can|could|should|would|will|if|was|were|has|have|in|by|for|"
    r"with|the|this|my|our|i|we)\b",
    re.IGNORECASE,
)
_ONE = re.compile(
    rf"\b(?:what|which) {_ADJECTIVES}{_WAYS} (?:does|did|do|is|was) (?!{_PEOPLE}\b|there\b)"
    r"|\b(?:in|of|from) (?:this|that|the) (?:paper|work|study|card)\b",
    re.IGNORECASE,
)

_ZH_NOUN = (
    r"(?:工作|论文|研究|文献|文章|成果|方法|方案|办法|做法|思路|手段|技术|算法|途径|策略|尝试|进展|探索|路线|路径|选择|措施|"
    r"方向|机制|设计|技巧|解法)"
)
_CHINESE = re.compile(
    "|".join(
        (
            # 有哪些模型路由的研究; 哪些工作在做; not: D2E 采用了哪些方法
            rf"有(?:过)?(?:哪些|哪几(?:种|类|篇))[^,，。?？;；]{{0,40}}?{_ZH_NOUN}",
            rf"(?:^|[,，。;；:：、\s])(?:近期|目前|现在|现有|都|已|当前|最近)?(?:有)?哪些[^,，。?？;；了用]{{0,30}}?{_ZH_NOUN}",
            # 压缩专家的方法有哪些, 方法有几种
            rf"{_ZH_NOUN}(?:目前|现在|都|主要|大致|分别|又|大概)*(?:(?:有|是|包括)(?:哪些|哪几)|有(?:什么[?？]?$|几种|几类))",
            rf"{_ZH_NOUN}都有(?:什么|哪些)",
            # 大家怎么; 综述; 相关论文
            r"(?<!把)(?:大家|人们|研究者们?|学界|学术界|业界|前人)[^?？。]{0,8}?(?:怎么(?!办)|怎样|如何|用什么|做了什么|有什么)",
            r"综述|概述一下|概览|概况|研究现状|研究进展|相关(?:的)?(?:论文|工作|研究|文献)",
            r"(?:介绍|总结|梳理|归纳|盘点|列举)(?:一下|下)?[^?？]{2,40}?(?:方面|领域|方向|相关|这类|各种|现有|一系列|几种)"
            rf"[^?？]{{0,12}}{_ZH_NOUN}",
            rf"几(?:篇|种|类|项){_ZH_NOUN}",
            rf"做了(?:哪些|什么){_ZH_NOUN}",
        )
    )
)
# A phrase that ends in its noun: 尤其是少回放或不存原始数据的方法?
_ZH_PHRASE = re.compile(rf"(?:关于|针对|尤其|相关|各种|现有|近期).*的{_ZH_NOUN}(?:呢)?[?？。.\s]*$")
_ZH_ONE = re.compile(
    r"有没有|有无|什么|哪个|哪种|哪一|能不能|能否|是否|是不是|怎么|怎样|(?:这|那|该|某)(?:篇|个|项)|吗|一(?:个|种)|它的"
)
# 采用了哪些方法: of one thing, which stands before the verb.
_ZH_USES = re.compile(
    rf"(?:用了?|使用了?|采用了?|提出了?|结合了?|包含了?|包括了?|对比了?|分为|分成|分|借鉴了?|引入了?)哪(?:些|几)[^,，。?？]{{0,12}}{_ZH_NOUN}"
)
_PEOPLE_ZH = re.compile(r"大家|人们|研究者|学界|业界|前人|论文(?:都)?(?:采)?用")


def asks_topic(question: str) -> bool:
    """Whether a question asks for the works on something, or for the ways there are to do it.

    Questions for papers that mention a term ask for a list; they are told apart before, by their term.

    Args:
        question: clean, in English or Chinese.
    """
    read = question[:_READ]
    if _CHINESE.search(read):
        return _ZH_USES.search(read) is None or _PEOPLE_ZH.search(read) is not None
    if _ZH_PHRASE.search(read) and not _ZH_ONE.search(read):
        return True
    if _ONE.search(read):
        return False
    if _PHRASE.search(read) and not _SENTENCE.search(read):
        return True
    return _ENGLISH.search(read) is not None
