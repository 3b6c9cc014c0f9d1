"""Tags: read from any of their notations, shown as written, filtered by one key for every spelling."""

import re
import unicodedata

_SEPARATORS = re.compile(r"[;；]")
_NOT_WORD = re.compile(r"[^a-z0-9\u3400-\u9fff+]+")

# The field's standard abbreviations, by the long form as a key.
_SHORT = {
    "large-language-model": "llm",
    "language-model": "lm",
    "small-language-model": "slm",
    "vision-language-model": "vlm",
    "large-vision-language-model": "lvlm",
    "multimodal-large-language-model": "mllm",
    "multi-modal-large-language-model": "mllm",
    "multimodal-llm": "mllm",
    "multi-modal-llm": "mllm",
    "large-reasoning-model": "lrm",
    "diffusion-language-model": "dlm",
    "diffusion-large-language-model": "dllm",
    "reinforcement-learning": "rl",
    "reinforcement-learning-with-verifiable-reward": "rlvr",
    "reinforcement-learning-from-verifiable-reward": "rlvr",
    "reinforcement-learning-from-human-feedback": "rlhf",
    "direct-preference-optimization": "dpo",
    "group-relative-policy-optimization": "grpo",
    "chain-of-thought": "cot",
    "mixture-of-expert": "moe",
    "retrieval-augmented-generation": "rag",
    "parameter-efficient-fine-tuning": "peft",
    "parameter-efficient-finetuning": "peft",
    "low-rank-adaptation": "lora",
    "supervised-fine-tuning": "sft",
    "supervised-finetuning": "sft",
    "post-training-quantization": "ptq",
    "quantization-aware-training": "qat",
    "visual-question-answering": "vqa",
    "in-context-learning": "icl",
    "state-space-model": "ssm",
    "process-reward-model": "prm",
    "key-value-cache": "kv-cache",
}


def split_tags(line: str) -> list[str]:
    """The tags of one line, as written, in order, each once.

    Handles `#a #b` as well as one `#` with `;` or `；` between tags; stray blanks and empty items go.
    """
    parts = [part for chunk in re.split(r"(?:^|\s)#", line) for part in _SEPARATORS.split(chunk)]
    return list(dict.fromkeys(tag for tag in (" ".join(part.strip().lstrip("# ").split()) for part in parts) if tag))


def normalise(tag: str) -> str:
    """The key that all spellings of a tag share: case, blanks, hyphens, plural and abbreviation folded.

    `LLM`, `LLMs`, `Large Language Model` and `large language models` all give `llm`.
    """
    folded = unicodedata.normalize("NFKC", tag).casefold()
    key = _NOT_WORD.sub("-", re.sub(r"\([^()]*\)", " ", folded)).strip("-") or _NOT_WORD.sub("-", folded).strip("-")
    head, _, last = key.rpartition("-")
    singular = _singular(last)
    key = f"{head}-{singular}" if head else singular
    return _SHORT.get(key, key)


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
