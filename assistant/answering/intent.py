"""What kind of sentence a question asks for."""

import re
from enum import Enum


class Intent(Enum):
    """Kinds of answer; each with the words of questions that ask for it and of sentences that give it."""

    AMOUNT = "amount"
    TESTED = "tested"
    HOW = "how"
    WHY = "why"
    FINDING = "finding"
    PROBLEM = "problem"
    WHAT = "what"

    def asked_in(self, question: str) -> bool:
        """Whether a question asks for this."""
        return _ASKED[self].search(question) is not None

    def says(self, sentence: str) -> bool:
        """Whether a sentence reads as giving this."""
        return _SAID[self].search(sentence) is not None


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_ASKED = {
    Intent.AMOUNT: _words(
        r"how (?:much|many|large|big|far|fast|well|often|long|small|close)|what (?:\w+ )?(?:score|accuracy|"
        r"gain|speed-?up|"
        r"improvement|reduction|rate|share|percent|figure|number|result|cost)s?|by how|percent|\bgains?\b|"
        r"speed-?ups?|"
        r"reported?|reach(?:es)?\b|save|score|多少|几(?:个|倍|种|成|项|篇)?|提升|提高|降低|减少|节省|达到|效果|"
        r"得分|准确率|成绩|倍|幅度|比例"
    ),
    Intent.TESTED: _words(
        r"test(?:ed)?\b|evaluat|benchmark|data ?sets?|which (?:tasks|models)|experiment|compared? (?:to|with|"
        r"against)|"
        r"评测|测试|基准|数据集|实验|验证|对比|在哪些"
    ),
    Intent.HOW: _words(
        r"\bhow (?:do|does|did|can|could|is|are|to|would|should|might)\b|way to|approach|method|mechanism|technique|"
        r"如何|怎么|怎样|办法|方法|做法|机制|思路|原理|用什么"
    ),
    Intent.WHY: _words(r"\bwhy\b|reason|cause|为什么|为何|原因|缘由|根源|怎么会"),
    Intent.FINDING: _words(
        r"\bfind|found|discover|show|reveal|observ|conclu|hold true|发现|结论|现象|揭示|观察|表明|是否|会不会|"
        r"能否|规律"
    ),
    Intent.PROBLEM: _words(r"problem|issue|limitation|challenge|gap|问题|缺陷|局限|不足|挑战|痛点"),
    Intent.WHAT: _words(
        r"what (?:is|are|does)\b|about\b|idea|是什么|什么是|介绍|讲(?:的|了)什么|有没有|is there|are there"
    ),
}
_SAID = {
    Intent.AMOUNT: _words(r"\d"),
    Intent.TESTED: _words(r"experiment|benchmark|evaluat|across \w+ |data ?sets?|实验|基准|评测|数据集|测试"),
    Intent.HOW: _words(
        r"\bwe (?:propose|introduce|present|design|develop)|\b(?:by|via|using|first|then|consists|framework)\b|"
        r"提出|通过|利用|采用|设计"
    ),
    Intent.WHY: _words(r"because|due to|caus|since|stems?|result(?:s|ing) from|由于|因为|导致|源于|原因"),
    Intent.FINDING: _words(
        r"\bwe (?:find|show|observe|reveal|demonstrate)|reveal|suggest|results show|发现|表明|揭示|显示"
    ),
    Intent.PROBLEM: _words(r"however|challenge|limit|lack|fail|suffer|但|难以|不足|缺乏|问题"),
    Intent.WHAT: _words(r"\bwe (?:propose|introduce|present)|\bis an?\b|提出|一种|首个"),
}


def intents_of(question: str) -> frozenset[Intent]:
    """The kinds that a question asks for; a question that shows none asks what something is."""
    found = frozenset(intent for intent in Intent if intent.asked_in(question))
    return found or frozenset({Intent.WHAT})
