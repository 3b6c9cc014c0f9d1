"""Abbreviations that the cards define ("mixture-of-experts (MoE)"), and those of the field that they need not."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from vectorstore.cards import FIELDS, PaperCard

# The field's standard ones, which cards use without a word.
_STANDARD = {
    "MoE": "mixture of experts",
    "KV cache": "key-value cache",
    "RL": "reinforcement learning",
    "CoT": "chain of thought",
    "SFT": "supervised fine-tuning",
    "RLHF": "reinforcement learning from human feedback",
    "RLVR": "reinforcement learning with verifiable rewards",
    "DPO": "direct preference optimization",
    "GRPO": "group relative policy optimization",
    "PPO": "proximal policy optimization",
    "LoRA": "low-rank adaptation",
    "PEFT": "parameter-efficient fine-tuning",
    "RAG": "retrieval-augmented generation",
    "ICL": "in-context learning",
    "LLM": "large language model",
    "VLM": "vision-language model",
    "MLLM": "multimodal large language model",
    "VLA": "vision-language-action",
    "SSM": "state space model",
    "PRM": "process reward model",
    "MCTS": "Monte Carlo tree search",
    "ToT": "tree of thoughts",
    "PTQ": "post-training quantization",
    "QAT": "quantization-aware training",
    "KD": "knowledge distillation",
    "TTS": "test-time scaling",
    "ELBO": "evidence lower bound",
    "RoPE": "rotary position embedding",
    "MLA": "multi-head latent attention",
    "GQA": "grouped-query attention",
    "MCP": "model context protocol",
}
# Chinese for them, where cards write both.
_CHINESE = {
    "reinforcement learning": "强化学习",
    "chain of thought": "思维链",
    "mixture of experts": "混合专家",
    "in-context learning": "上下文学习",
    "speculative decoding": "推测解码",
    "knowledge distillation": "知识蒸馏",
    "contrastive decoding": "对比解码",
    "curriculum learning": "课程学习",
    "length generalization": "长度泛化",
    "flow matching": "流匹配",
    "jailbreak": "越狱",
    "linear attention": "线性注意力",
    "reward hacking": "奖励黑客",
    "scaling law": "缩放定律",
    "supervised fine-tuning": "监督微调",
    "quantization": "量化",
    "hallucination": "幻觉",
    "machine unlearning": "机器遗忘",
    "model merging": "模型合并",
}
_DEFINED = re.compile(r"(?<=[A-Za-z]) ?[(（](?P<short>[A-Z][A-Za-z-]{1,9}?)s?[)）]")
_WORDS_BEFORE = re.compile(r"[A-Za-z][A-Za-z'’]*(?:[ \n-][A-Za-z][A-Za-z'’]*)*$")
# No long form takes more characters.
_LONGEST = 80
_WORD = re.compile(r"[\s-]+")
# A definition counts where so many cards give it, and so large a share of those that define the abbreviation.
_CARDS, _SHARE = 2, 0.6


class Abbreviations:
    """Short and long wordings of the same.

    Args:
        pairs: short forms with their long ones.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._same: dict[str, list[str]] = defaultdict(list)
        for one, other in [*_STANDARD.items(), *_CHINESE.items(), *pairs]:
            for term, wording in ((one, other), (other, one)):
                if _key(wording) not in map(_key, self._same[_key(term)]):
                    self._same[_key(term)].append(wording)

    @classmethod
    def of(cls, definitions: Iterable[Iterable[tuple[str, str]]]) -> "Abbreviations":
        """Those that some cards define, where they agree.

        Args:
            definitions: by card, as `defined_on` gives them.
        """
        defined: Mapping[str, Counter[str]] = defaultdict(Counter)
        for found in definitions:
            for short, long in found:
                defined[short][long] += 1
        pairs = []
        for short, counts in defined.items():
            long, number = counts.most_common(1)[0]
            if number >= _CARDS and number >= _SHARE * counts.total():
                pairs.append((short, long))
        return cls(pairs)

    def other_wordings(self, term: str) -> list[str]:
        """The short and long wordings of the same as a term, and those of these."""
        found: list[str] = []
        for wording in [*self._same.get(_key(term), ()), *self._same.get(_key(_singular(term)), ())]:
            for one in (wording, *self._same.get(_key(wording), ())):
                if _key(one) != _key(term) and _key(one) not in map(_key, found):
                    found.append(one)
        return found


def defined_on(card: PaperCard) -> list[tuple[str, str]]:
    """The abbreviations that a card defines, each once, with what they stand for."""
    found = {
        (match["short"], long): None
        for text in (card.text(field) for field in FIELDS)
        for match in _DEFINED.finditer(text)
        if (long := _spelt_out(text[max(0, match.start() - _LONGEST) : match.start()], match["short"]))
    }
    return list(found)


def _spelt_out(before: str, short: str) -> str:
    """The last words before a parenthesis, where their first letters are the abbreviation's; otherwise nothing."""
    words = _WORDS_BEFORE.search(before)
    letters = [letter for letter in short.lower() if letter.isalpha()]
    parts = [part for part in _WORD.split(words[0]) if part] if words else []
    for size in range(min(len(parts), len(letters) + 2), 1, -1):
        tail = parts[-size:]
        left = list(letters)
        for word in tail:
            if left and word.lower().startswith(left[0]):
                left.pop(0)
        initials = tail[0].lower().startswith(letters[0])
        if initials and not left:
            return " ".join(tail).lower()
    return ""


def _singular(term: str) -> str:
    return term[:-1] if len(term) > 3 and term.endswith("s") and not term.endswith("ss") else term


def _key(term: str) -> str:
    return " ".join(part for part in _WORD.split(term.casefold()) if part)
