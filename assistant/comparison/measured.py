"""On which data figures were measured: only those of the same benchmark and metric may be set against each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.inert import inert
from assistant.names import fold, looks_like_name
from vectorstore.latex import readable
from vectorstore.passages import Language, Passage

_NAME = r"[A-Zτ∞][A-Za-z0-9τ∞.+@/-]*(?: ?[-–]? ?(?:Bench|bench|Verified|Pro|Captioning|v\d))?"
_NAMES = rf"{_NAME}(?:\s*(?:,\s*and|,|、|和|与|及|/|\band\b)\s*(?:the )?{_NAME})*"
_DATA = re.compile(
    r"(?i:\b(?:on|across|in|over|including|such as|like|(?:benchmarks?|data ?sets?|tasks?)(?: \()?))\s*(?:the )?"
    rf"(?P<after>{_NAMES})|"
    rf"(?P<before>{_NAMES})\s*(?:等)?[^,，。;；A-Za-z]{{0,4}}(?:上|基准|数据集|任务|评测|测试)|"
    rf"(?:在|包括|如)\s*(?P<zh>{_NAMES})"
)
_ONE = re.compile(_NAME)
_MODELS = re.compile(
    r"^(?:GPT|Chat|Qwen|Llama|LLaMA|Gemini|Claude|Mistral|Mixtral|DeepSeek|Phi|Gemma|OLMo|Pythia|LLaVA|Intern|Kimi|GLM|"
    r"Vicuna|Dream|LLaDA|Mamba|EAGLE|Eagle|BERT|RoBERTa|T5|OPT|Smol|Grok|Nemotron|o\d)|\d\s?[BM]\b",
)
_ORDINARY = frozenset(
    "llm llms rl sft cot kv moe smoe smoes rag vlm vlms mllm mllms lvlm lvlms grpo ppo dpo rlvr rlhf lora gpu gpus cpu "
    "flops ar nlp api apis sota ai qa ood kl icl prm orm svd cuda mlp mlps dllm dllms dlm dlms ntp mtp ffn "
    "slm slms lrm lrms vla peft id".split()
)
_METRIC = re.compile(
    r"accuracy|pass@\d+|win rate|f1|bleu|perplexity|speed-?up|faster|latency|tokens?|success rate|memory|"
    r"准确率|胜率|加速|"
    r"成功率|困惑度|延迟|显存",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"(?<![A-Za-z\d.-])\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Measured:
    """Where the figures of one paper come from.

    Args:
        name: what the paper is called.
        data: the data sets and benchmarks that its sentences name, in order.
        passages: the sentences with its figures and with its data that are shown.
        all_passages: every sentence of the paper that may be quoted.
    """

    name: str
    data: tuple[str, ...]
    passages: tuple[Passage, ...]
    all_passages: tuple[Passage, ...] = ()

    @property
    def has_figures(self) -> bool:
        """Whether there is a figure to rank by."""
        return any(_FIGURE.search(readable(passage.text)) for passage in self.passages)


def measured(name: str, passages: Sequence[Passage], all_passages: Sequence[Passage]) -> Measured:
    """What the sentences of a paper say of the data that its figures come from.

    Args:
        name: what the paper is called.
        passages: the sentences that are shown, those with figures first.
        all_passages: every sentence that may be quoted.
    """
    found: dict[str, str] = {}
    for passage in passages:
        for word in data_in(readable(passage.text)):
            if fold(word) != fold(name):
                found.setdefault(fold(word), word)
    return Measured(name, tuple(found.values())[:4], tuple(passages), tuple(all_passages))


def data_in(text: str) -> list[str]:
    """The data sets and benchmarks that a sentence names, as far as its wording tells them from methods and models."""
    found: dict[str, str] = {}
    for match in _DATA.finditer(text):
        for one in _ONE.findall(match["after"] or match["before"] or match["zh"] or ""):
            word = one.strip(" .,-–/")
            ordinary = fold(word) in _ORDINARY or _MODELS.search(word) is not None
            if word and not ordinary and looks_like_name(word.split()[0]):
                found.setdefault(fold(word), word)
    return list(found.values())


def caution(papers: Sequence[Measured], language: Language) -> tuple[str, list[Passage]]:
    """One sentence on whether the figures of some papers can be set against each other, and what it rests on.

    Nothing is ranked here: the sentence says what they share, or that they share nothing.
    """
    papers = [paper for paper in papers if paper.has_figures]
    if len(papers) < 2:
        return "", []
    zh = language == "zh"
    shared = _shared(papers)
    if shared:
        benchmark, metric, resting = shared
        text = (
            f"各篇都报告了 {benchmark} 上的{metric},但所用模型和设置可能不同。"
            if zh
            else f"All of them report {metric} on {benchmark}, though models and settings may differ."
        )
        return inert(text), resting
    resting = [passage for paper in papers for passage in _carrying(paper)]
    known = [paper for paper in papers if paper.data]
    if zh:
        where = ";".join(f"{paper.name} 测于 {'、'.join(paper.data)}" for paper in known)
        text = f"卡片没有给出同一基准、同一指标下的数字{f'({where})' if where else ''},因此不能据此排名。"
    else:
        where = "; ".join(f"{paper.name} on {', '.join(paper.data)}" for paper in known)
        where = f" ({where})" if where else ""
        text = f"The cards give no figures on the same benchmark and metric{where}, so these do not rank the methods."
    return inert(text), resting


def _carrying(paper: Measured) -> list[Passage]:
    """The first sentence with figures, and those that name data which it does not."""
    chosen = [paper.passages[0]]
    for word in paper.data:
        if not any(word in readable(passage.text) for passage in chosen):
            chosen.append(next(passage for passage in paper.passages if word in data_in(readable(passage.text))))
    return chosen


def _shared(papers: Sequence[Measured]) -> tuple[str, str, list[Passage]] | None:
    """A benchmark and a metric that stand beside a figure in a sentence of every paper, and these sentences."""
    for benchmark in dict.fromkeys(
        word for passage in papers[0].all_passages for word in data_in(readable(passage.text))
    ):
        beside = [_beside(benchmark, paper) for paper in papers]
        for metric in beside[0]:
            if all(metric in other for other in beside[1:]):
                return benchmark, metric, [one[metric] for one in beside]
    return None


def _beside(benchmark: str, paper: Measured) -> dict[str, Passage]:
    """The metrics that stand beside a benchmark and a figure in a paper, each with its first sentence."""
    found: dict[str, Passage] = {}
    for passage in paper.all_passages:
        text = readable(passage.text)
        if fold(benchmark) in map(fold, data_in(text)) and _FIGURE.search(text):
            for match in _METRIC.finditer(text):
                found.setdefault(match.group().casefold(), passage)
    return found
