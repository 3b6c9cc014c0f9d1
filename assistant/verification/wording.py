"""Words that turn a statement round, in both languages: negation, direction, quantity, comparison."""

import re


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


NEGATION = _words(
    r"\b(?:no|not|never|without|none|neither|nor|cannot|unable|fails? to|lacks?|free|less|un(?:changed|"
    r"necessary|needed|aware)|"
    r"rather than|instead of|avoid\w*|eliminat\w*|remov\w*|does ?n.t|do ?n.t|is ?n.t|training-free|nothing|"
    r"hardly|barely)\b|n't\b|"
    r"不|无需|无须|没有|未|无法|无|难以|避免|摆脱|而非|免|并非|非|缺乏|消除|取消"
)
NEED = _words(
    r"\b(?:need|require|depend|rel(?:y|ies)|must|necessary|has to|have to)\w*\b|需要|需|必须|依赖|要求|借助|依靠"
)
UP = _words(
    r"\b(?:increas|improv|rais|gain|boost|higher|more|faster|grow|rise|rose|better|outperform|exceed|surpass|"
    r"amplif|enhanc|strengthen|"
    r"larger|beat|win|ahead|accelerat|above|up from)\w*\b|提升|提高|增加|增强|上升|升|更高|优于|超过|超越|胜过|"
    r"加速|加快|放大|改善|领先|更好|高于|更快|增长"
)
DOWN = _words(
    r"\b(?:decreas|reduc|lower|drop|fall|fell|declin|less|fewer|slower|worse|cut|degrad|shrink|hurt|harm|"
    r"weaken|lose|loses|lost|"
    r"mitigat|lessen|below|behind|underperform|smaller|save|saving)\w*\b|降低|下降|减少|降至|降到|降|缩减|削弱|"
    r"变差|恶化|更低|损害|不如|低于|减弱|减轻|节省|落后|更差|缩小"
)
TOTAL = _words(
    r"\b(?:all|every|each|always|any|everywhere|invariabl\w*|regardless|no matter|whatever|entire(?:ly)?|"
    r"complete(?:ly)?|full(?:y)?|universal\w*|guarante\w*|perfect\w*|never|none|across the board|no exception)\b|"
    r"所有|全部|任何|任意|每个|每种|每一|每项|总是|始终|一律|完全|彻底|无论|全面|(?<![平人])均(?![衡匀值方摊])|都|必然|一定|保证|完美|各种|从不|"
    r"永远|绝对(?!提升|增益|增长|收益|改进|改善|涨幅|值|误差|差)|一概|毫无"
)
EXTREME = _words(
    r"\b(?:only|solely|exclusively|sole|best|first|largest|highest|strongest|most|both|exactly|proves?|proven)\b|"
    r"唯一|只有|仅|只需|首个|首次|最|证明"
)
HEDGE = _words(
    r"\b(?:some|often|several|many|up to|on average|average|may|might|can|could|typically|usually|mostly|about|"
    r"around|nearly|almost|"
    r"comparable|competitive|partial\w*|potential\w*|suggest\w*|generally|certain|a few|as much as|at most|"
    r"over|more than)\b|"
    r"部分|一些|多数|常|往往|平均|最多|最高|可能|约|近|接近|左右|通常|多个|若干|某些|有望|潜在|可以|一定程度|相当"
)
# A sentence that begins so says the opposite of what follows.
DENIAL = _words(
    r"\b(?:it is|it's|it was|that is) (?:not (?:true|the case|correct|so)|untrue|false|wrong|incorrect)\b|"
    r"\bfalsely\b|"
    r"\bcontrary to\b|并非如此|事实(?:上)?并非|(?:这|那)?(?:并)?不是真的|(?:这|那)?是(?:错误|假)的|"
    r"与事实(?:不符|相反)"
)
CAUSE = _words(
    r"\b(?:because|due to|caus\w*|result(?:s|ing)? from|stem\w*|thanks to|owing|leads? to|therefore|thus|by)\b|"
    r"因为|由于|导致|源于|因此|所以|通过|归因"
)
PATTERNS = {
    "negation": NEGATION,
    "need": NEED,
    "up": UP,
    "down": DOWN,
    "total": TOTAL,
    "extreme": EXTREME,
    "hedge": HEDGE,
    "cause": CAUSE,
}


def matches(name: str, text: str) -> list[str]:
    """The words of one kind that a text uses, folded."""
    return [match.group().casefold() for match in PATTERNS[name].finditer(text)]
