"""The wordings in which English asks for papers: heads of questions, verbs, and what may stand between them."""

import re
from collections.abc import Iterable

from assistant.understanding.asked import ListingKind
from assistant.understanding.scope import PAPERS

Form = tuple[ListingKind, re.Pattern[str]]


def _any(*words: str) -> str:
    return f"(?:{'|'.join(words)})"


def _verbs(stems: str) -> str:
    """Every form of some regular verbs."""
    forms = []
    for stem in stems.split():
        base = stem.rstrip("e")
        forms.append(f"{base}(?:{'e|es|ed' if stem.endswith('e') else '|s|es|ed|ied'}|{stem[-1]}?ing|{stem[-1]}ed)")
    return _any(*forms)


def _forms(*forms: tuple[ListingKind, str]) -> tuple[Form, ...]:
    return tuple((kind, re.compile(form, re.IGNORECASE)) for kind, form in forms)


_ON = r"(?:on|with|against|over)"
# What papers do with a term that stands in them as it is worded...
DOES = _any(
    _verbs("mention utilize employ adopt cite discuss contain include involve feature name beat outperform apply")
    + r"(?:\s+the\s+(?:phrase|term|word|name)s?)?",
    r"us(?:e|es|ed|ing)",
    rf"(?:{_verbs('report publish list show give present')}|has|have)(?:\s+\w+){{0,2}}?\s+(?:for|{_ON})",
    r"(?:do|does|did|run|runs|ran|running|conduct\w*|perform\w*)(?:\s+\w+){0,2}?\s+"
    rf"(?:experiments?|evaluations?|tests?|studies)\s+{_ON}",
    rf"(?:{_verbs('evaluate test benchmark experiment train work validate assess run')}|ran|running)"
    rf"(?:\s+(?!on\b|with\b|against\b|and\b|or\b)[\w-]+){{0,3}}?\s+{_ON}",
    _verbs("compare") + r"(?:\s+(?:themselves|itself|(?:their|its)\s+\w+))?\s+(?:with|to|against)",
    _verbs("compare fine-tune finetune report evaluate test experiment benchmark quantize"),
    r"refer\w*(?:\s+to)?",
    r"(?:talk\w*|speak\w*|say\s+(?:something|anything))\s+(?:about|of)",
    r"rel(?:y|ies|ied|ying)\s+on",
    r"(?:buil[dt]\w*|based)\s+(?:on|upon)",
    r"bring\w*\s+up",
    r"with",
)
# ... and with a topic, which may be worded in any way.
_CONCERNS = _any(
    r"about|on|regarding|concerning",
    _verbs(
        "address investigate explore target tackle consider examine analyze analyse cover propose introduce improve"
    ),
    _verbs("concern reduce"),
    r"stud(?:y|ies|ied|ying)",
    r"(?:look|focus|center|work)\w*\s+(?:at|into|on)",
    r"deal\w*\s+with",
    r"(?:try|tries|make|makes|train|solve|show|learn|combine|extend|develop|aim|handle|help|allow|enable|let)",
)
# Any other verb, for what is named behind it: "distil from DeepSeek-R1".
_OTHER = (
    r"(?!(?:are|were|you|there|have|from|than|more|most|does|did|per|for)\b)"
    r"[a-z]{3,}(?:\s+(?:from|on|with|to|into|over|for))?"
)
_NOT = r"(?:do\s+not|does\s+not|did\s+not|don'?t|doesn'?t|didn'?t|are\s+not|never|not)"
_FILLERS = _any(
    r"that|which|who|ones|here|there|do|have|has|had|been|are|were|was|be|is|can|also|both|either|and|if\s+any",
    r"explicitly|actually|directly|really|currently|ever|only|even|mainly|mostly|already|all|altogether",
    r"at\s+least|in\s+(?:total|all)|(?:in|from|of)\s+(?:this|the|your|our)\s+(?:collection|corpus|library|set|database|data)",
    r"you\s+(?:have|know|hold)|published|listed|available|collected|stored|indexed|their\s+authors",
    r"whose\s+(?:experiments?|evaluations?|results?|authors|abstracts?|methods?|cards?)(?:\s+(?:also|do))*",
)
_BETWEEN = rf"(?:\s*,?\s*\b{_FILLERS}\b)*"
_QUALIFIERS = (
    r"(?:(?:other|different|distinct|individual|of|the|these|those|them|your|all|such|research|single|listed|any|some|"
    r"more)\s+)*"
)
_SOME = (
    r"(?:(?:me|us|out|up|down|a|the|all|every|each|any|single|of|those|these|complete|full|entire|list|research|other|"
    r"some|for)\s+)*"
)
_ASKING = (
    r"(?:list|show|give|tell|find|name|enumerate|display|get|need|want|see|look|looking|search|retrieve|fetch|return|"
    r"identify|collect)"
)
_SEVERAL = r"(?:papers|works|studies|articles|cards|publications)"

HEADS = _forms(
    ("count", rf"\bhow\s+many\s+{_QUALIFIERS}{PAPERS}\b(?:\s+(?:are|is)\s+there\b)?"),
    ("count", rf"\b(?:count|tally)\s+{_QUALIFIERS}{PAPERS}\b"),
    ("count", rf"\b(?:number|count|share|proportion|percentage|fraction)\s+of\s+{_QUALIFIERS}{PAPERS}\b"),
    ("count", rf"^total\s+{_QUALIFIERS}{PAPERS}\b"),
    ("list", rf"\b(?:which|what(?:\s+are)?)\s+{_QUALIFIERS}(?:{_SEVERAL}|entries|ones)\b"),
    (
        "list",
        rf"\bwhich\s+(?:of\s+(?:these|those|them)\b\s*)?(?:{PAPERS}\s+)?"
        r"(?=(?:also\s+)?(?:mention|cite|report|use|test|evaluate|compare)\b)",
    ),
    ("list", rf"\b{_ASKING}\s+{_SOME}(?:{PAPERS}|everything)\b"),
    ("list", rf"\b(?:are|is)\s+there\s+{_QUALIFIERS}{_SEVERAL}\b"),
    ("list", rf"^(?:all|every|the|any)?\s*(?:the\s+)?{_QUALIFIERS}{_SEVERAL}\b"),
    ("list", r"^(?:any|every)\s+(?:paper|work|study|article)\b(?=\s+(?:that|which)\b)"),
    ("list", rf"\b(?:do|did|have)\s+any\s+(?:of\s+)?{_QUALIFIERS}{PAPERS}\b"),
)
# Where the question is known to be about papers: "among the agent papers, how many mention X?"
SCOPED_HEADS = _forms(("count", rf"\bhow\s+many\b(?:\s+{_QUALIFIERS.rstrip('*')})?"))
# Heads of many other questions too, so only a name behind them makes a list.
TENTATIVE_HEADS = _forms(
    ("list", r"^who\b(?:\s+else)?(?!\s+(?:is|are|was|were|wrote|made)\b)"),
    ("list", r"^(?:has|did|does)\s+any(?:one|body)\b"),
    ("count", r"^how\s+many\b(?:\s+of\s+(?:these|those|them)\b)?"),
)

_IS_USED = _any(
    r"mentioned|used|cited|named|discussed|evaluated(?:\s+on)?|tested(?:\s+on)?|reported(?:\s+on)?|referenced|employed",
    r"com(?:e|es|ing)\s+up|appear(?:s|ing)?|occur(?:s|ring)?|shows?\s+up|turns?\s+up|found|present",
)
_COMES_UP = r"(?:mentioned|com\w+\s+up|appear|show\s+up)"
_IS = r"(?:is|are|was|were|does|do|did|has|have)"
_END = r"(?:\s+(?:in|by|on))?\s*[?.]?$"
# The term stands before the verb: "in how many papers does GPQA come up?"
INVERTED = _forms(
    (
        "count",
        rf"\bhow\s+many\s+{_QUALIFIERS}{PAPERS}\s+{_IS}\s+(?P<term>.{{1,120}}?)\s+(?:been\s+)?{_IS_USED}{_END}",
    ),
    ("count", rf"\bhow\s+(?:often|frequently|many\s+times)\s+{_IS}\s+(?P<term>.{{1,80}}?)\s+{_COMES_UP}\s*[?.]?$"),
    ("count", rf"^(?P<term>.{{1,80}}?)\s+(?:is|are)\s+{_IS_USED}\s+(?:in|by)\s+how\s+many\s+{PAPERS}\b"),
    (
        "list",
        rf"\b(?:which|what)\s+{_QUALIFIERS}{PAPERS}\s+{_IS}\s+(?P<term>.{{1,120}}?)\s+(?:been\s+)?{_IS_USED}{_END}",
    ),
    (
        "list",
        rf"^(?:is|are)\s+(?P<term>.{{1,80}}?)\s+{_IS_USED}\s+(?:in|by|on)\s+any\s+(?:of\s+)?{_QUALIFIERS}{PAPERS}\b",
    ),
    (
        "list",
        rf"\b{PAPERS}\s+(?:(?:in|on)\s+which|where)\s+(?P<term>.{{1,120}}?)\s+"
        rf"(?:(?:is|are|was|were)\s+)?{_IS_USED}\s*[?.]?$",
    ),
    ("list", rf"^where\s+(?:is|are|does|do)\s+(?P<term>.{{1,80}}?)\s+(?:used|cited|{_COMES_UP})\s*[?.]?$"),
)
_ADJECTIVE_OF = r"(?P<term>[^,?]{1,60}?)[- ](?:papers|works|studies|articles)"
# The term stands before the papers: "how many GRPO papers are there?"
ADJECTIVES = _forms(
    ("count", rf"\bhow\s+many\s+{_ADJECTIVE_OF}(?:\s+(?:are|is)\s+there|\s+do\s+you\s+\w+)?\s*[?.]*$"),
    ("list", rf"\b{_ASKING}\s+{_SOME}{_ADJECTIVE_OF}\s*[?.]*$"),
)
# Adjectives that are no terms.
ORDINARY = re.compile(
    r"^(?:most|people|recent|new|newest|latest|best|good|interesting|relevant|related|other|main|key|important|similar|"
    r"different|various|many|research|scientific|academic|more|top|great|your|first|last|two|three|four|five|ten|few|"
    r"\d+)\b",
    re.IGNORECASE,
)
# Which papers a trend is about: "how are GRPO papers spread", "in which category is LoRA mentioned most".
TREND_SUBJECTS = (
    re.compile(
        rf"\b(?:how\s+(?:are|many)|of|the|for|in|across|among|do)\s+(?:the\s+|all\s+)?{_ADJECTIVE_OF}\b", re.IGNORECASE
    ),
    re.compile(
        rf"\b(?:is|are|does|do)\s+(?P<term>[^,?]{{1,60}}?)\s+(?:most\s+|more\s+)?(?:often\s+)?{_IS_USED}", re.IGNORECASE
    ),
)

# What follows a head: a verb and its object...
BEGINS = re.compile(
    rf"{_BETWEEN}(?P<not>\s+{_NOT})?,?\s+"
    rf"(?:(?P<does>{DOES})|(?P<concerns>{_CONCERNS})|(?P<other>{_OTHER}))(?=\s)",
    re.IGNORECASE,
)
# ... once more ("compare with or mention X"), denied, or nothing at all.
AGAIN = re.compile(
    rf"\s*,?\s*\b(?P<joint>and|or)\s+(?:also\s+|that\s+|which\s+)*(?:{DOES}|are\s+about)(?=\s)", re.IGNORECASE
)
_THOSE = r"(?:\s+(?:those|ones)(?:\s+(?:that|which))?)?"
BUT_NOT = re.compile(
    rf"\s*,?\s*\b(?:(?:but|and|yet|while|although)\s+(?:(?:that|which)\s+)?(?:{_NOT}|no|without)(?:\s+{DOES})?|"
    rf"without(?:\s+(?:mentioning|using|citing))?|except(?:\s+for)?{_THOSE}(?:\s+{DOES})?|"
    rf"excluding{_THOSE}(?:\s+{DOES})?|(?:that|which)\s+{_NOT}\s+{DOES})\s+(?=\S)",
    re.IGNORECASE,
)
NEITHER = re.compile(r"\s*neither\s+", re.IGNORECASE)
NOTHING = re.compile(rf"{_BETWEEN}(?:\s+(?:please|now|at\s+all|so\s+far|together))*\s*[?.!]*$", re.IGNORECASE)
PAPERS_NAMED = re.compile(rf"\b{PAPERS}\b", re.IGNORECASE)
EVERYTHING = re.compile(r"\b(?:all|every|each|complete|full|entire)\b", re.IGNORECASE)


def heads_of(words: str, forms: Iterable[Form]) -> Iterable[tuple[ListingKind, re.Match[str]]]:
    """Where some heads stand in a sentence, form by form."""
    return ((kind, match) for kind, form in forms for match in form.finditer(words))
