"""How Chinese sentences ask which papers, or how many, mention something."""

import re
from typing import Literal

from assistant.understanding.asked import Asked
from assistant.understanding.scope import PAPERS_ZH as _PAPERS

_WHICH = r"(?:有?哪些|有?哪几(?:篇|个|项|份)|有?(?:些)?什么|分别是?哪(?:些|几篇))"
_HOW_MANY = r"(?:多少|几)(?:篇|份|个|项)?"
_LIST = re.compile(
    rf"(?:有?哪些|有?哪几(?:篇|个|项)|什么){_PAPERS}|(?:{_PAPERS}|篇)[^,，。?？]{{0,6}}(?:哪些|哪几|有什么)|的(?:分别|都|论文)?(?:有|是)(?:哪些|哪几)[^,，。?？]{{0,2}}[\s?？。]*$|"
    rf"(?:列出|列举|罗列|找出|找一?下|找找|查找|查一?下|查出|给出|给我|列一?下|列个|列|清单|名单|检索)[^。?？]*{_PAPERS}|"
    rf"{_PAPERS}[^。?？]*(?:列出|列举|罗列|找出)|有没有(?:其他|别的)?{_PAPERS}|^(?:还)?有?(?:哪些|哪几篇)(?=\s*(?:都|也)?\s*(?:提|谈|讲|说|写|涉|讨|用|使|采|引|包|评|测|在|和|与|没|关|研))|^谁|[,，]谁|谁(?=引用|用了|用过|提到|在[^,，]{{1,30}}上)|^(?:所有|全部)[^,，。?？]*{_PAPERS}"
)
_LIST_IN_SCOPE = re.compile(r"列出|列举|列一?下|列|找出|找一?下|哪些|哪几篇|有谁")
_COUNT = re.compile(
    rf"(?:多少|(?<!哪)几)(?:篇|份)|(?:多少|(?<!哪)几)(?:个|项)?{_PAPERS}|{_PAPERS}[^,，。?？]{{0,8}}(?:有多少|多少|数量|总数|篇数|数目|个数)|"
    rf"{_PAPERS}数|篇数|的(?:一共|总共|共)?有多少[?？]?$"
)
_AGAIN = r"(?:了|过|到|着)?"
_VERB = (
    rf"(?:提(?:到|及|过|(?![出升高供示取前交醒炼纯]))|谈到|谈及|讲到|说到|写到|写了|涉及|涵盖|讨论|探讨|用到|用上|使用|采用|运用|应用|引用|出现|包含|含有|"
    rf"比较|对比|评测|评估|测评|测试|报告|汇报|基于|依赖|借助|利用|跑|训练|微调|介绍|用(?!得|于|户|途|最)){_AGAIN}"
)
_CONCERN = (
    rf"(?:关于|研究|针对|面向|解决|探索|围绕|有关|聚焦|关注|做|提出|改进|优化|提升|分析|缓解|避免|减少|讲|说){_AGAIN}"
)
_END = (
    rf"(?:(?=的?(?:{_PAPERS}|(?:一共|总共|共|合计|分别|都)?有?(?:多少|几篇|哪些|哪几篇)))|(?=的(?:有|一共|总共|分别|都|共|是哪|$))|"
    r"(?=[,，。?？;；!！]|$)|(?=做(?:了|过)?(?:微调|评测|实验|训练|测试|评估|比较|对比|推理|蒸馏|量化))|(?=(?:来|进行|作为|当作)))"
)
_NOT = re.compile(
    r"[,，]?\s*(?:但是?|却|而且?|且|并且?|同时|又|还|和)?(?:都|也)?(?:没有|没|未|不|并未|并没有?|从未)(?:再|曾)?"
    rf"{_VERB}\s*(?P<term>.{{1,60}}?){_END}"
)
_PLACE = (
    r"(?:这个|这一|这些|等)?\s*(?:逻辑推理|数学|推理|代码)?"
    r"(?:数据集|基准|任务|榜单|测试集|竞赛题|竞赛|环境|模型|benchmark)?"
)
_OBJECTS = (
    re.compile(
        rf"(?:在|于)(?P<term>[^,，。?？]{{1,80}}?){_PLACE}(?:上面?|中|里|下)\s*(?:都|也|曾)?"
        r"(?:有|做|进行|报告|汇报|评测|测评|测试|测|评估|验证|跑|训练|取得|给出|实验|比较|对比|开展|考察|得)"
    ),
    re.compile(
        r"(?:和|与|跟|同)(?P<term>[^,，。?？]{1,80}?)(?:做了?|进行了?|作了?|有过?)?(?:比较|对比|比过)(?!解码|学习|损失|精炼)"
    ),
    re.compile(
        r"(?:用|拿|以)(?:了|到|过)?(?P<term>[^,，。?？]{1,80}?)(?:来|去)?(?:做|进行|作为?|当)"
        r"(?:评测|测试|实验|评估|微调|训练|验证|基准|基座|骨干|底座|基线|对比)"
    ),
    re.compile(rf"{_VERB}(?:(?:或者?|和|、|及|以及|并)(?:{_VERB}))?\s*(?P<term>.{{1,80}}?){_END}"),
)
_TOPIC = re.compile(rf"{_CONCERN}\s*(?P<term>.{{1,80}}?){_END}")
_ATTRIBUTE = (
    r"(?P<term>[A-Za-z][A-Za-z0-9.+\- ]{0,40}|[\u4e00-\u9fff]{2,8}?)\s*(?:方面|相关|方向)?的?"
    rf"{_PAPERS}"
)
_BEFORE_PAPERS = re.compile(
    rf"(?:^|有没有|给出|列出|列举|找出|有|多少篇|几篇|哪些)\s*{_ATTRIBUTE}"
    rf"(?:都|一共|总共|分别)?(?:有|是)?(?:{_WHICH}|{_HOW_MANY})?[\s?？.。!！]*$"
)
# Words that ask, but name nothing.
_ASKING = re.compile(
    rf"如何|怎样|怎么样?|情况|{_WHICH}|{_HOW_MANY}(?={_PAPERS}|的|[\s?？。]|$)|{_HOW_MANY}|列出来?|列举|罗列|找出来?|找一?下|给出|给我|统计一?下?|这里|库里|资料库|数据库|集合|收录了?|"
    rf"收集了?|总数|数量|篇数|数目|目前|现在|你们?|您|我们?|想?知道|一共|总共|共|合计|全部|所有|请|帮我?|{_PAPERS}|篇|分别|"
    r"里面?|中|有|都|是|的|了|把|数|每一?|来|还|其中"
)
_ONLY_ASKING = re.compile(r"[\s,，。?？!！:：、;；]*")


_CLAUSE_THEN_WHICH = re.compile(rf"(?<!的)(?:有|是)(?:哪些|哪几[篇个项]|什么){_PAPERS}[\s?？。]*$")
_OF_PAPERS = re.compile(rf"(?:^|[\s,，]|有|看|的){_ATTRIBUTE}")
_IN_WHICH = re.compile(r"^(?P<term>[^,，。?？]{1,40}?)(?:主要|一般|大多)?(?:在|被|于|,)")


def asked(words: str, scoped: bool) -> Asked | None:
    """What a sentence asks for; see `listing_of`."""
    # An idiom that is about no articles.
    words = words.replace("做文章", "做")
    kind: Literal["list", "count"]
    if _COUNT.search(words):
        kind = "count"
    elif _LIST.search(words) or (scoped and _LIST_IN_SCOPE.search(words)):
        kind = "list"
    else:
        return None
    wanted, unwanted, topical = _named(words)
    if wanted or unwanted:
        return Asked(kind, wanted, unwanted, topical)
    if (match := _BEFORE_PAPERS.search(words)) and _names_something(match["term"]):
        return Asked(kind, match["term"])
    everything = scoped or kind == "count"
    return Asked(kind) if everything and _names_nothing(words) else None


def of_which_papers(words: str) -> Asked:
    """Which papers a question about their number in each category and the like is about."""
    wanted, unwanted, _ = _named(words)
    if not wanted and not unwanted:
        for pattern in (_OF_PAPERS, _IN_WHICH):
            if (match := pattern.search(words)) and _names_something(match["term"]):
                return Asked("list", match["term"])
    return Asked("list", wanted, unwanted)


def _named(words: str) -> tuple[str, str, bool]:
    """What is wanted and not wanted, and whether it is only said to be what papers are about."""
    unwanted = ""
    if negation := _NOT.search(words):
        unwanted = negation["term"]
        words = f"{words[: negation.start()]} {words[negation.end() :]}"
    # "让模型遗忘训练数据有哪些工作": a verb in the middle of a clause that no paper does is none of ours.
    described = _CLAUSE_THEN_WHICH.search(words) is not None
    for objects in _OBJECTS:
        for match in objects.finditer(words):
            if _names_something(match["term"]) and not (described and words[: match.start()].strip()):
                return match["term"], unwanted, False
    topic = _TOPIC.search(words)
    if not unwanted and topic and _names_something(topic["term"]):
        return topic["term"], "", True
    return "", unwanted, False


def _names_something(term: str) -> bool:
    """Whether words are an object, and not the asking itself: "LightMem 引用了哪些论文" asks about LightMem."""
    return not re.search(r"多少|几篇|哪", term) and not _names_nothing(term)


def _names_nothing(words: str) -> bool:
    return _ONLY_ASKING.fullmatch(_ASKING.sub("", words)) is not None
