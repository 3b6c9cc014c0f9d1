"""How English sentences ask which papers, or how many, mention something."""

import re
from dataclasses import replace

from assistant.understanding.asked import Asked, ListingKind
from assistant.understanding.scope import PAPERS


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


def _verbs(stems: str) -> str:
    """Every form of some regular verbs."""
    forms = []
    for stem in stems.split():
        base = stem.rstrip("e")
        forms.append(f"{base}(?:{'e|es|ed' if stem.endswith('e') else '|s|es|ed|ied'}|{stem[-1]}?ing|{stem[-1]}ed)")
    return _any(*forms)


_ON = r"(?:on|with|against|over)"
# What papers do with a term that stands in them as it is worded...
_DOES = _any(
    _verbs("mention utilize employ adopt cite discuss contain include involve feature name beat outperform apply") + r"(?:\s+the\s+(?:phrase|term|word|name)s?)?",
    r"us(?:e|es|ed|ing)",
    rf"(?:{_verbs('report publish list show give present')}|has|have)(?:\s+\w+){{0,2}}?\s+(?:on|for|with|against|over)",
    rf"(?:do|does|did|run|runs|ran|running|conduct\w*|perform\w*)(?:\s+\w+){{0,2}}?\s+(?:experiments?|evaluations?|tests?|studies)\s+{_ON}",
    rf"(?:{_verbs('evaluate test benchmark experiment train work validate assess run')}|ran|running)(?:\s+(?!on\b|with\b|against\b|and\b|or\b)[\w-]+){{0,3}}?\s+{_ON}",
    _verbs("compare") + r"(?:\s+(?:themselves|itself|(?:their|its)\s+\w+))?\s+(?:with|to|against)",
    _verbs("compare fine-tune finetune report evaluate test experiment benchmark quantize"),
    r"refer\w*(?:\s+to)?",
    r"(?:talk\w*|speak\w*|say\s+(?:something|anything))\s+(?:about|of)",
    r"rel(?:y|ies|ied|ying)\s+on",
    r"(?:buil[dt]\w*|based)\s+(?:on|upon)",
    r"bring\w*\s+up",
    r"with",
)  # fmt: skip
# ... and with a topic, which may be worded in any way.
_CONCERNS = _any(
    r"about",
    r"on",
    r"(?:regarding|concerning)",
    _verbs("address investigate explore target tackle consider examine analyze analyse cover propose introduce improve concern reduce"),
    r"stud(?:y|ies|ied|ying)",
    r"(?:look|focus|center|work)\w*\s+(?:at|into|on)",
    r"deal\w*\s+with",
    r"(?:try|tries|make|makes|train|solve|show|learn|combine|extend|develop|aim|handle|help|allow|enable|let)",
)  # fmt: skip
# Any other verb, for what is named behind it: "distil from DeepSeek-R1".
_OTHER = r"(?!are\b|were\b|you\b|there\b|have\b|from\b|than\b|more\b|most\b|does\b|did\b|per\b|for\b)[a-z]{3,}(?:\s+(?:from|on|with|to|into|over|for))?"
_NOT = r"(?:do\s+not|does\s+not|did\s+not|don'?t|doesn'?t|didn'?t|are\s+not|never|not)"
_FILLERS = _any(
    r"that|which|who|ones|here|there|do|have|has|had|been|are|were|was|be|is|can|also|both|either",
    r"explicitly|actually|directly|really|currently|ever|only|even|mainly|mostly|already|all|at\s+least|in\s+(?:total|all)",
    r"altogether|(?:in|from|of)\s+(?:this|the|your|our)\s+(?:collection|corpus|library|set|database|data)",
    r"you\s+(?:have|know|hold)|published|listed|available|collected|stored|indexed|their\s+authors|and|if\s+any",
    r"whose\s+(?:experiments?|evaluations?|results?|authors|abstracts?|methods?|cards?)(?:\s+(?:also|do))*",
)
_BETWEEN = rf"(?:\s*,?\s*\b{_FILLERS}\b)*"
_QUALIFIERS = r"(?:(?:other|different|distinct|individual|of|the|these|those|them|your|all|such|research|single|listed|any|some|more)\s+)*"
_ALL = r"(?:(?:me|us|out|up|down|a|the|all|every|each|any|single|of|those|these|complete|full|entire|list|research|other|some|for)\s+)*"
_ASKING = "list|show|give|tell|find|name|enumerate|display|get|need|want|see|look|looking|search|retrieve|fetch|return|identify|collect"
_HEADS: tuple[tuple[ListingKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(head, re.IGNORECASE))
    for kind, head in (
        ("count", rf"\bhow\s+many\s+{_QUALIFIERS}(?:{PAPERS}\b)?(?:\s+(?:are|is)\s+there\b)?"),
        ("count", rf"\b(?:count|tally)\s+{_QUALIFIERS}{PAPERS}\b"),
        ("count", rf"\b(?:number|count|share|proportion|percentage|fraction)\s+of\s+{_QUALIFIERS}{PAPERS}\b"),
        ("count", rf"^total\s+{_QUALIFIERS}{PAPERS}\b"),
        ("list", rf"\b(?:which|what(?:\s+are)?)\s+{_QUALIFIERS}(?:{PAPERS}|ones)\b(?<!\bpaper)(?<!\bwork)(?<!\bcard)(?<!\barticle)"),
        ("list", rf"\bwhich\s+(?:of\s+(?:these|those|them)\b\s*)?(?:{PAPERS}\s+)?(?=(?:also\s+)?(?:mention|cite|report|use|test|evaluate|compare)\b)"),
        ("list", rf"\b(?:{_ASKING})\s+{_ALL}{PAPERS}\b"),
        ("list", rf"\b(?:are|is)\s+there\s+{_QUALIFIERS}(?:papers|works|studies|articles|cards|publications)\b"),
        ("list", rf"^(?:all|every|the|any)?\s*(?:the\s+)?{_QUALIFIERS}(?:papers|works|studies|articles|cards|publications|every\s+paper)\b"),
        ("list", rf"\b(?:do|did|have)\s+any\s+(?:of\s+)?{_QUALIFIERS}{PAPERS}\b"),
    )
)  # fmt: skip
# Heads of many other questions too, so only a name behind them makes a list.
_TENTATIVE: tuple[tuple[ListingKind, re.Pattern[str]], ...] = (
    ("list", re.compile(r"^who\b(?:\s+else)?(?!\s+(?:is|are|was|were|wrote|made)\b)", re.IGNORECASE)),
    ("list", re.compile(r"^(?:has|did|does)\s+any(?:one|body)\b", re.IGNORECASE)),
    ("count", re.compile(r"^how\s+many\s+(?:of\s+(?:these|those|them)\b\s*)?", re.IGNORECASE)),
)
_IS_USED = _any(
    r"mentioned|used|cited|named|discussed|evaluated(?:\s+on)?|tested(?:\s+on)?|reported(?:\s+on)?|referenced|employed",
    r"com(?:e|es|ing)\s+up|appear(?:s|ing)?|occur(?:s|ring)?|shows?\s+up|turns?\s+up|found|present",
)
_IS = r"(?:is|are|was|were|does|do|did|has|have)"
# The term stands before the verb: "in how many papers does GPQA come up?"
_INVERTED: tuple[tuple[ListingKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(form, re.IGNORECASE))
    for kind, form in (
        ("count", rf"\bhow\s+many\s+{_QUALIFIERS}{PAPERS}\s+{_IS}\s+(?P<term>.{{1,120}}?)\s+(?:been\s+)?{_IS_USED}(?:\s+(?:in|by|on))?\s*[?.]?$"),
        ("count", rf"\bhow\s+(?:often|frequently|many\s+times)\s+{_IS}\s+(?P<term>.{{1,80}}?)\s+(?:mentioned|com\w+\s+up|appear|show\s+up)\s*[?.]?$"),
        ("count", rf"^(?P<term>.{{1,80}}?)\s+(?:is|are)\s+{_IS_USED}\s+(?:in|by)\s+how\s+many\s+{PAPERS}\b"),
        ("list", rf"\b(?:which|what)\s+{_QUALIFIERS}{PAPERS}\s+{_IS}\s+(?P<term>.{{1,120}}?)\s+(?:been\s+)?{_IS_USED}(?:\s+(?:in|by|on))?\s*[?.]?$"),
        ("list", rf"^(?:is|are)\s+(?P<term>.{{1,80}}?)\s+{_IS_USED}\s+(?:in|by|on)\s+any\s+(?:of\s+)?{_QUALIFIERS}{PAPERS}\b"),
        ("list", rf"\b(?:{PAPERS})\s+(?:(?:in|on)\s+which|where)\s+(?P<term>.{{1,120}}?)\s+(?:(?:is|are|was|were)\s+)?{_IS_USED}\s*[?.]?$"),
        ("list", r"^where\s+(?:is|are|does|do)\s+(?P<term>.{1,80}?)\s+(?:mentioned|used|cited|come\s+up|appear|show\s+up)\s*[?.]?$"),
    )
)  # fmt: skip
# The term stands before the papers: "how many GRPO papers are there?"
_ADJECTIVE: tuple[tuple[ListingKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(form, re.IGNORECASE))
    for kind, form in (
        ("count", r"\bhow\s+many\s+(?P<term>[^,?]{1,60}?)[- ](?:papers|works|studies|articles)(?:\s+(?:are|is)\s+there|\s+do\s+you\s+\w+)?\s*[?.]*$"),
        ("list", rf"\b(?:{_ASKING})\s+{_ALL}(?P<term>[^,?]{{1,60}}?)[- ](?:papers|works|studies|articles)\s*[?.]*$"),
    )
)  # fmt: skip
_ORDINARY = re.compile(
    r"^(?:most|people|recent|new|newest|latest|best|good|interesting|relevant|related|other|main|key|important|similar|different|"
    r"various|many|research|scientific|academic|more|top|great|your|first|last|two|three|four|five|ten|few|\d+)\b",
    re.IGNORECASE,
)
_OF_PAPERS = re.compile(
    r"\b(?:how\s+(?:are|many)|of|the|for|in|across|among|do)\s+(?:the\s+|all\s+)?(?P<term>[^,?]{1,40}?)[- ](?:papers|works|studies|articles)\b",
    re.IGNORECASE,
)
_IN_WHICH = re.compile(
    rf"\b(?:is|are|does|do)\s+(?P<term>[^,?]{{1,60}}?)\s+(?:most\s+|more\s+)?(?:often\s+)?{_IS_USED}", re.IGNORECASE
)
_BUT_NOT = re.compile(
    rf"\s*,?\s*\b(?:(?:but|and|yet|while|although)\s+(?:(?:that|which)\s+)?(?:{_NOT}|no|without)(?:\s+{_DOES})?|"
    rf"without(?:\s+(?:mentioning|using|citing))?|except(?:\s+for)?(?:\s+(?:those|ones)(?:\s+(?:that|which))?)?(?:\s+{_DOES})?|"
    rf"excluding(?:\s+(?:those|ones)(?:\s+(?:that|which))?)?(?:\s+{_DOES})?|(?:that|which)\s+{_NOT}\s+{_DOES})\s+(?=\S)",
    re.IGNORECASE,
)  # fmt: skip
_BEGINS = re.compile(
    rf"{_BETWEEN}(?P<not>\s+{_NOT})?,?\s+"
    rf"(?:(?P<does>{_DOES})|(?P<concerns>{_CONCERNS})|(?P<other>{_OTHER}))(?=\s)",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    rf"\s*,?\s*\b(?P<joint>and|or)\s+(?:also\s+|that\s+|which\s+)*(?:{_DOES}|are\s+about)(?=\s)", re.IGNORECASE
)
_NEITHER = re.compile(r"\s*neither\s+", re.IGNORECASE)
_NOTHING = re.compile(rf"{_BETWEEN}(?:\s+(?:please|now|at\s+all|so\s+far|together))*\s*[?.!]*$", re.IGNORECASE)


def asked(words: str, scoped: bool) -> Asked | None:
    """What a sentence asks for; see `listing_of`."""
    for kind, inverted in _INVERTED:
        if match := inverted.search(words):
            return Asked(kind, match["term"])
    for kind, head in _HEADS:
        for match in head.finditer(words):
            bare = match[0].lower().startswith("how many") and not re.search(rf"{PAPERS}", match[0], re.IGNORECASE)
            if bare and not scoped:
                continue
            found = _after(kind, words[match.end() :], scoped or kind == "count")
            if found is not None:
                return found
    for kind, head in _TENTATIVE:
        if (begun := head.match(words)) and (found := _after(kind, words[begun.end() :], False)) and not found.topical:
            return replace(found, tentative=True)
    for kind, adjective in _ADJECTIVE:
        match = adjective.search(words)
        if match and not _ORDINARY.match(match["term"]):
            return Asked(kind, match["term"])
    return None


def of_which_papers(words: str) -> Asked:
    """Which papers a question about their number in each category and the like is about."""
    for papers in re.finditer(rf"\b{PAPERS}\b", words, re.IGNORECASE):
        found = _after("list", words[papers.end() :], False)
        if found is not None:
            return found
    for form in (_OF_PAPERS, _IN_WHICH):
        match = form.search(words)
        if match and not _ORDINARY.match(match["term"]):
            return Asked("list", match["term"])
    return Asked("list")


def _after(kind: ListingKind, rest: str, whole: bool) -> Asked | None:
    """What follows the word for papers: a verb and its object, or nothing more."""
    match = _BEGINS.match(rest if rest[:1].isspace() else f" {rest}")
    if _NOTHING.fullmatch(rest):
        return Asked(kind) if whole else None
    if match is None:
        return None
    rest = rest if rest[:1].isspace() else f" {rest}"
    wanted, unwanted = rest[match.end() :], ""
    if match["not"]:
        return Asked(kind, "", wanted)
    if neither := _NEITHER.match(wanted):
        return Asked(kind, "", wanted[neither.end() :].replace(" nor ", " or "))
    if negation := _BUT_NOT.search(wanted):
        wanted, unwanted = wanted[: negation.start()], wanted[negation.end() :]
    # "compare with or mention X", "use X and report results on Y": one object, or one more.
    first = _AGAIN.match(wanted)
    if first is not None:
        wanted = wanted[first.end() :]
    wanted = _AGAIN.sub(lambda found: f" {found['joint']}", wanted)
    return Asked(kind, wanted, unwanted, match["concerns"] is not None, match["other"] is not None)
