"""Running text out of hard-wrapped lines: wraps undone, words that a hyphen split at a line's end joined."""

import re

# A line that begins with one of these is an item of a list; wraps before it are meant.
BULLET = re.compile(r"[ \t]*(?:[-*•·–—] |\(?(?:\d{1,2}|[ivx]{1,4}|[a-zA-Z])[.)] |#)")
_WRAP = re.compile(r"([^\s])[ \t]*\n[ \t]*(?=[^\s])")
_SPLIT = re.compile(r"(?<![A-Za-z])([A-Za-z]+)-(?: |[ \t]*\n[ \t]*)([A-Za-z0-9]+)")
_ENDS = ".!?:;。！？：；"

# After "pre- " these go on with a list; the word is whole.
_LIST_WORDS = frozenset(
    [
        "and", "or", "to", "und", "as", "vs", "versus", "but", "nor", "than", "from", "the", "a", "an",
        "in", "for", "with", "by", "is", "are",
    ]
)
# Words that make compounds: the hyphen after them, or before them, is part of the word.
_HEADS = frozenset(
    [
        "non", "self", "multi", "single", "cross", "inter", "intra", "semi", "quasi", "pseudo", "post",
        "ultra", "all", "few", "zero", "one", "two", "three", "four", "many", "long", "short", "low",
        "high", "large", "small", "mid", "early", "late", "hard", "soft", "fast", "slow", "strong",
        "weak", "open", "closed", "full", "half", "fine", "coarse", "token", "word", "sentence", "step",
        "layer", "head", "task", "data", "model", "domain", "context", "image", "text", "vision",
        "language", "video", "audio", "speech", "code", "math", "query", "key", "value", "expert",
        "human", "user", "agent", "tool", "reward", "policy", "loss", "label", "ground", "state", "world",
        "memory", "time", "test", "train", "compute", "cost", "energy", "resource", "parameter", "sample",
        "instance", "instruction", "knowledge", "reasoning", "retrieval", "search", "graph", "tree",
        "block", "chunk", "dual", "triple", "top", "off", "out", "end", "plug", "well", "best", "better",
        "first", "second", "third", "hand", "real", "life", "cold", "warm", "left", "right", "rule",
        "role", "goal", "group", "pair", "point", "rank", "order", "bit", "mixed", "free", "quality",
        "safety", "privacy", "attention", "gradient", "hardware", "noise", "length", "depth", "width",
        "size", "scale", "object", "character", "meta", "cyber",
    ]
)
# Endings that are never a word of their own.
_ENDINGS = frozenset(
    [
        "ing", "ings", "ed", "er", "ers", "es", "tion", "tions", "sion", "ment", "ments", "ity", "ities",
        "ly", "al", "ally", "able", "ness", "ism", "ist", "ize", "ized", "izes", "izing", "ization",
        "ation", "ations", "ative", "ical", "ful", "less", "ties", "ters",
    ]
)
_TAILS = frozenset(
    [
        "based", "aware", "level", "free", "wise", "weighted", "designed", "step", "steps", "specific",
        "driven", "guided", "tuning", "tuned", "training", "trained", "time", "shot", "hop", "turn",
        "modal", "source", "end", "scale", "term", "context", "quality", "domain", "efficient",
        "dependent", "independent", "matched", "encoder", "decoder", "language", "agent", "agents",
        "task", "tasks", "token", "tokens", "model", "models", "conditioned", "regularized", "augmented",
        "generated", "powered", "related", "oriented", "centric", "intensive", "consuming", "friendly",
        "agnostic", "invariant", "equivariant", "preserving", "constrained", "controlled", "supervised",
        "annotated", "labeled", "curated", "engineered", "crafted", "written", "made", "like", "size",
        "sized", "art", "the", "of", "world", "only", "level", "grained", "bit", "dimensional", "order",
        "rank", "policy", "line", "loop", "device", "life",
    ]
)


def rewrapped(text: str) -> str:
    """Undo hard wraps and PDF hyphens; blank lines, lists and lines that end a sentence stay apart.

    A word split as "generaliza-\\ntion" or "generaliza- tion" becomes one again; a compound keeps its hyphen
    ("single-\\nstep"), and so does a list ("pre- and post-training").
    """
    if "-" in text:
        text = _SPLIT.sub(_joined, text)
    return _WRAP.sub(_unwrapped, text) if "\n" in text else text


def _joined(found: re.Match[str]) -> str:
    head, tail = found[1], found[2]
    wrapped = "\n" in found[0]
    if tail in _LIST_WORDS:
        return f"{head}- {tail}"
    if not wrapped and (len(head) < 3 or len(tail) < 2 or not tail[0].islower()):
        return found[0]
    if tail in _ENDINGS:
        return head + tail
    compound = not tail[0].islower() or head.lower() in _HEADS or tail in _TAILS or head[-1].isupper()
    return f"{head}-{tail}" if compound else head + tail


def _unwrapped(found: re.Match[str]) -> str:
    if found[1] in _ENDS or BULLET.match(found.string, found.end()):
        return found[0]
    wide = found[1] >= "\u3000" and found.string[found.end()] >= "\u3000"
    return found[1] if wide else found[1] + " "
