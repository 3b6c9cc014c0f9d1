"""No question, however it is shaped, is slow to understand, makes an answer fail, or breaks a guarantee."""

import time

import pytest
from asking import answered
from rounds import TIMES

from assistant import Assistant
from assistant.pipeline import _understood
from assistant.routes import Parts
from assistant.understanding.presupposed import presupposed
from evals.guarantees import check_guarantees

# Seconds of processor time.
LIMIT = 0.5
SHAPES = {
    "of the": "of the " * 4000,
    "which": "哪些" * 2000,
    "commas": "what, " * 4000,
    "only commas": "," * 8000,
    "one name often": "GRPO " * 4000,
    "many names": " ".join(f"Aname{number}" for number in range(3000)),
    "one long word": "a" * 100_000,
    "one long number": "1" * 100_000,
    "and": "and " * 4000,
    "versus": "A vs " * 3000,
    "comparisons": "compare A and B, " * 2000,
    "lists": "which papers mention " * 2000,
    "counts": "how many papers " * 3000,
    "Chinese counts": "多少篇" * 3000,
    "Chinese comparisons": "比较A和B" * 2000,
    "Chinese and": "和" * 8000,
    "Chinese of": "的" * 8000,
    "Chinese lists": "列出所有提到" * 2000,
    "exclusions": "GRPO but not " * 2000,
    "quotation marks": '"' * 8000,
    "quotations": '"a" ' * 3000,
    "open brackets": "(" * 8000,
    "square brackets": "[" * 8000,
    "markers": "[1]" * 3000,
    "dashes": "-" * 8000,
    "letters and dashes": "a-" * 8000,
    "dots": "." * 8000,
    "blanks": " " * 100_000 + "x",
    "line breaks": "\n" * 50_000 + "x",
    "question marks": "?" * 8000,
    "short sentences": "".join(f"a{number}? " for number in range(2000)),
    "places": "the first " * 3000,
    "Chinese places": "第一个" * 3000,
    "it": "it " * 4000,
    "trends": "which benchmarks are used most " * 1000,
    "exceptions": "except GRPO " * 2000,
    "two languages": "GRPO和" * 3000,
    "slashes": "a/b/" * 3000,
    "open formulas": "$\\frac{" * 3000,
    "backslashes": "\\" * 20_000,
    "addresses": "http://" * 3000,
    "accents": "e" + "\u0301" * 20_000,
    "pictures": "🦙" * 8000,
    "joined pictures": "👨‍👩‍👧" * 3000,
    "turned round": "\u202e" * 8000 + "x",
    "NUL": "\0" * 8000 + "x",
    "halves of characters": "\ud800" * 4000 + "x\udfff",
    "full width": "ＡＢＣ" * 4000,
    "a list of names": ", ".join(f"Ab{number}Cd" for number in range(2000)),
    "a chain of names": " and ".join(f"Ab{number}Cd" for number in range(2000)),
    "a Chinese list": "、".join(f"方法{number}" for number in range(2000)),
    "apostrophes": "don't " * 3000,
    "versions": "1." * 8000,
    "shares": "%" * 8000,
    "tags": "tagged #" * 2000,
    "known names": "GuardSpace and REAP or MoNE " * 1000,
    "thanks": "thanks " * 3000,
    "why": "Why does GuardSpace need " * 3000,
    "why, what follows": "Why does GuardSpace need" + ", and what" * 4000,
    "proofs": "how does GuardSpace prove " * 3000,
    "Chinese why": "GuardSpace为什么" * 3000,
    "10 MB of words": "model safety " * 800_000,
    "10 MB of one word": "x" * 10_000_000,
    "10 MB of Chinese": "模型" * 1_700_000,
    "repetition": "How does GuardSpace keep a model safe? " * 25_000,
}
HISTORY = [
    {"role": "user", "content": "Compare REAP and MoNE"},
    {"role": "assistant", "content": "REAP prunes experts [1]. MoNE replaces them [2]."},
]


@pytest.mark.parametrize("history", [[], HISTORY], ids=["first", "follow-up"])
@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_no_question_is_slow_to_understand(assistant: Assistant, shape: str, history: list[dict[str, str]]) -> None:
    assistant.ready()
    parts = Parts(assistant._collection, assistant.checker, None, history)
    began = time.thread_time()
    _understood(SHAPES[shape], parts, None)
    spent = time.thread_time() - began
    if spent > LIMIT:  # the first of all also loads what understanding needs
        began = time.thread_time()
        _understood(SHAPES[shape], parts, None)
        spent = time.thread_time() - began
    assert spent < LIMIT


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_no_question_is_slow_to_be_asked_what_it_takes_for_granted(shape: str) -> None:
    began = time.thread_time()
    presupposed(SHAPES[shape])
    assert time.thread_time() - began < LIMIT


@pytest.mark.parametrize("shape", sorted(SHAPES) if TIMES > 1 else sorted(SHAPES)[::3])
def test_any_question_is_answered_or_refused_in_one_sentence(assistant: Assistant, shape: str) -> None:
    began = time.process_time()
    answered(assistant, SHAPES[shape])
    assert time.process_time() - began < 10 * LIMIT


@pytest.mark.parametrize("shape", ["10 MB of words", "10 MB of Chinese", "halves of characters", "many names"])
def test_a_long_conversation_before_a_question_costs_no_more(assistant: Assistant, shape: str) -> None:
    history = [{"role": role, "content": SHAPES[shape]} for role in ("user", "assistant")] * 3
    began = time.process_time()
    answer = assistant.answer("And on which data sets?", history=history)
    assert time.process_time() - began < 10 * LIMIT
    check_guarantees(answer, assistant.card)
