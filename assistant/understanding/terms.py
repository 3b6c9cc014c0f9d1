"""The terms in the words that a list or count question is about: "the LIBERO robot benchmark" asks for LIBERO."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.names import looks_like_name
from assistant.understanding.known import Knowledge

_QUOTED = re.compile(r"[\"“「『]([^\"“”「」『』]{1,80})[\"”」』]|(?<!\w)'([^']{1,80})'(?!\w)")
# What is said of a term behind it...
_ASIDE = re.compile(
    r"\s*(?:[;:?!]|\.(?=\s|$)|,\s+(?:as|in|including|such|like|e\.g|whether|any|no|if|gated|please|even)\b|"
    r",?\s+(?:including|such\s+as|e\.g\.|by\s+name|at\s+all|anywhere|somewhere|so\s+far|and\s+(?:how|what|why|where)|"
    r"in\s+(?:their|its|the\s+(?:abstract|experiments?|evaluation|papers?|text|results?|title|cards?|collection|corpus)|"
    r"any|this|some|your)|please))(?:[\s?.!].*)?$|,[^,]*\bnot\b.*$",
    re.IGNORECASE | re.DOTALL,
)
# ... and what it is used for or with.
_TAIL = re.compile(
    r",?\s+(?:to|for|when|while|during|as|via|because|where|using|than|instead|rather|by|on|from\s+the|somehow|"
    r"(?:(?:are|is)\s+)?(?:spread|distributed|split|divided|scattered))\s.*$",
    re.IGNORECASE | re.DOTALL,
)
# Together with a purpose, ordinary words describe a topic: "reinforcement learning to train search agents".
_PURPOSE = re.compile(
    r"\b(?:to|for|when|while|during|via|by|without|so\s+that|instead|rather|using)\s+\w{3,}", re.IGNORECASE
)
_OR = re.compile(r"\s*,?\s*\b(?:and/or|or)\b\s*", re.IGNORECASE)
_AND = re.compile(
    r"\s*,?\s*\b(?:as\s+well\s+as|together\s+with|along\s+with|and\s+also|and)\b\s*|,\s+|\s+[&+]\s+", re.IGNORECASE
)
_OR_ZH = re.compile(r"\s*(?:或者|或是|或|还是)\s*")
_AND_ZH = re.compile(r"\s*(?:以及|并且|而且|、|和|与|跟|及|又|也)\s*")
_LEADING = re.compile(
    r"^(?:(?:the|an?|any|some|all|either|both|each|every|only|just|also|exactly|explicitly|directly|one\s+of|of|their|"
    r"(?:models?|variants?|versions?|members)\s+(?:from|of)|\w+['’]s)\s+|"
    r"(?:word|term|phrase|name|concept|keyword|idea|technique|method|algorithm|approach|benchmark|data ?set|"
    r"model|acronym|optimi[sz]er|use|family|series)s?\s+(?:(?:of|called|named|like|such\s+as)\s+)?(?=\S))",
    re.IGNORECASE,
)
# Nouns that tell what a name is of; those of the first kind are never part of it.
_PROPER_KIND = (
    r"benchmarks?|data ?sets?|corpus|corpora|test ?sets?|suites?|leaderboards?|competitions?|contests?|challenges?|"
    r"environments?|tasks?|problems?|questions?|exams?|results?|scores?|numbers?|accuracy|performance|experiments?|"
    r"evaluations?|splits?|famil(?:y|ies)|series|products?|baselines?|checkpoints?|backbones?|variants?|versions?|games?"
)
_KIND = (
    rf"{_PROPER_KIND}|models?|networks?|methods?|algorithms?|techniques?|approach(?:es)?|frameworks?|optimi[sz]ers?|"
    r"loss(?:es)?|objectives?|systems?|librar(?:y|ies)|papers?|works?|somewhere|either|too|anywhere"
)
_KIND_AFTER = re.compile(rf"(?:[\s-]+(?:style|based|like|type)|\s+(?:{_KIND}))$", re.IGNORECASE)
_ONLY_KIND = re.compile(_KIND, re.IGNORECASE)
_PROPER_KIND_AFTER = re.compile(rf"\s(?:{_PROPER_KIND}|models?)$", re.IGNORECASE)
_KIND_AFTER_ZH = re.compile(
    r"(?:系列|家族|模型|基准|数据集|评测集|测试集|任务|竞赛题|竞赛|比赛|榜单|环境|优化器|框架|算法|方法|技术|机制|策略|问题|"
    r"现象|概念|这个词|一词|术语|的?相关内容|相关|等等|等|的?各?版本|平台|产品|题目)$"
)
_LEADING_ZH = re.compile(r"^(?:了|过|到|任何|某个|某种|一种|这个|这种|所谓的?|术语|关键词|名为|叫做?|的|都|也)+")
_EXAMPLES = re.compile(
    r"\s*(?:如|例如|比如|譬如|含|包括|包含|任何|任意|所有|不论|无论|any\b|incl|e\.g|such as|all\b|or\b|every\b)",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r"\s*[(（]([^()（）]{0,80})[)）]\s*")
_LATIN = re.compile(r"[A-Za-z0-9τ∇π][\w.+\-/@*^²³π]*(?:\s+[A-Za-z0-9][\w.+\-/@*^²³]*)*", re.ASCII)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_NO_TERM = re.compile(
    r"(?:it|them|that|this|these|those|ones?|they|so|not|whether|if|no|as|any|more|in|on|an?|the)\b", re.IGNORECASE
)
_LONGEST_WORDS, _LONGEST_ZH = 5, 10
_MOST = 8


@dataclass(frozen=True)
class Terms:
    """What a question asks for.

    Args:
        groups: each an 'any of'; all are asked for.
        named: every term is a name and nothing else.
        literal: every term is, or stands in the collection as it is worded; otherwise it is a description.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    named: bool = False
    literal: bool = False


def terms_in(words: str, knowledge: Knowledge | None = None) -> Terms:
    """The terms of the words that follow "mention", "are tested on" and their like.

    Args:
        words: the object, with whatever else stands behind it.
        knowledge: of the collection: whether a wording stands in it.
    """
    chinese = re.search(r"[\u4e00-\u9fff]", words) is not None
    both, either = (_AND_ZH, _OR_ZH) if chinese else (_AND, _OR)
    quoted = [first or second for first, second in _QUOTED.findall(words)][:_MOST]
    if quoted:
        return Terms((tuple(quoted),) if either.search(words) else tuple((term,) for term in quoted), True, True)
    words = _without_examples(words)
    groups, terms = [], []
    for part in _parts(words if chinese else _ahead(words), both, either):
        read = [(_chinese if chinese else _english)(one, knowledge) for one in part]
        terms += [one for one in read if one is not None]
        group = tuple(dict.fromkeys(one.text for one in read if one is not None))
        if group and group not in groups:
            groups.append(group)
    return Terms(
        tuple(groups[:_MOST]),
        named=bool(terms) and all(one.named for one in terms),
        literal=bool(terms) and all(one.literal for one in terms),
    )


@dataclass(frozen=True)
class _Term:
    text: str
    named: bool = False
    literal: bool = False


def _parts(words: str, both: re.Pattern[str], either: re.Pattern[str]) -> Iterator[list[str]]:
    """The words cut into what must all be there, each cut into what it may be: "A, B or C" is any of three."""
    if either.search(words) and re.search(r",|、", words) and not re.search(r"\band\b|和|以及", words):
        yield [one for part in both.split(words) for one in either.split(part) if one.strip()]
        return
    for part in both.split(words):
        if ones := [one for one in either.split(part) if one.strip()]:
            yield ones


def _without_examples(words: str) -> str:
    """The words without parentheses that give examples: "Kimi 系列(如 Kimi-K2)", "GPQA (any version)"."""
    return _PARENTHESES.sub(lambda match: " " if _EXAMPLES.match(match[1]) else match[0], words)


def _ahead(words: str) -> str:
    """The words up to where something else is said of the terms; a purpose stays, to be told from a name."""
    return _ASIDE.sub("", words)


def _english(part: str, knowledge: Knowledge | None) -> _Term | None:
    """The term of a part without "and" and "or"; None where it has none."""
    cut = _TAIL.sub("", _PARENTHESES.sub(" ", part)).strip(" ,.;:?!\"'")
    phrase = _bare(cut)
    words = phrase.split()
    if not words or _NO_TERM.match(phrase) or _ONLY_KIND.fullmatch(phrase):
        return None
    name = _name_in(phrase)
    if name == phrase or (name and _PROPER_KIND_AFTER.search(cut)):
        return _Term(name, named=True, literal=True)
    described = len(words) > _LONGEST_WORDS or _PURPOSE.search(part) is not None
    if knowledge is None:
        return _Term(name or phrase, literal=not described and len(words) <= 3)
    # "diffusion language models" is a term as it stands, where cards have it so.
    if not name and not described and (whole := _bare(cut, kinds=False)) != phrase and knowledge().mentions(whole):
        return _Term(whole, literal=True)
    if (not described or name) and knowledge().mentions(phrase):
        return _Term(phrase, literal=True)
    # "GRPO training" asks for GRPO, "Gaussian splatting" for all of it; "LLM responses that suit each user" describes.
    if name and len(words) - len(name.split()) < 2:
        return _Term(name if any(map(looks_like_name, name.split())) else phrase, literal=True)
    return _Term(phrase)


def _bare(phrase: str, *, kinds: bool = True) -> str:
    """A phrase without articles before it and, unless `kinds` are kept, without nouns of kind behind it."""
    while (shorter := _LEADING.sub("", phrase, count=1).strip()) != phrase and shorter:
        phrase = shorter
    while kinds and (shorter := _KIND_AFTER.sub("", phrase).strip(" ,")) != phrase and shorter:
        phrase = shorter
    return phrase


def _name_in(phrase: str) -> str:
    """The first run of words that are written as names; a number goes on one ("Llama 3")."""
    run: list[str] = []
    for word in phrase.split():
        bare = word.strip(",.;:()")
        if _is_name(bare) or (run and re.fullmatch(r"v?\d[\w.]*", bare)):
            run.append(bare)
        elif run:
            break
    return " ".join(run)


def _is_name(word: str) -> bool:
    return looks_like_name(word) or (len(word) > 1 and (word[0].isupper() or word[0] in "τ∇π"))


def _chinese(part: str, knowledge: Knowledge | None) -> _Term | None:
    """The term of a Chinese part: its Latin words where it has some, otherwise the Chinese ones."""
    latin = [bare for found in _LATIN.findall(part) if re.search("[A-Za-z]", bare := _bare(found.strip()))]
    if latin:
        # A gloss of a long description is no name: "用评分细则(rubric)当奖励做强化学习".
        described = not _is_name(latin[0]) and len(_HAN.findall(part)) > _LONGEST_ZH
        return _Term(latin[0], named=not described, literal=not described)
    phrase = _LEADING_ZH.sub("", _PARENTHESES.sub("", part).strip(" ,，。?？:：;；“”\"'「」")).strip()
    wordings = [phrase]
    while (shorter := _KIND_AFTER_ZH.sub("", wordings[-1]).strip()) != wordings[-1] and len(shorter) >= 2:
        wordings.append(shorter)
    if not phrase:
        return None
    if knowledge is None:
        return _Term(wordings[-1], literal=len(phrase) <= 6 and "的" not in phrase)
    known = next((one for one in wordings if len(one) <= _LONGEST_ZH and knowledge().mentions(one)), None)
    return _Term(known or wordings[-1], literal=known is not None)
