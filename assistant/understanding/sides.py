"""What a question compares: methods set side by side by name, or things described on both sides of "versus"."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.names import fold, looks_like_name
from assistant.understanding.wording import Named
from vectorstore.segment import content_terms

_READ = 1_000
_MOST_SIDES = 6
_LONGEST_SIDE = 120
# A name that two cards introduce is half a name of each; a misspelt one counts somewhat less than a right one.
_NAMED = 0.4
_LONGEST_NAME = 4
_JOINTS = (" ", "-", " - ", ": ", "'", "^")

_TOKEN = re.compile(r"[A-Za-z0-9∇τπ][A-Za-z0-9∇τπ]*(?:[-_.+@/][A-Za-z0-9∇τπ]+)*\+{0,2}")
_PARENTHESES = re.compile(r"\([^()]{0,60}\)")
# What may stand between two methods that are set side by side.
_AND = r"(?:and|or|&|vs\.?|versus|与|和|跟|同|及|以及|还是|或者?|对比|、|,\s*(?:and|or)|,)"
# The second may stand in parentheses behind its long form.
_BETWEEN = re.compile(
    rf"\s*(?:loss|steering|method|framework|paper|model|approach|这个|这篇|方法|论文)?\s*{_AND}"
    r"\s*(?:the|a|an|with|that)?\s*(?:(?:[a-z][\w-]*\s+){1,6}\()?\s*",
    re.IGNORECASE,
)
_SHORT_NAME = re.compile(r"[A-Z]\d")
# Words that set things side by side, wherever they stand.
_CUE = re.compile(
    r"\b(?:both|each|either|neither|respectively|differ\w*|distinguish\w*|separat\w*|apart|contrast\w*|compar\w*|"
    r"versus|vs|alike|similar\w*|same|in common|between|which|who|whose|better|faster|cheaper|should i|pick|choose|"
    r"prefer|one another|each other|trade-?offs?)\b|\bvs\.|"
    r"分别|各|都|区别|不同|差别|差异|异同|相同|共同|哪个|哪种|哪一|谁|怎么选|如何选|选哪|还是|对比|比较|相比|两者|二者|三者|更",
    re.IGNORECASE,
)
# A choice is asked for where the names begin a clause: "trained with SFT or RL" asks for none.
_BEGINS = re.compile(
    r"(?:^\W*|[,;:?.。，；：]\s*|\b(?:does|do|is|are|should i (?:use|pick|choose|take)|用|选)\s*)(?:the )?$",
    re.IGNORECASE,
)
_EITHER = re.compile(r"\bor\b|\bversus\b|\bvs\b|还是", re.IGNORECASE)
# Of a method and a name that no card has for its own, more is wanted: it may be the rival in that method's own results.
_SURE_CUE = re.compile(
    r"\b(?:both|each|neither|respectively|differ\w*|distinguish\w*|apart|contrast|compare|versus|vs)\b|\bvs\.|"
    r"分别|各|都|区别|不同|差别|差异|异同|对比|两者|二者|三者",
    re.IGNORECASE,
)
# Methods that stand behind such words are what something else is measured by, or only what it is used with.
_RIVALS = re.compile(
    r"(?:(?:\w|,) (?:versus|vs\.?|than|over|beats?|beating|outperforms?|compared (?:with|to)|against|both)|"
    r"比|超过|优于)\s*(?:the )?$",
    re.IGNORECASE,
)
# Words that set apart what stands in different places: how does A differ from B, compared with A, does B.
_DIFFER = re.compile(
    r"\b(?:differ\w*|distinguish\w*|separates?|apart|contrast|compare|compares)\b|"
    r"^\W*(?:compared|relative) (?:with|to)\b|^与.{1,40}相比|区别|不同|差别|差异|异同|对比一?下|比较一?下",
    re.IGNORECASE,
)

# Words of the two sides, for questions that describe them: (pattern, whether both must be named where one is).
_PIECE = r"[^,，。?？;；:：]{2,120}?"
_STOP = r"(?=\s*(?:$|[?？。;；:：]|[,，]))"
_PATTERNS = tuple(
    (re.compile(pattern, re.IGNORECASE), strict)
    for pattern, strict in (
        (
            r"(?:^(?:the |a )?|\b(?:what|which|explain|describe|there|tell me|show|name|give)\b[^,;:?]{0,60}\b)"
            rf"differences? (?:is there |are there |lies? )?between (?:the )?(?P<list>{_PIECE}){_STOP}",
            False,
        ),
        (
            rf"\bhow (?:do|does|are|is|did) (?P<list>{_PIECE}) (?:differ\b|different\b|compare\b)"
            rf"(?! from| with| to| against)",
            False,
        ),
        (
            rf"\bhow (?:do|does|are|is|did) (?P<a>{_PIECE}) (?:differ|different) from (?P<b>{_PIECE}){_STOP}",
            True,
        ),
        (rf"\bhow (?:do|does|did) (?P<a>{_PIECE}) compare (?:with|to|against) (?P<b>{_PIECE}){_STOP}", True),
        (
            rf"^(?:\W*(?:please|can you|could you|now))?\W*(?:compare|contrast) (?P<a>{_PIECE})"
            rf" (?:with|to|against|and|versus|vs\.?) (?P<b>{_PIECE})"
            rf"(?:(?: (?:in terms of|on|for|when|with respect to)\b.*)|{_STOP})",
            False,
        ),
        (rf"\bwhat (?:separates|distinguishes) (?P<a>{_PIECE}) from (?P<b>{_PIECE}){_STOP}", True),
        (rf"\bwhat sets (?P<a>{_PIECE}) apart from (?P<b>{_PIECE}){_STOP}", True),
        (rf"(?:^|[,;:.?!] )(?P<a>[^,，。?？;；:：]{{1,80}}?) (?:vs\.?|versus) (?P<b>{_PIECE}){_STOP}", False),
        (
            r"\bwhich(?: one| of them)? (?:is|are|works?|performs?|runs?|saves?|needs?|costs?)\b"
            rf"[^,，:：?？]{{0,80}}[,:] (?P<list>{_PIECE} or {_PIECE}){_STOP}",
            False,
        ),
        (rf"\bbetween (?P<list>{_PIECE} and {_PIECE}), (?:which|what|who)\b", False),
        (
            r"(?:^|[,，。;；:：])\s*(?:请问)?(?P<list>[^,，。?？;；:：]{1,60}?(?:和|与|跟|同)[^,，。?？;；:：]{1,60}?)"
            r"(?:之间|两者|二者|在[^,，。?？]{1,20}上|的[^,，。?？的]{1,12})?(?:主要|到底|究竟|各自)?"
            r"(?:的(?=(?:区别|不同|差别|差异|异同)(?:$|[?？。]|是|有|在哪|呢|吗|主要|到底))|有(?:什么|何|哪些|啥)(?:本质)?的?|有没有)(?:区别|不同|差别|差异|异同)",
            False,
        ),
        (
            r"^\W*(?:请|麻烦|帮我|能否|想)*(?:对比|比较)(?!学习|解码|损失|训练)(?:一下|下)?\s*(?P<list>[^,，。?？;；:：]{1,60}?(?:和|与|跟|同)[^,，。?？;；:：]{1,60}?)"
            r"(?:的(?:[^,，。?？;；:：的]{1,10}))?(?=\s*[?？。]?$)",
            False,
        ),
        (
            r"(?:^|[,，。;；:：])\s*(?P<list>[^,，。?？;；:：]{1,60}?(?:和|与|跟)[^,，。?？;；:：]{1,60}?)"
            r"(?:相比|比起来|之间)?[,，]?(?:哪个|哪种|哪一个|谁)更",
            False,
        ),
    )
)
_SPLIT = re.compile(
    r"\s*(?:,\s*and|,\s*or|、|,|\band\b|\bor\b|\bversus\b|\bvs\b\.?|和|与|跟|同|以及|还是)\s*", re.IGNORECASE
)
_LEADING = re.compile(
    r"^\W*(?:(?:please|the|a|an|using|between)\s+)*"
    r"(?:(?:the |a )?(?:papers?|ones?|methods?|approach(?:es)?|works?) (?:that|which|on|about|for|of|with)\s+)?|"
    r"^(?:请|用|使用|采用|把|那篇|这篇|将)",
    re.IGNORECASE,
)
_TRAILING = re.compile(
    r"(?:这两(?:种|个|篇)\S{0,6}|之间|的(?:论文|工作|方法)|\s+(?:each|both|actually|really))$", re.IGNORECASE
)
# Not a side that cards could be looked up for.
_NOBODY = re.compile(
    r"\b(?:it|its|this|that|these|those|them|they|each other|one another|previous|prior|existing|earlier|others?|"
    r"ordinary|standard|traditional|conventional|vanilla|usual|normal|baselines?|state[- ]of[- ]the[- ]art|humans?|"
    r"people|rest|before|former|latter|first one|second one|we|our|full[- ]parameter)\b|"
    r"^(?:what|how|why|which|who|when|where|does|do|did|is|are|can|could|should|would|if|in|for|by|and|without|then|"
    r"comparing|contrasting)\b|"
    r"以往|以前|之前|现有|已有|传统|普通|常规|一般|其他|其它|别的|基线|原来|原版|人类|它|他们|前者|后者|这|那|第[一二三]|"
    r"上面|前面|常见|此前|^人$|什么|怎么|如何|为何",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Mention:
    """A method that a question names, and where."""

    text: str
    start: int
    end: int
    cards: frozenset[str]


def sides_of(question: str, named: Named | None) -> tuple[str, ...]:
    """What a question compares, each as one would search for it.

    Args:
        question: clean, in English or Chinese.
        named: the cards whose own method a text names, with how surely; None does without.

    Returns:
        At least two sides in the order of the question, or none where it compares nothing.
    """
    read = question[:_READ]
    mentions = list(_mentions(read, named)) if named is not None else []
    return _side_by_side(read, mentions) or _described(read, mentions)


def _mentions(question: str, named: Named) -> Iterator[_Mention]:
    """The methods named, the longest name at each place, in order."""
    tokens = list(_TOKEN.finditer(question))
    place = 0
    while place < len(tokens):
        step = 1
        for size in range(min(_LONGEST_NAME, len(tokens) - place), 0, -1):
            run = tokens[place : place + size]
            cards = _own(question, run, named)
            if cards:
                start, end = run[0].start(), run[-1].end()
                yield _Mention(question[start:end], start, end, cards)
                step = size
                break
        place += step


def _own(question: str, run: Sequence[re.Match[str]], named: Named) -> frozenset[str]:
    """The cards that a whole run of words is the name of: `WINO and MoNE` is none, `Fast-dLLM v2` is another's."""
    if any(question[one.end() : other.start()] not in _JOINTS for one, other in pairwise(run)):
        return frozenset()
    if not any(_written_as_name(word.group()) for word in run):
        return frozenset()
    found = named(question[run[0].start() : run[-1].end()])
    if len(run) == 1 or not found:
        return frozenset(card for card, sureness in found.items() if sureness >= _NAMED)
    parts = [named(question[part[0].start() : part[-1].end()]) for part in (run[1:], run[:-1])]
    # Written as one word, a run is a name only where all of it is.
    whole = named("".join(word.group() for word in run))
    return frozenset(
        card
        for card, sureness in found.items()
        if sureness >= _NAMED
        and (all(sureness > part.get(card, 0.0) for part in parts) or whole.get(card, 0.0) >= sureness)
    )


def _written_as_name(word: str) -> bool:
    """Whether a word may be a method's name: `after` and `After` are none, `AFTER` is, and so is `wd1`."""
    if looks_like_name(word):
        return True
    begins = word[0].isupper() or any(character.isdigit() for character in word)
    return begins and bool(content_terms(word))


def _side_by_side(question: str, mentions: Sequence[_Mention]) -> tuple[str, ...]:
    """Methods that stand beside each other, or apart in a question that asks how they differ."""
    group = _group(question, _with_unknown(question, mentions))
    if group:
        # What does X say about A versus B: X is what is asked about.
        others = any(one.start < group[0].start and not _shared(one, group) for one in mentions)
        others = others or _RIVALS.search(question[: group[0].start]) is not None
        between = question[group[0].end : group[-1].start]
        either = _EITHER.search(between) and _BEGINS.search(question[: group[0].start])
        cue = either or (_CUE if all(one.cards for one in group) else _SURE_CUE).search(_without(question, group))
        return tuple(one.text for one in group) if cue and not others else ()
    distinct = _distinct(mentions)
    if len(distinct) > 1 and _DIFFER.search(question):
        return tuple(one.text for one in distinct[:_MOST_SIDES])
    return ()


def _with_unknown(question: str, mentions: Sequence[_Mention]) -> list[_Mention]:
    """The methods named, and other words that are written as names: one of two may be too short, or in no card."""
    # The long form behind a name is no other method.
    ends = {one.end for one in mentions}
    asides = [
        aside.span() for aside in _PARENTHESES.finditer(question) if len(question[: aside.start()].rstrip()) in ends
    ]
    others = [
        _Mention(word.group(), word.start(), word.end(), frozenset())
        for word in _TOKEN.finditer(question)
        if (looks_like_name(word.group()) or _SHORT_NAME.fullmatch(word.group()))
        and not any(one.start < word.end() and word.start() < one.end for one in mentions)
        and not any(start < word.start() < end for start, end in asides)
    ]
    return sorted([*mentions, *others], key=lambda one: one.start)


def _group(question: str, mentions: Sequence[_Mention]) -> list[_Mention]:
    """The first run of two or more methods, one of them known, with nothing but "and" and the like between them."""
    runs: list[list[_Mention]] = []
    for mention in mentions:
        gap = _PARENTHESES.sub(" ", question[runs[-1][-1].end : mention.start]).lstrip(")") if runs else ""
        if runs and (_BETWEEN.fullmatch(gap) or (gap.strip() in ("", "(") and _same(mention, runs[-1][-1]))):
            runs[-1].append(mention)
        else:
            runs.append([mention])
    for run in runs:
        distinct = _distinct(run)
        between = question[run[0].end : run[-1].start]
        # What follows a comma alone explains what stands before it.
        joined = len(distinct) > 2 or between.strip(" ").lower() not in (",", ", the", ",the", ", a", ", an")
        if len(distinct) > 1 and joined and any(one.cards for one in distinct):
            return distinct[:_MOST_SIDES]
    return []


def _same(mention: _Mention, other: _Mention) -> bool:
    return bool(mention.cards & other.cards) or fold(mention.text) == fold(other.text)


def _shared(mention: _Mention, group: Sequence[_Mention]) -> bool:
    return any(_same(mention, other) for other in group)


def _distinct(mentions: Sequence[_Mention]) -> list[_Mention]:
    kept: list[_Mention] = []
    for mention in mentions:
        if not _shared(mention, kept):
            kept.append(mention)
    return kept


def _without(question: str, mentions: Sequence[_Mention]) -> str:
    """The question with a bar for each method, so that no part of a name is read as a word."""
    for mention in reversed(mentions):
        question = f"{question[: mention.start]}|{question[mention.end :]}"
    return question


def _described(question: str, mentions: Sequence[_Mention]) -> tuple[str, ...]:
    """The two sides of "A versus B", "how do A and B differ", "A 和 B 有什么不同", named or described."""
    for pattern, strict in _PATTERNS:
        found = pattern.search(question)
        if found is None:
            continue
        parts = found.groupdict()
        whole = parts.get("list")
        raw = _SPLIT.split(whole) if whole else [parts["a"] or "", parts["b"] or ""]
        sides = [side for one in raw if (side := _cleaned(one))]
        if len(sides) != len(raw) or not 2 <= len(sides) <= _MOST_SIDES or len({fold(side) for side in sides}) < 2:
            continue
        outside = [m for m in mentions if not any(m.text in side for side in sides)]
        if outside and not whole:
            continue
        if outside and any(m.start < found.start() for m in outside):
            continue
        if strict and not _alike(sides, mentions):
            continue
        return tuple(sides)
    return ()


def _alike(sides: Sequence[str], mentions: Sequence[_Mention]) -> bool:
    """Whether all sides are named methods, or none is: what one paper says beside a thing is asked of that paper."""
    kinds = {any(mention.text in side for mention in mentions) or _one_name(side) for side in sides}
    known = sum(any(mention.text in side for mention in mentions) for side in sides)
    return len(kinds) == 1 and (known in (0, len(sides)))


def _one_name(side: str) -> bool:
    return len(side.split()) <= 2 and any(looks_like_name(word) for word in side.split())


def _cleaned(side: str) -> str:
    """A side as one would search for it; empty where nothing could be found by it."""
    side = _TRAILING.sub("", _LEADING.sub("", side.strip(" \t,.，。\"'“”「」()"))).strip()
    if not side or len(side) > _LONGEST_SIDE or _NOBODY.search(side) or not content_terms(side):
        return ""
    return side
