"""The benchmarks and models that cards name where they speak of their experiments."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from assistant.catalog.abbreviations import Abbreviations
from assistant.names import fold, looks_like_name
from vectorstore.cards import PaperCard
from vectorstore.latex import readable
from vectorstore.passages import Passage, passages_of

_TOKEN = re.compile(r"[A-Za-z0-9∇τ]+(?:[-_.+@][A-Za-z0-9∇τ]+)*\+{0,2}")
_EXPERIMENT = re.compile(
    r"benchmark|data ?set|evaluat|experiment|\btest(?:ed|s)?\b|compared?\b|accuracy|outperform|achiev|score|"
    r"基准|数据集|实验|评测|评估|测试|准确率|成绩|上(?:达到|取得|优于|提升|验证)",
    re.IGNORECASE,
)
# Qwen2.5-7B-Instruct is a Qwen2.5; a name with a size in it is a model's.
_SIZED = re.compile(r"(?P<family>.*?[A-Za-z].*?)[-_]?(?:\d+(?:\.\d+)?|\d+x\d+)[BM](?:[-_].*)?")
# Families that are named without a size.
_FAMILY = re.compile(
    r"(?:(?:chat)?gpt(?!q|zero|score)|claude|gemini|gemma|grok|deepseek|qwen|qwq|llama|llava|mi[sx]tral|olmo|phi\d|internvl|"
    r"internlm|vicuna|roberta|bert(?!score)|clip(?!score|based)|kimi|(?:chat)?glm|llada|openvla|smollm|pythia|minicpm|"
    r"o[134](?:mini|preview|pro)?$)"
)
_BEFORE = re.compile(
    r"(?:\bon|\bacross|benchmarks?(?: \w+)?|data ?sets?(?: \w+)?|在|于)\s*(?:the\s+|both\s+)?$", re.IGNORECASE
)
_AFTER = re.compile(
    r"\s*(?:benchmark|data ?set|test set|suite|leaderboard|等?\w{0,4}(?:基准|数据集|任务|测试集|竞赛|题|榜)|上)",
    re.IGNORECASE,
)
_JOINT = re.compile(r"\s*(?:(?:,|、|/|and|与|和|及|;|或)\s*){1,3}")
# Kinds of tasks, which stand where benchmarks do.
_TASKS = frozenset(["qa", "vqa", "ood", "ocr", "asr", "nlp", "nlu", "nlg", "sota", "mt", "tts", "ner", "gpu", "gpus"])
_KIND_OF_MODEL = re.compile(r".*l{1,2}ms?$")
_YEAR_NEXT = re.compile(r"[ -](?:20)?(?P<year>2\d)(?!\d)")
_YEAR_AFTER = re.compile(r"(?:/|&| and |和|与)(?:20)?(?P<year>2\d)(?!\d)")
_YEAR_WITHIN = re.compile(r"(?P<exam>[A-Z]{3,})-?(?:20)?(?P<year>2\d)")
# Of the cards that name a benchmark most speak of it as tested on, and of those many in the very words.
_IN_EXPERIMENTS, _TESTED_ON, _LEAST = 0.75, 0.3, 2
# The patterns take the square of a name's length.
_LONGEST_NAME = 100


# Where a sentence stands on its card: field, start and end.
Place = tuple[str, int, int]


class Named(NamedTuple):
    """A name in a sentence: as counted, whether a size says that it is a model, and whether it is tested on."""

    name: str
    sized: bool
    tested_on: bool


class Sentence(NamedTuple):
    """A sentence of a card that has names in it, and whether it speaks of experiments."""

    place: Place
    experiment: bool
    names: Sequence[Named]


@dataclass
class _Seen:
    """Where one name was seen; each by card id."""

    spellings: Counter[str] = field(default_factory=Counter)
    anywhere: set[str] = field(default_factory=set)
    tested: dict[str, list[Place]] = field(default_factory=dict)
    tested_on: set[str] = field(default_factory=set)
    sized: bool = False


@dataclass(frozen=True)
class Tested:
    """One benchmark or model: its name and, by card in the collection's order, the sentences that test on it."""

    name: str
    sentences: Mapping[str, Sequence[Place]]


@dataclass(frozen=True)
class Experiments:
    """What the cards test on, each the most used first."""

    benchmarks: tuple[Tested, ...]
    models: tuple[Tested, ...]

    @classmethod
    def of(cls, read: Iterable[tuple[str, Iterable[Sentence]]], abbreviations: Abbreviations) -> "Experiments":
        """Collect the names in experiment sentences; an abbreviation is no benchmark.

        Args:
            read: card ids with what `tested_on_card` gives of each.
            abbreviations: those of the collection.
        """
        seen: dict[str, _Seen] = defaultdict(_Seen)
        for card_id, sentences in read:
            for place, experiment, names in sentences:
                for name, sized, tested_on in names:
                    one = seen[_key(name)]
                    one.spellings[name] += 1
                    one.anywhere.add(card_id)
                    one.sized = one.sized or sized
                    if experiment:
                        one.tested.setdefault(card_id, []).append(place)
                        if tested_on:
                            one.tested_on.add(card_id)
        models = [one for key, one in seen.items() if one.sized or _FAMILY.match(key)]
        benchmarks = [
            one
            for key, one in seen.items()
            if _is_benchmark(key, one) and not any(map(abbreviations.other_wordings, one.spellings))
        ]
        return cls(_ranked(benchmarks), _ranked(models))


def tested_on_card(card: PaperCard) -> list[Sentence]:
    """The sentences of a card that have names in them, its own method's left out."""
    # What a title says before its colon is the paper's own.
    own = {fold(word) for word in _TOKEN.findall(re.split("[:：]", card.title)[0])}
    found = (_read(passage, own) for passage in passages_of(card))
    return [sentence for sentence in found if sentence.names]


def _read(passage: Passage, own: set[str]) -> Sentence:
    """Every name of a passage; one of a list is tested on where the one before it is."""
    text = unicodedata.normalize("NFKC", readable(passage.text))
    experiment = passage.field == "experiments" or (
        passage.field in ("abstract", "tldr") and _EXPERIMENT.search(text) is not None
    )
    end, on = 0, False
    names: list[Named] = []
    for name, start, stop, sized in _names(text):
        key = _key(name)
        if len(key) < 2 or key in own:
            continue
        if experiment:
            on = (
                _BEFORE.search(text, max(0, start - 40), start) is not None
                or _AFTER.match(text, stop) is not None
                or (on and end > 0 and _JOINT.fullmatch(text, end, start) is not None)
            )
            end = stop
        names.append(Named(name, sized, on))
    return Sentence((passage.field, passage.start, passage.end), experiment, names)


def _names(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """The names of a text: as counted, where, and whether a size says that it is a model."""
    for token in _TOKEN.finditer(text):
        word, start, stop = token[0], token.start(), token.end()
        if len(word) > _LONGEST_NAME or not looks_like_name(word) or word[0].isdigit():
            continue
        sized = _SIZED.fullmatch(word)
        name = sized["family"] if sized else word
        # AIME 2024, AIME2024 and AIME24 are one exam.
        if name.isalpha() and name.isupper() and (year := _YEAR_NEXT.match(text, stop)):
            yield f"{name}{year['year']}", start, year.end(), False
        elif (joined := _YEAR_WITHIN.fullmatch(name)) is not None:
            yield f"{joined['exam']}{joined['year']}", start, stop, False
            if (year := _YEAR_AFTER.match(text, stop)) is not None:
                yield f"{joined['exam']}{year['year']}", start, year.end(), False
        else:
            yield name, start, stop, sized is not None


@lru_cache(maxsize=16_384)
def _key(name: str) -> str:
    return fold(name)


def _is_benchmark(key: str, one: _Seen) -> bool:
    cards = len(one.tested)
    return (
        not one.sized
        and key not in _TASKS
        and _KIND_OF_MODEL.fullmatch(key) is None
        and _FAMILY.match(key) is None
        and cards >= _LEAST
        and cards >= _IN_EXPERIMENTS * len(one.anywhere)
        and len(one.tested_on) >= _TESTED_ON * cards
    )


def _ranked(found: Iterable[_Seen]) -> tuple[Tested, ...]:
    tested = [Tested(one.spellings.most_common(1)[0][0], one.tested) for one in found if one.tested]
    return tuple(sorted(tested, key=lambda one: (-len(one.sentences), one.name.casefold())))
