"""Which questions ask what there is about a topic, and which ask for one thing."""

import pytest

from assistant.understanding.topics import asks_topic

TOPICS = [
    "What has been done about hallucination in medical models?",
    "What else has been done about tokenizers?",
    "关于 GRPO 还有哪些研究?",
    "Which methods exist for merging LoRA adapters?",
    "What work is there on watermarking?",
    "Give me an overview of research on tool use by small models.",
    "How have people tried to make reasoning shorter?",
    "Which approaches speed up diffusion language models?",
    "What are common ways to detect test set contamination?",
    "Is there any research on models that ask clarifying questions? Which papers?",
    "Papers about learning from user feedback",
    "Techniques for keeping long-context memory small",
    "What do the papers say about reward hacking?",
    "What strategies have been proposed against catastrophic forgetting?",
    "Summarize the work on world models for agents.",
    "What's the state of the art in speech-text models?",
    "Recent attempts to train models without a tokenizer?",
    "What ideas are there for making judges less biased?",
    "How do researchers evaluate creative writing?",
    "Tell me about the different solutions to the cold-start problem in RL.",
    "Which studies investigate the geometry of embeddings?",
    "Are there papers on pruning vision tokens?",
    "Any works on multilingual safety?",
    "survey the literature on test-time training",
    "大模型水印有哪些研究?",
    "关于奖励作弊都有哪些解决方案?",
    "目前怎么减少视觉 token,有哪些做法?",
    "有哪些论文讨论了模型的诚实性?",
    "研究智能体记忆的论文有哪些?",
    "介绍一下扩散语言模型加速方面的工作。",
    "综述一下测试时训练的研究进展",
    "大家都用什么办法来缓解灾难性遗忘?有哪些思路?",
    "哪些工作在做多语言安全?",
    "想了解长上下文训练的相关论文",
    "近期有哪些针对代码智能体的强化学习方法?",
    "不依赖奖励模型的对齐方法都有什么?",
    "有没有关于分词器的几篇论文?都讲了哪些方法",
    "压缩思维链的方法有几种?分别是什么路线?",
]

ONE_THING = [
    "How does GuardSpace keep a model safe?",
    "Is there a way to control how often a model second-guesses itself?",
    "Which approach picks both the model size and the thinking budget?",
    "Which RL algorithm uses second-order information to drop tokens?",
    "What methods does LightMem combine?",
    "Which two components make up AFTER?",
    "Which data sets were used to test RLCR?",
    "Which design lets a robot follow instructions around moving people?",
    "How can an assistant decide whether to offer help?",
    "What scores do reward models trained with RLBFF reach?",
    "Which internal components make a chatbot translate?",
    "What techniques did the authors of Mamba-3 use?",
    "Can somebody recover what a user typed from hidden states?",
    "What three changes does Mamba-3 make?",
    "Is there a paper on inverting hidden states called SipIt?",
    "What abilities improve when a student is pretrained on soft labels?",
    "Why do recurrent models fail on long outputs?",
    "Which work showed that stitching base and aligned models helps?",
    "LightMem 把记忆分成哪几个阶段?",
    "有没有能看脑电图并回答问题的模型?",
    "网站内容方想被 AI 搜索更多采用,有什么方法能自动改写网页?",
    "FROST 用了哪些推理模型?",
    "EvoTest 赢下了哪两款游戏?",
    "大模型玩牌会犯哪些通病,怎样补救?",
    "想让小模型写出好的测试用例,怎样训练更好?",
    "CRAMF 用什么知识库来辅助自动形式化?",
    "D2E 采用了哪些方法?",
    "同时做两件事的网络结构上怎么解决?",
    "有没有不用人工标注的解决方案?",
    "哪种方法最省显存?",
    "这篇论文的方法是什么?",
]


@pytest.mark.parametrize("question", TOPICS)
def test_a_question_for_what_there_is_asks_a_topic(question: str) -> None:
    assert asks_topic(question)


@pytest.mark.parametrize("question", ONE_THING)
def test_a_question_for_one_thing_asks_no_topic(question: str) -> None:
    assert not asks_topic(question)


def test_a_question_of_any_make_is_read_quickly() -> None:
    import time

    began = time.perf_counter()
    for question in ("papers on " * 400, "有哪些" * 1_300, "what " * 800, "a-" * 2_000, "哪些" + "方" * 3_900):
        asks_topic(question)
    assert time.perf_counter() - began < 2
