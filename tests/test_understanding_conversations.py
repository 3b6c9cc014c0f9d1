"""Conversations in both languages: what a follow-up means, and what is about something new."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from assistant.names import NameIndex
from assistant.understanding.context import InContext, in_context
from assistant.understanding.wording import clean
from vectorstore.corpus import builtin_cards

GUARDSPACE, KVTC, WSVD, LIGHTMEM, RETOOL = (
    "align-a6ef98",
    "effic-559706",
    "effic-1aa8b0",
    "agent-b3f10a",
    "agent-601b9a",
)
FEDTDP, VLJEPA, SVS, DESLOC, EAGER = "align-257fba", "mm-e5b6fe", "align-946f0e", "effic-ae5930", "reason-90ca52"
# Two that have no name of their own.
LAYERS, HURTS = "effic-60420e", "effic-85f875"
CACHE = (KVTC, WSVD, LAYERS)


@cache
def _known() -> tuple[NameIndex, Mapping[str, str]]:
    cards = builtin_cards()
    return NameIndex.build(cards), {card.id: card.title for card in cards}


def named(text: str) -> Mapping[str, float]:
    """The cards that a text names."""
    return _known()[0].cards_named(text)


def titles(card_ids: Sequence[str]) -> Mapping[str, str]:
    """The titles of cards of the built-in corpus."""
    return {card_id: _known()[1][card_id] for card_id in card_ids if card_id in _known()[1]}


def means(text: str, card_id: str) -> bool:
    """Whether a text names a card, by its own name or its title."""
    return named(text).get(card_id, 0.0) >= 0.9 or _known()[1][card_id] in text


def told(*turns: tuple[str, Sequence[str]], kind: str = "single") -> list[dict[str, Any]]:
    """Questions and the cards that their answers cited, as the log gives them; all but the last of kind single."""
    history: list[dict[str, Any]] = []
    for number, (question, cards) in enumerate(turns):
        text = " ".join(f"Something is said. [{marker}]" for marker in range(1, len(cards) + 1))
        history += [
            {"role": "user", "content": question},
            {
                "role": "assistant",
                "content": text,
                "cards": list(cards),
                "kind": kind if number == len(turns) - 1 else "single",
            },
        ]
    return history


def asked(question: str, history: Sequence[Mapping[str, Any]]) -> InContext:
    return in_context(clean(question), history, named, titles)


@dataclass(frozen=True)
class Follow:
    """A follow-up and the cards that it means."""

    history: list[dict[str, Any]]
    question: str
    cards: tuple[str, ...]
    others: tuple[str, ...] = ()


HOW = ("How does GuardSpace keep a model safe?", (GUARDSPACE,))
WHICH = ("What work is there on making a model's cache smaller?", CACHE)
WHICH_ZH = ("有哪些工作研究怎样缩小缓存?", CACHE)
NAMELESS = ("Which layers should stay softmax when one makes a hybrid model?", (LAYERS,))
MEMORY = ("怎样给大模型做一个像人一样的记忆系统?", (LIGHTMEM,))
VERSUS = ("KVTC versus WSVD: which problem does each solve?", (KVTC, WSVD))
VERSUS_ZH = ("KVTC 和 WSVD 有什么不同?", (KVTC, WSVD))

FOLLOWS = [
    # What was shown without being named
    Follow(told(NAMELESS), "And how much does it save?", (LAYERS,)),
    Follow(told(NAMELESS), "Which data sets did they use?", (LAYERS,)),
    Follow(told(NAMELESS), "What are its limits?", (LAYERS,)),
    Follow(told(NAMELESS), "Why?", (LAYERS,)),
    Follow(told(MEMORY), "它在哪些数据集上测试过?", (LIGHTMEM,)),
    Follow(told(MEMORY), "能省多少词元?", (LIGHTMEM,)),
    Follow(told(MEMORY), "准确率呢?", (LIGHTMEM,)),
    Follow(told(MEMORY, ("它分哪几个阶段?", (LIGHTMEM,))), "那效果提升了多少?", (LIGHTMEM,)),
    # What was named
    Follow(told(HOW), "And on which data sets?", (GUARDSPACE,)),
    Follow(told(HOW, ("And on which data sets?", (GUARDSPACE,))), "By how much does it beat AsFT?", (GUARDSPACE,)),
    Follow(told(HOW), "Which bigger models does the 7B one match or beat?", (GUARDSPACE,)),
    Follow(told(("SvS 怎么保持策略熵?", (SVS,))), "在 AIME 上 Pass@32 提高了多少?", (SVS,)),
    Follow(told(("SvS 怎么保持策略熵?", (SVS,))), "相比只用原题,效果提升了多少?", (SVS,)),
    Follow(told(("FoNE 怎么表示数字?", ("pretrain-76f114",))), "做 6 位小数加法时能省多少数据?", ("pretrain-76f114",)),
    # One of several
    Follow(told(WHICH, kind="topic"), "How does the second paper do it?", (WSVD,), (KVTC, LAYERS)),
    Follow(told(WHICH, kind="topic"), "Tell me more about the first one.", (KVTC,), (WSVD, LAYERS)),
    Follow(told(WHICH, kind="topic"), "and the third?", (LAYERS,), (KVTC, WSVD)),
    Follow(told(WHICH, kind="topic"), "What does paper 2 report?", (WSVD,), (KVTC, LAYERS)),
    Follow(told(WHICH, kind="topic"), "Does the last one need training?", (LAYERS,), (KVTC, WSVD)),
    Follow(told(WHICH_ZH, kind="topic"), "第二篇是怎么做的?", (WSVD,), (KVTC, LAYERS)),
    Follow(told(WHICH_ZH, kind="topic"), "第三篇呢?", (LAYERS,), (KVTC, WSVD)),
    Follow(told(WHICH_ZH, kind="topic"), "最后一篇的实验是在什么数据上做的?", (LAYERS,), (KVTC, WSVD)),
    Follow(told(WHICH_ZH, kind="topic"), "详细讲讲第1篇论文", (KVTC,), (WSVD, LAYERS)),
    Follow(told(VERSUS, kind="compare"), "How fast is the former?", (KVTC,), (WSVD,)),
    Follow(told(VERSUS, kind="compare"), "And what about the latter's accuracy?", (WSVD,), (KVTC,)),
    Follow(told(VERSUS_ZH, kind="compare"), "后者在哪些模型上做了实验?", (WSVD,), (KVTC,)),
    Follow(
        told(WHICH, ("How does the second paper do it?", (WSVD,)), kind="single"),
        "And the first one, how far does it compress?",
        (KVTC,),
        (WSVD, LAYERS),
    ),
    # The other one
    Follow(told(VERSUS, ("How much does KVTC compress?", (KVTC,))), "And how fast is the other one?", (WSVD,), (KVTC,)),
    Follow(told(VERSUS_ZH, ("KVTC 能压缩多少?", (KVTC,))), "另一篇呢?", (WSVD,), (KVTC,)),
    Follow(
        told(VERSUS, ("How much does the former compress?", (KVTC,))), "What about the other paper?", (WSVD,), (KVTC,)
    ),
    # Things keep their names when the subject changes and changes back
    Follow(told(HOW, ("What is LightMem?", (LIGHTMEM,))), "Where was it tested?", (LIGHTMEM,), (GUARDSPACE,)),
    Follow(
        told(HOW, ("What is LightMem?", (LIGHTMEM,)), ("How many stages does it have?", (LIGHTMEM,))),
        "What for?",
        (LIGHTMEM,),
        (GUARDSPACE,),
    ),
]


@pytest.mark.parametrize("case", FOLLOWS, ids=lambda case: case.question)
def test_a_follow_up_names_the_card_that_it_means(case: Follow) -> None:
    found = asked(case.question, case.history)
    assert found.leans
    assert found.standalone.endswith(clean(case.question))
    assert all(means(found.standalone, card) for card in case.cards), found
    assert not any(means(found.standalone, card) for card in case.others), found
    assert found.sides == ()
    assert found.within == ()


# What is about something new

NEW = [
    "What is speculative decoding?",
    "Which papers mention GSM8K?",
    "How many cards mention MMLU?",
    "How does LightMem remember things?",
    "Thanks!",
    "hello",
    "Why do models hallucinate?",
    "KV cache compression?",
    "Explain mixture of experts.",
    "Does distillation hurt reasoning?",
    "What is reward hacking and how is it measured?",
    "How can a small model be trained on its own outputs without collapsing?",
    "Who are the authors of KVTC and which lab are they from?",
    "How many H100 hours did it take to train VL-JEPA?",
    "Explain how OrthoQuant chooses its rotation matrices for 3-bit weights.",
    "What is OrthoQuant, and how does it work?",
    "My home Wi-Fi router forgot its password. How do I reset it?",
    "Do language models know when they do not know?",
    "Is it possible to train a model in FP4 from start to end?",
    "What has been done about jailbreaks?",
    "What does KVTC do, and what does it save?",
    "In two-stage training, does the first stage matter more than the second stage?",
    "什么是投机解码?",
    "谢谢!",
    "哪些论文提到 GSM8K?",
    "一共有几篇论文提到 HellaSwag?",
    "有哪些论文用到了 ImageNet?",
    "LightMem 是怎么记忆的?",
    "大模型为什么会产生幻觉?",
    "如何压缩 KV 缓存?",
    "智能体怎样学会使用工具?",
    "混合专家模型的路由有什么问题?",
    "KVTC 的压缩率是多少,它要不要训练?",
    "训练的第一个阶段和第二个阶段有什么不同?",
    "怎样判断一个奖励模型好不好,它会不会被钻空子?",
    "关于越狱攻击有哪些研究?",
]


@pytest.mark.parametrize("history", [told(HOW), told(WHICH, kind="topic"), told(VERSUS_ZH, kind="compare")])
@pytest.mark.parametrize("question", NEW)
def test_a_question_about_something_new_does_not_lean_on_the_past(question: str, history: list[dict[str, Any]]) -> None:
    found = asked(question, history)
    assert found == InContext(clean(question), clean(question), sure=found.sure)


def test_after_something_new_it_means_that() -> None:
    history = told(HOW, ("What is speculative decoding?", (DESLOC,)))
    found = asked("And how much does it save?", history)
    assert not means(found.standalone, GUARDSPACE)


# Comparing what was spoken of


@pytest.mark.parametrize(
    ("history", "question", "sides"),
    [
        (told(WHICH, kind="topic"), "Which of these is faster?", CACHE),
        (told(WHICH, kind="topic"), "Compare them.", CACHE),
        (told(WHICH, kind="topic"), "compare the first and the third", (KVTC, LAYERS)),
        (told(WHICH, kind="topic"), "How does the second one differ from the first?", (WSVD, KVTC)),
        (told(WHICH_ZH, kind="topic"), "第一篇和第三篇有什么不同?", (KVTC, LAYERS)),
        (told(WHICH_ZH, kind="topic"), "这几篇哪个效果更好?", CACHE),
        (told(WHICH, kind="topic"), "compare the first two", (KVTC, WSVD)),
        (told(WHICH_ZH, kind="topic"), "前两篇有什么不同?", (KVTC, WSVD)),
        (told(VERSUS, kind="compare"), "which one is faster?", (KVTC, WSVD)),
        (told(VERSUS, kind="compare"), "And which needs less memory?", (KVTC, WSVD)),
        (told(VERSUS_ZH, kind="compare"), "哪个更快?", (KVTC, WSVD)),
        (told(VERSUS_ZH, kind="compare"), "它们各自的局限是什么?", (KVTC, WSVD)),
        (told(HOW, ("What is LightMem?", (LIGHTMEM,))), "How do they differ?", (GUARDSPACE, LIGHTMEM)),
        (told(HOW, ("What is LightMem?", (LIGHTMEM,))), "Compare the two.", (GUARDSPACE, LIGHTMEM)),
        (told(("KVTC 是什么?", (KVTC,)), ("那 WSVD 呢?", (WSVD,))), "比较一下这两个方法", (KVTC, WSVD)),
        (told(HOW), "How does it compare with FedTDP?", (GUARDSPACE, FEDTDP)),
        (told(HOW), "它比 FedTDP 好吗?", (GUARDSPACE, FEDTDP)),
        (told(WHICH_ZH, ("KVTC 能压缩多少?", (KVTC,))), "它和第二篇比呢?", (KVTC, WSVD)),
        (told(NAMELESS), "How does it compare to LightMem?", (LAYERS, LIGHTMEM)),
        (told(WHICH, kind="topic"), "Is the second one cheaper than KVTC?", (WSVD, KVTC)),
    ],
)
def test_a_comparison_of_what_was_spoken_of_names_its_sides(
    history: list[dict[str, Any]], question: str, sides: tuple[str, ...]
) -> None:
    found = asked(question, history)
    assert found.leans
    assert len(found.sides) == len(sides), found
    assert all(means(side, card) for side, card in zip(found.sides, sides, strict=True)), found
    assert all(means(found.standalone, card) for card in sides)
    assert found.standalone.endswith(clean(question))


def test_a_long_list_is_not_compared_as_a_whole() -> None:
    many = tuple(card.id for card in builtin_cards()[:20])
    found = asked("Compare them.", told(("Which papers mention GRPO?", many), kind="list"))
    assert 2 <= len(found.sides) <= 4
    assert means(found.sides[0], many[0])
    assert not found.sure


# Asking within what was shown


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Which of these mention GSM8K?", "which papers mention GSM8K?"),
        ("Which of those papers use GRPO but not DPO?", "which papers use GRPO but not DPO?"),
        ("How many of them report results on AIME?", "how many papers report results on AIME?"),
        ("And how many of these are about agents?", "how many papers are about agents?"),
        ("其中哪些用到了 GRPO?", "哪些论文用到了 GRPO?"),
        ("这些论文里有多少篇提到 MATH?", "有多少篇论文提到 MATH?"),
        ("它们当中哪几篇提到了 DPO?", "哪些论文提到了 DPO?"),
    ],
)
def test_which_of_these_asks_within_what_was_shown(question: str, asks: str) -> None:
    history = told(("Which papers mention Qwen?", CACHE), kind="list")
    found = asked(question, history)
    assert found.leans
    assert found.within == CACHE
    assert found.asks == found.standalone == asks
    assert found.sides == ()


# The rest of a list

LISTING = ("Which papers mention GRPO?", CACHE)


@pytest.mark.parametrize(
    "question",
    [
        "show all",
        "Show me all of them.",
        "list them all",
        "all of them, please",
        "Show the rest",
        "and the rest?",
        "give me the full list",
        "ask for all of them",
        "全部列出",
        "把它们都列出来",
        "请全部列出来",
        "还有呢?",
        "显示全部",
        "剩下的呢?",
    ],
)
def test_show_all_repeats_the_last_list_in_full(question: str) -> None:
    found = asked(question, told(LISTING, kind="list"))
    assert (found.standalone, found.asks) == (LISTING[0], LISTING[0])
    assert found.show_all
    assert found.leans
    zoomed = [*told(LISTING, kind="list"), *told(("How does the first one work?", (KVTC,)))]
    assert asked(question, zoomed).standalone == LISTING[0]


def test_show_all_after_a_changed_list_shows_the_changed_one() -> None:
    history = [*told(LISTING, kind="list"), *told(("And DPO?", (WSVD,)), kind="list")]
    assert asked("show all", history).standalone == "Which papers mention DPO?"


def test_show_all_without_a_list_before_it_is_about_what_was_spoken_of() -> None:
    found = asked("show all", told(HOW))
    assert not found.show_all
    assert means(found.standalone, GUARDSPACE)


# The same list of something else


@pytest.mark.parametrize(
    ("before", "question", "repeated"),
    [
        ("Which papers mention GRPO?", "And DPO?", "Which papers mention DPO?"),
        ("Which papers mention GRPO?", "What about SWE-bench?", "Which papers mention SWE-bench?"),
        ("How many cards mention GSM8K?", "and MMLU-Pro?", "How many cards mention MMLU-Pro?"),
        ("哪些论文提到 GSM8K?", "那 MMLU 呢?", "哪些论文提到 MMLU?"),
        ("有多少篇论文用了 Qwen3?", "LLaMA 呢?", "有多少篇论文用了 LLaMA?"),
        ("What has been done about reward hacking?", "And about jailbreaks?", "What has been done about jailbreaks?"),
        ("What work is there on KV cache compression?", "And on pruning?", "What work is there on pruning?"),
        ("关于越狱攻击有哪些研究?", "那关于幻觉呢?", "关于幻觉有哪些研究?"),
    ],
)
def test_a_list_is_asked_again_of_something_else(before: str, question: str, repeated: str) -> None:
    found = asked(question, told((before, CACHE), kind="topic" if "about" in before or "关于" in before else "list"))
    assert (found.standalone, found.asks) == (repeated, repeated)
    assert found.leans


@pytest.mark.parametrize(
    ("before", "question", "narrowed"),
    [
        (LISTING[0], "Only the agent papers.", "Among the agent papers, which papers mention GRPO?"),
        (LISTING[0], "just the multimodal ones, please", "Among the multimodal papers, which papers mention GRPO?"),
        (LISTING[0], "only those from the agents section", "In the agents section, which papers mention GRPO?"),
        ("哪些论文提到 GRPO?", "只看 Agent 类的", "Agent 类的,哪些论文提到 GRPO?"),
        ("哪些论文提到 GRPO?", "推理类里呢?", "推理类里,哪些论文提到 GRPO?"),
        ("哪些论文提到 GRPO?", "Agent 类的呢?", "Agent 类的,哪些论文提到 GRPO?"),
    ],
)
def test_a_list_is_narrowed_by_the_next_question(before: str, question: str, narrowed: str) -> None:
    found = asked(question, told((before, CACHE), kind="list"))
    assert (found.standalone, found.asks) == (narrowed, narrowed)


# Histories of other programs, without our own keys


def plain(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    """Messages as any OpenAI client writes them."""
    return [
        message
        for question, answer in pairs
        for message in ({"role": "user", "content": question}, {"role": "assistant", "content": answer})
    ]


SAID = plain(
    (
        "What work is there on making a model's cache smaller?",
        "KVTC compresses reusable caches. [1] WSVD splits weights finely and quantizes them. [2]\n"
        "Another line picks which layers stay softmax. [3]",
    )
)


@pytest.mark.parametrize(
    ("question", "card"),
    [("How does the second paper do it?", WSVD), ("What about the first one?", KVTC), ("第二篇呢?", WSVD)],
)
def test_cards_are_told_by_the_names_in_an_answer(question: str, card: str) -> None:
    found = asked(question, SAID)
    assert means(found.standalone, card)
    assert found.standalone.endswith(clean(question))


def test_a_marker_stands_for_the_sentence_that_it_marks() -> None:
    found = asked("Tell me more about [3]", SAID)
    assert "Another line picks which layers stay softmax." in found.standalone
    assert "[" not in found.standalone.removesuffix("Tell me more about [3]")


def test_names_of_an_answer_are_compared() -> None:
    found = asked("Which of them is faster?", SAID)
    assert [means(side, card) for side, card in zip(found.sides, (KVTC, WSVD), strict=True)] == [True, True]


# Whatever a history holds


@pytest.mark.parametrize(
    "cards", [None, "align-a6ef98", [None, 7, {"x": 1}], ["no-such-card"], [["align-a6ef98"]], list(range(10_000))]
)
def test_cards_that_are_none_are_passed_over(cards: object) -> None:
    history = [
        {"role": "user", "content": HOW[0]},
        {"role": "assistant", "content": "It does. [1]", "cards": cards, "kind": ["x"]},
    ]
    for question in ("And how much does it save?", "the second paper?", "compare them", "show all"):
        assert asked(question, history).standalone.startswith(HOW[0])


def test_an_ordinal_beyond_what_was_shown_is_not_sure() -> None:
    found = asked("And the ninth paper?", told(WHICH, kind="topic"))
    assert not found.sure
    assert found.leans


def test_what_was_suggested_instead_of_an_answer_is_meant_only_where_it_is_pointed_at() -> None:
    history = told(("What does Wobble say about the cache?", ()))
    history[-1]["content"] = "The cards do not say."
    history[-1]["cards"] = [KVTC, WSVD]
    assert not means(asked("And how much does it save?", history).standalone, KVTC)
    assert means(asked("What does the second paper do?", history).standalone, WSVD)
