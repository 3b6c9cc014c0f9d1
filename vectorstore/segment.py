"""Text to the terms of the keyword index: English words and Chinese segments, folded to one spelling."""

import re
import threading
import unicodedata
from functools import cache, lru_cache

# A Latin term may hold inner hyphens, dots and plus signs (GPT-4.1, C++); Chinese runs are segmented by rjieba.
_PIECES = re.compile(r"[a-z0-9]+(?:[-_.'+][a-z0-9]+)*\+{0,2}|[\u3400-\u9fff]+|[^\W\d_]+|\d+", re.IGNORECASE)
_INNER = re.compile(r"[-_.'+]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

_STOP_EN = frozenset(
    [
        "a", "about", "after", "against", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "been",
        "before", "being", "between", "both", "but", "by", "can", "could", "did", "do", "does", "doing", "for",
        "from", "get", "gets", "had", "has", "have", "having", "he", "her", "here", "his", "how", "i", "if", "in",
        "into", "is", "it", "its", "itself", "just", "let", "like", "make", "makes", "me", "more", "most", "much",
        "my", "no", "nor", "not", "of", "off", "on", "once", "only", "or", "other", "our", "out", "over", "own",
        "s", "same", "she", "should", "so", "some", "such", "t", "than", "that", "the", "their", "them", "then",
        "there", "these", "they", "this", "those", "through", "to", "too", "under", "until", "up", "us", "use",
        "used", "using", "very", "was", "way", "we", "were", "what", "when", "where", "which", "while", "who",
        "whom", "whose", "why", "will", "with", "without", "would", "you", "your", "paper", "papers", "work",
        "works", "study", "there's", "really", "actually", "something", "someone", "anything",
    ]
)  # fmt: skip
_STOP_ZH = frozenset(
    [
        "的", "了", "和", "与", "及", "或", "在", "是", "有", "对", "把", "被", "从", "到",
        "向", "给", "让", "使", "用", "这", "那", "哪", "些", "个", "种", "吗", "呢", "吧",
        "啊", "么", "什么", "怎么", "怎样", "如何", "为什么", "哪些", "哪个", "哪种", "是否", "能",
        "能否", "可以", "会", "要", "想", "请", "我", "你", "他", "它", "我们", "你们", "他们",
        "它们", "之", "其", "而", "但", "也", "都", "就", "还", "又", "很", "更", "最", "不",
        "没", "没有", "有没有", "上", "下", "里", "中", "时", "后", "前", "一", "一个", "一种",
        "以", "为", "于", "等", "并", "则", "若", "如果", "因为", "所以", "通过", "进行", "以及",
        "这个", "那个", "这种", "这些", "那些", "论文", "研究", "工作", "办法", "方法",
    ]
)  # fmt: skip


class _Stemmers(threading.local):
    """One stemmer a thread: they must not be shared."""

    def __init__(self) -> None:
        import Stemmer

        self.english = Stemmer.Stemmer("english")


@cache
def _stemmers() -> _Stemmers:
    return _Stemmers()


def _stem(word: str) -> str:
    """The Snowball stem of an English word; anything with a digit is a name or a figure and stays."""
    return str(_stemmers().english.stemWord(word)) if word.isalpha() else word


@lru_cache(maxsize=65_536)
def _latin_terms(word: str) -> tuple[str, ...]:
    parts = [part for part in _INNER.split(word) if part]
    terms = [_stem(part.lower()) for part in parts]
    if len(parts) > 1:
        terms.append(_stem("".join(parts).lower()))
    for part in parts:
        humps = _CAMEL.split(part)
        if len(humps) > 1:
            terms.extend(_stem(hump.lower()) for hump in humps if len(hump) > 2)
    return tuple(terms)


def terms(text: str) -> list[str]:
    """The index terms of a text, in order, repeats included.

    A hyphenated or camel-case word gives its parts and the joined form, so that `Guard-Space`,
    `GuardSpace` and `guardspace` share a term.
    """
    import rjieba

    found: list[str] = []
    for match in _PIECES.finditer(unicodedata.normalize("NFKC", text)):
        piece = match.group()
        if "\u3400" <= piece[0] <= "\u9fff":
            found.extend(rjieba.cut_for_search(piece))
        elif piece[0].isascii():
            found.extend(_latin_terms(piece))
        else:
            found.append(piece.lower())
    return found


def content_terms(text: str) -> list[str]:
    """The distinct terms of a question that say what it is about: stop words of both languages left out."""
    stopped = _stopped()
    return [term for term in dict.fromkeys(terms(text)) if term not in stopped and len(term) < 64]


def index_terms(text: str) -> list[str]:
    """What a text is indexed by: its terms, and every two neighbouring Chinese characters.

    Where one segmentation cuts a compound in another place than the question's does, the pairs still meet.
    """
    return terms(text) + _pairs(text)


def query_terms(text: str) -> list[str]:
    """What a question is looked up by: its content terms and pairs, each once."""
    return content_terms(text) + list(dict.fromkeys(_pairs(text)))


def _pairs(text: str) -> list[str]:
    # The sign keeps a pair apart from a word of two characters, which segmentation gives already.
    runs = re.findall(r"[\u3400-\u9fff]{2,}", unicodedata.normalize("NFKC", text))
    return [f"#{run[place : place + 2]}" for run in runs for place in range(len(run) - 1)]


@cache
def _stopped() -> frozenset[str]:
    return _STOP_ZH | _STOP_EN | {_stem(word) for word in _STOP_EN}
