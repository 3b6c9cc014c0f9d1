"""Which kind of question it is, and what it selects: by rules, in both languages."""

from dataclasses import dataclass, field
from functools import cache

import pytest

from assistant.catalog.holdings import Holdings
from assistant.names import NameIndex
from assistant.types import Filters, Query
from assistant.understanding import understand
from vectorstore.corpus import builtin_cards

AGENT, ALIGN, EFFIC = "Agent 与工具使用", "指令微调与对齐", "效率与压缩"
ARCH, MULTI, PRE, REASON = "模型架构", "多模态基础模型", "LLM 预训练", "推理与思维链"


@cache
def built_in() -> tuple[Holdings, NameIndex]:
    """The built-in cards and their names."""
    cards = list(builtin_cards())
    return Holdings.of(cards), NameIndex.build(cards)


def read(question: str) -> Query:
    """A question put to the built-in cards."""
    holdings, names = built_in()
    return understand(question, named=names.cards_named, knowledge=lambda: holdings)


@dataclass(frozen=True)
class Catalogued:
    """A question about the whole collection, and all that it must be read as."""

    question: str
    kind: str
    mentions: tuple[tuple[str, ...], ...] = ()
    without: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    facet: str | None = None
    show_all: bool = field(default=False, compare=False)


CATALOGUED = [
    # Lists in English
    Catalogued("Which papers mention MMLU-Pro?", "list", (("MMLU-Pro",),)),
    Catalogued("What papers report numbers on the AMC23 benchmark?", "list", (("AMC23",),)),
    Catalogued("list papers using Qwen2.5-VL", "list", (("Qwen2.5-VL",),)),
    Catalogued("Could you show me the works that were evaluated on WebArena?", "list", (("WebArena",),)),
    Catalogued("Who evaluates on ScienceWorld?", "list", (("ScienceWorld",),)),
    Catalogued("Are there any papers that use the Muon optimizer?", "list", (("Muon",),)),
    Catalogued("papers mentioning DPO but not PPO", "list", (("DPO",),), ("PPO",)),
    Catalogued("Give me every paper that mentions both GRPO and DPO.", "list", (("GRPO",), ("DPO",)), show_all=True),
    Catalogued("Find the papers that cite either Mamba or RWKV", "list", (("Mamba", "RWKV"),)),
    Catalogued("Agent papers that mention GRPO but not SWE-bench", "list", (("GRPO",),), ("SWE-bench",), (AGENT,)),
    Catalogued("Among the multimodal papers, which ones mention MMMU?", "list", (("MMMU",),), (), (MULTI,)),
    Catalogued(
        "In the pre-training section, which papers talk about scaling laws?", "list", (("scaling laws",),), (), (PRE,)
    ),
    Catalogued(
        "list all papers tagged reinforcement learning", "list", tags=("reinforcement learning",), show_all=True
    ),
    Catalogued('Which cards contain the phrase "reward hacking"?', "list", (("reward hacking",),)),
    Catalogued("Which papers work with Monte Carlo tree search?", "list", (("Monte Carlo tree search",),)),
    Catalogued("show me all the papers in the model architecture category", "list", categories=(ARCH,), show_all=True),
    Catalogued("Which studies run on Llama-3.1-8B?", "list", (("Llama-3.1-8B",),)),
    Catalogued("Name the papers that benchmark against EAGLE-3.", "list", (("EAGLE-3",),)),
    Catalogued(
        "I'm looking for papers that mention speculative decoding and do not mention EAGLE",
        "list",
        (("speculative decoding",),),
        ("EAGLE",),
    ),
    Catalogued("which papers experiment with Qwen3 or Qwen2.5 models?", "list", (("Qwen3", "Qwen2.5"),)),
    Catalogued("Tell me every paper whose experiments include ScienceQA.", "list", (("ScienceQA",),), show_all=True),
    Catalogued("Which papers distil from DeepSeek-R1?", "list", (("DeepSeek-R1",),)),
    Catalogued("Is MMMU used by any of the papers?", "list", (("MMMU",),)),
    Catalogued("Where is TruthfulQA used?", "list", (("TruthfulQA",),)),
    Catalogued('Enumerate the papers where "test-time training" appears.', "list", (("test-time training",),)),
    Catalogued("Which papers don't mention LLMs at all?", "list", without=("LLMs",)),
    Catalogued("Do any papers mention Gemma?", "list", (("Gemma",),)),
    Catalogued("Has anyone evaluated on OSWorld?", "list", (("OSWorld",),)),
    Catalogued("Which papers, if any, run on Jetson?", "list", (("Jetson",),)),
    Catalogued("Which papers use Wikipedia as a knowledge source?", "list", (("Wikipedia",),)),
    Catalogued("Which multimodal papers evaluate on POPE or MME?", "list", (("POPE", "MME"),), (), (MULTI,)),
    Catalogued("Please enumerate every study that touches on GPTQ.", "list", (("GPTQ",),), show_all=True),
    Catalogued("Looking for everything that mentions WildChat.", "list", (("WildChat",),)),
    Catalogued(
        "I'd like all papers that involve Gaussian splatting.", "list", (("Gaussian splatting",),), show_all=True
    ),
    Catalogued("Any paper that mentions Lean 4?", "list", (("Lean 4",),)),
    Catalogued("Which papers apply Monte Carlo tree search to LLM reasoning?", "list", (("Monte Carlo tree search",),)),
    # Lists in Chinese
    Catalogued("哪些论文既提到 LoRA 又提到 QLoRA?", "list", (("LoRA",), ("QLoRA",))),
    Catalogued("找找看谁引用了 PubMed", "list", (("PubMed",),)),
    Catalogued("效率类论文里提到 FlashAttention 的列一下", "list", (("FlashAttention",),), (), (EFFIC,)),
    Catalogued("我想看所有关于 Mamba 的论文", "list", (("Mamba",),), show_all=True),
    Catalogued("列一下提到“奖励模型”的论文", "list", (("奖励模型",),)),
    Catalogued("谁在 ALFWorld 上做过实验?", "list", (("ALFWorld",),)),
    Catalogued("哪几篇在 RULER 上测过长文本?", "list", (("RULER",),)),
    Catalogued(
        "把 Agent 类里提到 WebArena 但没提 WebShop 的论文列出来", "list", (("WebArena",),), ("WebShop",), (AGENT,)
    ),
    Catalogued("哪些论文提到了 MMLU?", "list", (("MMLU",),)),
    Catalogued("在 AIME24 上报告结果的论文有哪些?", "list", (("AIME24",),)),
    Catalogued("把所有用到 Qwen2.5-7B 的论文列出来", "list", (("Qwen2.5-7B",),), show_all=True),
    Catalogued("有哪些工作和 FlashAttention 做了比较?", "list", (("FlashAttention",),)),
    Catalogued("Agent 类论文里哪些提到 WebArena?", "list", (("WebArena",),), (), (AGENT,)),
    Catalogued("同时提到 GRPO 和 DPO 的论文有哪些?", "list", (("GRPO",), ("DPO",))),
    Catalogued("提到 GRPO 但没有提到 PPO 的论文有哪些?", "list", (("GRPO",),), ("PPO",)),
    Catalogued("提到 Mamba 或 RWKV 的论文有哪几篇?", "list", (("Mamba", "RWKV"),)),
    Catalogued("请列举多模态类别下使用 MathVista 的论文", "list", (("MathVista",),), (), (MULTI,)),
    Catalogued("标签为强化学习的论文有哪些?", "list", tags=("强化学习",)),
    Catalogued("哪些论文讨论了奖励黑客(reward hacking)?", "list", (("reward hacking",),)),
    Catalogued("找出使用 LoRA 做微调的全部论文", "list", (("LoRA",),), show_all=True),
    Catalogued("预训练部分的论文里,谁用了 FineWeb-Edu?", "list", (("FineWeb-Edu",),), (), (PRE,)),
    Catalogued("哪几篇文章提及思维链?", "list", (("思维链",),)),
    # Counts in English
    Catalogued("How many papers use HumanEval?", "count", (("HumanEval",),)),
    Catalogued("how many cards mention mixture of experts", "count", (("mixture of experts",),)),
    Catalogued("What's the number of papers that report MATH500 results?", "count", (("MATH500",),)),
    Catalogued("Count the papers mentioning RLHF.", "count", (("RLHF",),)),
    Catalogued("How many of the alignment papers mention DPO?", "count", (("DPO",),), (), (ALIGN,)),
    Catalogued("How many papers are in the reasoning section?", "count", categories=(REASON,)),
    Catalogued("How many papers do you have in total?", "count"),
    Catalogued("How many papers mention GRPO but do not mention DAPO?", "count", (("GRPO",),), ("DAPO",)),
    Catalogued("In the efficiency category, how often does INT4 come up?", "count", (("INT4",),), (), (EFFIC,)),
    Catalogued("How many papers tagged LLM mention GSM8K?", "count", (("GSM8K",),), (), (), ("LLM",)),
    Catalogued("number of pretraining papers that mention Muon", "count", (("Muon",),), (), (PRE,)),
    Catalogued("How many papers mention GPT-4o or Claude?", "count", (("GPT-4o", "Claude"),)),
    Catalogued("In how many of the papers is MMLU used?", "count", (("MMLU",),)),
    Catalogued("How many use Qwen3?", "count", (("Qwen3",),)),
    Catalogued("How many papers use neither GRPO nor PPO?", "count", without=("GRPO", "PPO")),
    Catalogued("What proportion of papers mention RL?", "count", (("RL",),)),
    Catalogued("How many agent papers do you have?", "count", categories=(AGENT,)),
    Catalogued("How many papers have the tag quantization?", "count", tags=("quantization",)),
    # Counts in Chinese
    Catalogued("推理类里有多少篇没有提到 RL?", "count", (), ("RL",), (REASON,)),
    Catalogued("带有 LLM 标签的论文有几篇?", "count", tags=("LLM",)),
    Catalogued("有多少论文用 AIME 做评测?", "count", (("AIME",),)),
    Catalogued("强化学习相关的论文有多少篇?", "count", (("强化学习",),)),
    Catalogued("有多少篇论文提到 KV cache?", "count", (("KV cache",),)),
    Catalogued("提到 RLHF 的有几篇?", "count", (("RLHF",),)),
    Catalogued("对齐类里提到 DPO 的论文一共有多少篇?", "count", (("DPO",),), (), (ALIGN,)),
    Catalogued("多模态类有多少篇论文?", "count", categories=(MULTI,)),
    Catalogued("统计一下用到 Llama-3 的论文数量", "count", (("Llama-3",),)),
    Catalogued("这里总共收录了多少篇论文?", "count"),
    Catalogued("模型架构方向提到 Mamba 的文章数是多少?", "count", (("Mamba",),), (), (ARCH,)),
    Catalogued("有几篇同时提到了 GSM8K 和 MATH?", "count", (("GSM8K",), ("MATH",))),
    Catalogued("提到越狱的论文有多少篇?", "count", (("越狱",),)),
    # Trends
    Catalogued("Which benchmarks are used most?", "trend", facet="benchmark"),
    Catalogued("What are the most popular datasets in the agent papers?", "trend", (), (), (AGENT,), (), "benchmark"),
    Catalogued("Which models are most experimented on?", "trend", facet="model"),
    Catalogued("What are the common tags?", "trend", facet="tag"),
    Catalogued("How are papers that mention GRPO spread over the categories?", "trend", (("GRPO",),), facet="category"),
    Catalogued("How many papers are there in each category?", "trend", facet="category"),
    Catalogued("top 10 base models in the reasoning section", "trend", (), (), (REASON,), (), "model"),
    Catalogued("In which category is LoRA mentioned most often?", "trend", (("LoRA",),), facet="category"),
    Catalogued("Which datasets do most papers use?", "trend", facet="benchmark"),
    Catalogued("What is the distribution of papers across sections?", "trend", facet="category"),
    Catalogued("Break down the papers mentioning DPO by category.", "trend", (("DPO",),), facet="category"),
    Catalogued("Rank the benchmarks by how often they're used.", "trend", facet="benchmark"),
    Catalogued("Which section has the most papers on MoE?", "trend", (("MoE",),), facet="category"),
    Catalogued("most used LLMs in agent papers", "trend", categories=(AGENT,), facet="model"),
    Catalogued("Which benchmark appears in the most papers?", "trend", facet="benchmark"),
    Catalogued("Which LLM families are most common in the experiments?", "trend", facet="model"),
    Catalogued("Show the distribution of tags in the multimodal section", "trend", categories=(MULTI,), facet="tag"),
    Catalogued("多模态类论文最常见的标签是什么?", "trend", categories=(MULTI,), facet="tag"),
    Catalogued("各方向论文数量对比", "trend", facet="category"),
    Catalogued("What are the hottest topics?", "trend", facet="tag"),
    Catalogued(
        "What benchmarks are commonly used for math reasoning?", "trend", (("math reasoning",),), facet="benchmark"
    ),
    Catalogued("哪个类别提到 LoRA 最多?", "trend", (("LoRA",),), facet="category"),
    Catalogued("GRPO 论文在各个类别的数量分布", "trend", (("GRPO",),), facet="category"),
    Catalogued("大家最常用哪些基准?", "trend", facet="benchmark"),
    Catalogued("热门标签前十", "trend", facet="tag"),
    Catalogued("论文里用得最多的大模型是什么?", "trend", facet="model"),
    Catalogued("哪些基准用得最多?", "trend", facet="benchmark"),
    Catalogued("最常用的评测数据集是哪些?", "trend", facet="benchmark"),
    Catalogued("各个类别分别有多少篇论文?", "trend", facet="category"),
    Catalogued("提到强化学习的论文在各类别中的分布如何?", "trend", (("强化学习",),), facet="category"),
    Catalogued("最常见的标签有哪些?", "trend", facet="tag"),
    Catalogued("效率类论文里实验最多的模型是哪些?", "trend", (), (), (EFFIC,), (), "model"),
]

# Worded like spreads, ranks and lists, about one paper.
ELSEWHERE = [
    "How much do top models drop when puzzles are obfuscated?",
    "测评集太大跑不起,怎样挑几十道题还能保持模型排名不变?",
    "按技能短板选题训练,在 AIME 这类分布外考题上能涨几个点?",
    "根据历史奖励怎样调整每个领域在训练批次里的采样比例?",
    "注意力加速都在序列长度上做文章,能不能从特征维度上稀疏?",
    "哪些注意力模式可预测、哪些近乎随机,怎么用来指导缓存分配?",
    "在线采样为什么偏向离原模型分布最近的解?",
]

SINGLE = [
    *ELSEWHERE,
    "How many papers does ScholarQA-Bench cover?",
    "How many benchmarks was AgenTracer tested on?",
    "How many tokens did MobileLLM-R1 need?",
    "Which paper introduces GuardSpace?",
    "Is there a paper on steering vectors for honesty?",
    "Which benchmark does ReVeal use?",
    "What are the most important components of MEM1?",
    "Which models does TrustJudge evaluate?",
    "List the three stages of LightMem's memory.",
    "Show me how DreamGym avoids real environments.",
    "What datasets is CHORD evaluated on?",
    "Which layers matter most for reasoning in a transformer?",
    "Count how many experts REAP removes from Qwen3.",
    "Give me the main numbers of KVTC.",
    "Which method mentions a null space to keep safety alignment?",
    "How often does FrameThinker look at new frames?",
    "Which approach works best if I have all the data but few GPUs?",
    "AgenTracer 用了多少条失败轨迹训练?",
    "EvoTest 在哪些游戏上测试过?",
    "LightMem 一共分几个阶段?",
    "哪种方法能让小模型学会长推理?",
    "CiteGuard 的数据集收集了多少篇论文?",
    "WALT 发现了多少工具,提到哪些网站?",
    "为什么模型最常在第一步出错?",
    "列出 ParoQuant 的主要步骤",
    "有没有办法让所有专家的负载都均衡?",
    "D2E 用到的桌面游戏有哪些?",
    "Which papers does CiteGuard cite as its baselines?",
    "How many papers did the authors of BED-LLM survey?",
    "How many times has GuardSpace been cited?",
    "How many papers are from Google?",
    "Who evaluates proofs in the Lean pipeline of Goedel-Prover?",
    "Has anyone used reinforcement learning to teach robots to cook?",
    "Give me an example of a benchmark on which KVTC was tested.",
    "Which model does best on AIME24 in the T3 study?",
    "What are the categories of failure in AgenTracer?",
    "ReFusion 论文里用到哪些数据集?",
    "列出 GEPA 相比 GRPO 的优势",
    "为什么大多数论文都用 GSM8K 评测会有问题?",
    "一篇论文里有几个实验?",
]

# Asked for like a list, but worded as one of many ways to say it.
TOPICS = [
    "Which papers look at keeping models honest about what they do not know?",
    "Which papers use reinforcement learning to train search agents?",
    "How many papers try to make small models reason like large ones?",
    "Which works target formal proofs in Lean and translating statements into it?",
    "Which agent papers deal with forgetting long conversations?",
    "让大模型学会拒绝不会的问题有哪些工作?",
    "哪些论文研究了模型的谄媚问题?",
    "用奖励模型的反馈改进搜索(search)能力,有哪些研究?",
]

CHAT = [
    "Hello!",
    "hi there",
    "thanks a lot",
    "What can you do?",
    "你好",
    "谢谢你!",
    "你能做什么?",
    "good morning",
    "ok, bye",
]


@pytest.mark.parametrize("wanted", CATALOGUED, ids=lambda wanted: wanted.question)
def test_a_question_about_the_whole_collection_is_read(wanted: Catalogued) -> None:
    query = read(wanted.question)
    assert (
        Catalogued(
            wanted.question,
            query.kind,
            query.selection.mentions,
            query.selection.without,
            query.filters.categories,
            query.filters.tags,
            query.facet,
        )
        == wanted
    )
    assert query.show_all or not wanted.show_all


@pytest.mark.parametrize("question", SINGLE)
def test_a_question_about_one_paper_is_no_list(question: str) -> None:
    assert read(question).kind in ("single", "topic")


@pytest.mark.parametrize("question", TOPICS)
def test_a_description_is_a_topic_and_no_term(question: str) -> None:
    assert read(question).kind == "topic"


def test_the_agent_papers_are_meant_wherever_they_are_named() -> None:
    assert read("Among the agent papers, how is long memory kept small?").filters.categories == (AGENT,)
    assert read("Agent 类论文里,怎么压缩长期记忆?").filters.categories == (AGENT,)
    assert not read("Which agent keeps its memory small by forgetting?").filters


def test_a_part_of_a_paper_is_no_category() -> None:
    for question in ("What does DECS change in the reasoning section of its prompt?", "H-Net 的推理部分怎么做?"):
        assert not read(question).filters, question


def test_filters_of_the_caller_and_of_the_words_hold_together() -> None:
    given = Filters(categories=(AGENT, REASON))
    query = understand("How many agent papers mention GRPO?", filters=given)
    assert query.filters.categories == (AGENT,)
    assert understand("How many efficiency papers mention GRPO?", filters=given).filters == given


def test_a_question_of_any_make_is_read_quickly() -> None:
    import time

    began = time.perf_counter()
    for question in (
        "papers on " * 400,
        "有哪些" * 1_300,
        "how many papers " + "that " * 780,
        "标签为" * 1_000,
        "A" * 4_000,
    ):
        read(question)
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize("question", CHAT)
def test_small_talk_is_told(question: str) -> None:
    assert read(question).kind == "chat"


@pytest.mark.parametrize(
    "question",
    [
        "How does AgenTracer obtain labelled failure trajectories for training its 8B failure tracer?",
        "How are outputs labelled as harmful when training the classifier?",
        "What does the model ranked #1 on the leaderboard do differently?",
        "How does it learn from tagged data without a teacher?",
    ],
)
def test_words_of_labels_and_tags_that_speak_of_a_papers_data_confine_nothing(question: str) -> None:
    assert not understand(question).filters
