"""The words with which a question points at what was shown: "the second paper", "the other one", "show all"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.understanding.scope import scope_of

_THINGS = r"(?:one|paper|card|method|approach|work|study|system|result|item|entry|article)"
_ENDS = r"(?=\s+(?:and|or|vs\.?|versus|than)\b|\s*(?:[?,.!;:]|'s\b|$))"
_NUMBERS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ORDINAL = re.compile(
    rf"\bthe (?P<word>{'|'.join(_NUMBERS)}|last|\d{{1,2}}(?:st|nd|rd|th))\b(?:\s+{_THINGS}\b|{_ENDS})"
    r"|\b(?:paper|card|number|no\.|method|article)\s*#?(?P<digits>\d{1,2})\b"
    r"|\bthe (?P<pair>former|latter)\b"
    rf"|\bthe (?P<other>other) {_THINGS}\b|\bthe (?P<another>other){_ENDS}"
    r"|第\s*(?P<zh>[一二两三四五六七八九十]|\d{1,2})\s*(?:篇|个|种|项|条|张)(?!阶段|步|层|词|部分|问题|方面|字|实验|任务|数据|版本)"
    r"|(?P<last>最后一)(?:篇|个|种|项)(?!阶段|步|层|词|部分|问题)"
    r"|(?P<zhpair>前者|后者)"
    r"|(?P<zhother>另外?一?)(?:篇|个|种|项)(?!方面|角度|问题|阶段)",
    re.IGNORECASE,
)
_SEVERAL_PLACES = re.compile(
    r"\bthe (?P<end>first|last) (?P<many>two|three|four)\b|(?P<zhend>前|后|最后)(?P<zhmany>[两二三四])(?:篇|个|种|项)",
    re.IGNORECASE,
)
_COUNTS = {"two": 2, "three": 3, "four": 4, "两": 2, "二": 2, "三": 3, "四": 4}
_DIGITS_ZH = "一二三四五六七八九十"
MARKER = re.compile(r"\[(\d{1,3})\]")

_COMPARING = re.compile(
    r"\b(?:compare|comparison|versus|vs|differ|differs|difference|differences|different|better|worse|more|less|fewer|best|"
    r"worst|most|least|in common|similar|beats?|outperforms?|trade-?offs?|prefer|choose|recommend|each|"
    r"(?!(?:other|paper|layer|number|answer|transformer|parameter|order|whether|ever|never|over|under|after|per|her|"
    r"together|either|rather|further|another|latter|former|later|computer|user|server|reader|optimizer|tokenizer)\b)"
    r"[a-z]{2,}(?:er|est)(?= than\b| on\b| in\b| for\b|\s*[?.!,]|$| (?:memory|latency|cost|accuracy|at)\b))\b"
    r"|比较|对比|相比|区别|不同|差别|差异|异同|优劣|各自|分别|更(?!新|改|换)|最(?!后|近|新|终|初|大化|小化)|比(?!例|赛|特|如)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:them|they|these|those|each other|the two|both|(?:the|these|those) (?:two|three) \w+|between)\b"
    r"|它们|他们|这[几些两三]|[两二三]者|这?[两三](?:篇|个|种|项)|彼此",
    re.IGNORECASE,
)
_WHICH_OF = re.compile(
    r"^(?:and |so |but |then )?which (?:one |paper |method |of \w+(?: \w+)? )?(?:is|are|was|has|needs?|uses?|"
    r"performs?|works?|gives?|costs?|runs?|saves?|would|should|does|do|can|trains?|scales?)\b"
    r"|^(?:那|那么)?哪(?:个|篇|种|一个|一篇|一种)",
    re.IGNORECASE,
)
# "Did they compare it with ...": they are the authors.
_AUTHORS = re.compile(
    r"\bthey (?:also )?(?:compare|compared|report|test|tested|evaluate)\w*\b(?!\s*[?.!]|$)", re.IGNORECASE
)

# How far one thing beats another stands on its own card.
_ONE_SIDED = re.compile(r"\b(?:how much|how far|by how|beats?|outperforms?|surpass\w*)\b|多少|几倍", re.IGNORECASE)
_QUESTION = re.compile(
    r"^(?:what|which|who|why|how|when|where|does|do|did|is|are|was|can|could|will|would|has|have|any|it|its|the|of|also|more)\b"
    r"|[吗它这那哪]|什么|怎么|怎样|如何|多少|为什么",
    re.IGNORECASE,
)

_WITHIN = re.compile(
    r"^(?:and |so |but |then )?(?P<ask>which|what|how many)(?: ones| papers| cards)? of (?:these|those|them)"
    r"(?: (?:papers?|cards?|works?|studies|methods?|ones))?\s+(?P<rest>.+)$"
    r"|^(?:那|那么)?(?:在?(?:这些|上述|上面的?|刚才的?|这几篇)(?:论文|文章|工作|卡片|方法)?|它们|其中)"
    r"(?:里面|里|当中|之中|中)?[,，]?\s*有?(?P<zh>哪些|哪几篇|哪几个|多少篇|几篇|多少)(?:论文|文章|工作)?(?P<zhrest>.+)$",
    re.IGNORECASE,
)
_RANKING = re.compile(
    r"\b(?:is|are|was|has|have|needs?|gives?|runs?|works?|performs?|costs?) (?:the )?(?:\w+ )?(?:better|worse|"
    r"best|worst|most|least|more|less|fewer|\w+(?:er|est))\b|更|最",
    re.IGNORECASE,
)
_ALL = re.compile(
    r"(?:please |can you |could you |and )?(?:"
    r"(?:show|list|give|display|print|see|get|ask for|i want)(?: me| us)?(?: to see)? "
    r"(?:(?:them |these |those )?all(?: of (?:them|these|those|it))?|all the (?:papers|cards|rest|others)|"
    r"everything|more|(?:the )?(?:rest|others|remaining(?: ones)?)(?: of (?:them|these|those))?|"
    r"the (?:full|complete|whole|entire) list)|all(?: of (?:them|these|those))?|(?:the )?(?:rest|remaining ones)|"
    r"the others|everything|the (?:full|complete|whole) list)(?:,? please)?\s*[.?!]*"
    r"|(?:请|麻烦)?(?:把|将)?(?:它们|其余的?|剩下的?|剩余的?|这些|结果)?(?:全部|全都|都|所有的?)(?:给我)?"
    r"(?:列出|列举|显示|展示|给出|列)(?:出?来)?(?:吧|一下)?[。?!.]*"
    r"|(?:请|麻烦)?(?:列出|列举|显示|展示|给出|看)(?:全部|所有|其余|剩下|剩余)(?:的)?(?:论文|结果)?(?:吧|一下)?[。?!.]*"
    r"|(?:全部|所有的|完整列表|还有呢|还有哪些|其余的?呢?|剩下的?呢?|剩余的?呢?)[。?!.]*",
    re.IGNORECASE,
)
_NARROWS = re.compile(
    r"^(?:and |but |then )?(?:(?:only|just)\s+(?:show me |list )?(?:(?:those|the ones|ones|papers)\s+)?"
    r"(?:among|within|in|from|of)?|among|within|in)\s*(?:the )?(?P<part>[\w&-]+(?: [\w&-]+){0,3}) "
    r"(?P<unit>papers?|section|category|ones|cards|works|studies)(?:,? please)?\s*[.?!]*$"
    r"|^(?:那么?)?(?:只看|只要|只列|仅看|仅限|限定)(?:出|在)?\s*(?P<zh>.{2,30}?)(?:的?[呢吧])?[。?!.]*$",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"(?:Which|What|How|List|Find|Show|Name|Give|Are|Is|Who)\b")
_INSTEAD = re.compile(
    r"^(?:and what about|and how about|what about|how about|and|or|same for|now)\s+"
    r"(?:(?:about|on|for|with|in|mention|mentioning|using)\s+)?(?P<term>.{2,60}?)\s*[?.!]*$"
    r"|^(?:那么?|还有|换成)?\s*(?:关于|对于|提到)?\s*(?P<zh>.{2,30}?)\s*呢[?。!]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Pointed:
    """The places of cards that a question points at, among those shown.

    Args:
        cards: by id, in the question's order.
        missed: it points at something that was not shown.
    """

    cards: tuple[str, ...] = ()
    missed: bool = False


def pointed(question: str, shown: Sequence[str], focus: Sequence[str]) -> Pointed:
    """The cards that a question points at by their place.

    Args:
        question: clean.
        shown: the cards that were shown together, in their order.
        focus: those of them that were spoken of last, which "the other one" is not.
    """
    found: list[str] = []
    missed = False
    for match in _SEVERAL_PLACES.finditer(question):
        many = _COUNTS[(match["many"] or match["zhmany"]).lower()]
        first = (match["end"] or match["zhend"]).lower() in ("first", "前")
        missed |= len(shown) < many
        found += (shown[:many] if first else shown[-many:]) if len(shown) >= many else ()
    for match in _ORDINAL.finditer(question):
        card = _at(match, shown, focus)
        missed |= card is None
        if card is not None and card not in found:
            found.append(card)
    return Pointed(tuple(found), missed)


def _at(match: "re.Match[str]", shown: Sequence[str], focus: Sequence[str]) -> str | None:
    if match["other"] or match["another"] or match["zhother"]:
        others = [card for card in shown if card not in focus]
        return others[0] if others and len(shown) > 1 else None
    if (match["word"] or "").lower() == "last" or match["last"]:
        return shown[-1] if len(shown) > 1 else None
    pair = (match["pair"] or match["zhpair"] or "").lower()
    if pair:
        place = 0 if pair in ("former", "前者") else 1
        return shown[place] if len(shown) > 1 else None
    place = _number(match["word"] or match["digits"] or match["zh"]) - 1
    return shown[place] if 0 <= place < len(shown) and len(shown) > 1 else None


def _number(written: str) -> int:
    written = written.lower()
    if written in _NUMBERS:
        return _NUMBERS.index(written) + 1
    if written[0].isdigit():
        return int(re.sub(r"\D", "", written))
    return 2 if written == "两" else _DIGITS_ZH.index(written) + 1


def without_places(question: str) -> str:
    """A question without the places and markers that it points with."""
    return MARKER.sub(" ", _ORDINAL.sub(" ", question))


def compares(question: str) -> bool:
    """Whether a question sets things against each other."""
    return _COMPARING.search(question) is not None


def compares_several(question: str) -> bool:
    """Whether it compares things that it does not name: "which is faster?", "how do they differ?"."""
    if _AUTHORS.search(question) or not compares(question):
        return False
    return bool(_SEVERAL.search(question) or _WHICH_OF.search(question))


def sets_side_by_side(question: str) -> bool:
    """Whether it compares as equals, rather than asking by how much one thing beats another."""
    return compares(question) and not _ONE_SIDED.search(question)


def says_several(question: str) -> bool:
    """Whether a question says that it means more than one thing."""
    return _SEVERAL.search(question) is not None


def within(question: str) -> str | None:
    """The question that "which of these ..." asks of the cards shown; None where it does not ask so."""
    match = _WITHIN.match(question)
    if match is None or _RANKING.search(question):
        return None
    if match["zh"]:
        asked = "有多少篇论文" if match["zh"] in ("多少篇", "几篇", "多少") else "哪些论文"
        return f"{asked}{match['zhrest'].strip()}"
    return f"{'how many' if match['ask'].lower() == 'how many' else 'which'} papers {match['rest'].strip()}"


def wants_all(question: str) -> bool:
    """Whether a question asks for the rest of a list and for nothing else."""
    return _ALL.fullmatch(question) is not None


# What may be left of a question that names a part of the collection alone.
_PARTICLES = re.compile(r"那|的|里|中|呢|只|看|papers|[\s?？。,，]")
_PARTICLES_END = re.compile(r"呢?[\s?？。]*$")


def narrowed(listing: str, question: str) -> str | None:
    """A question about a list with the part of it that the next one asks for; None where that names no part.

    Args:
        listing: "Which papers mention GRPO?".
        question: "Only the agent papers."
    """
    match = _NARROWS.match(question)
    if match is None:
        # "推理类里呢?" names a category and nothing else.
        scope = scope_of(question, None, whole_collection=True)
        left = _PARTICLES.sub("", scope.rest)
        return f"{_PARTICLES_END.sub('', question)},{listing}" if scope.categories and not left else None
    if match["zh"]:
        return f"{match['zh']},{listing}"
    where = "In" if match["unit"].lower() in ("section", "category") else "Among"
    unit = "papers" if match["unit"].lower() == "ones" else match["unit"]
    rest = listing[:1].lower() + listing[1:] if _SENTENCE_START.match(listing) else listing
    return f"{where} the {match['part']} {unit}, {rest}"


def instead(question: str) -> str | None:
    """What takes the place of what was asked about before ("and DPO?"); None where it does not ask so."""
    match = _INSTEAD.match(question)
    term = (match["term"] or match["zh"]).strip() if match is not None else ""
    return term if term and not _QUESTION.search(term) else None
