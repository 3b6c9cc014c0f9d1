"""Tags: read from both notations, shown as written, one key for every spelling."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.tags import normalise, split_tags


@pytest.mark.parametrize(
    ("line", "tags"),
    [
        ("#LLM #Reinforcement Learning #Math", ["LLM", "Reinforcement Learning", "Math"]),
        ("#Model Merging; Safety;LLMs", ["Model Merging", "Safety", "LLMs"]),
        ("#推理；效率； ;对齐;", ["推理", "效率", "对齐"]),
        ("  #a   b  #  c #", ["a b", "c"]),
        ("#a; #b ;；# c", ["a", "b", "c"]),
        ("#LLM #llm #LLM", ["LLM", "llm"]),
        ("#C# #F#", ["C#", "F#"]),
        ("#Type I/II errors #A, B #Softmax Bottleneck+", ["Type I/II errors", "A, B", "Softmax Bottleneck+"]),
        ("#(Large) Language Models", ["(Large) Language Models"]),
        ("#", []),
        ("# ; ；", []),
    ],
)
def test_tags_are_read_as_written_each_once(line: str, tags: list[str]) -> None:
    assert split_tags(line) == tags


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (
            ["LLM", "LLMs", "llm", "Large Language Model", "large language models", "Large-Language_Models", "ＬＬＭ"],
            "llm",
        ),
        (["Large Language Models (LLMs)", "large language model (LLM)"], "llm"),
        (["RL", "Reinforcement Learning", "reinforcement-learning"], "rl"),
        (["CoT", "Chain-of-Thought", "chain of thought", "Chain of Thoughts"], "cot"),
        (["Mixture of Experts", "Mixture-of-Experts", "MoE"], "moe"),
        (["MLLM", "Multimodal LLMs", "Multi-modal Large Language Models"], "mllm"),
        (["Benchmarks", "benchmark"], "benchmark"),
        (["Scaling Laws", "scaling law"], "scaling-law"),
        (["Studies", "study"], "study"),
        (["LLM Reasoning"], "llm-reasoning"),
        (["大语言模型"], "大语言模型"),
    ],
)
def test_all_spellings_of_a_tag_share_a_key(spellings: list[str], key: str) -> None:
    assert {normalise(spelling) for spelling in spellings} == {key}


@pytest.mark.parametrize(("one", "other"), [("LLM", "MLLM"), ("C", "C++"), ("RL", "RLHF"), ("Bias", "Basis")])
def test_different_tags_have_different_keys(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@pytest.mark.parametrize("word", ["analysis", "consensus", "loss", "as"])
def test_words_that_end_in_s_and_are_no_plural_stay(word: str) -> None:
    assert normalise(word) == word


@given(st.text(max_size=40))
def test_a_key_is_its_own_key_whatever_the_case(tag: str) -> None:
    key = normalise(tag)
    assert normalise(tag.upper().lower()) == normalise(tag.lower())
    assert key == key.strip("-")


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=9), max_size=6, unique=True))
def test_both_notations_read_back(tags: list[str]) -> None:
    assert split_tags(" ".join(f"#{tag}" for tag in tags)) == tags
    assert split_tags("#" + "；".join(tags)) == tags


@pytest.mark.parametrize("unit", ["#", "#a ", ";", "；", "(", "()", "- ", " "])
def test_tags_are_read_in_linear_time(unit: str) -> None:
    began = time.process_time()
    split_tags(unit * 50_000 + "x")
    normalise(unit * 50_000 + "x")
    assert time.process_time() - began < 2
