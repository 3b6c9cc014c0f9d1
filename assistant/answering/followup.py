"""A follow-up question in words of its own, from a model that has read the conversation."""

from collections.abc import Mapping, Sequence

import prompts
from assistant.answering.fencing import plain, shortened
from assistant.answering.model import ChatModel, ModelError

_SECONDS = 15.0
_MESSAGES = 6
_MESSAGE_TOKENS = 250
_LONGEST = 600


def rewrite_followup(model: ChatModel, question: str, history: Sequence[Mapping[str, str]]) -> str | None:
    """Make a question stand alone.

    Args:
        model: who rewrites.
        question: as it was asked.
        history: the conversation so far, oldest first.

    Returns:
        The question in words of its own; None where there is no conversation, or the model fails.
    """
    lines = [
        f"{message['role']}: {shortened(plain(message['content']), _MESSAGE_TOKENS)}"
        for message in history[-_MESSAGES:]
        if message.get("role") in ("user", "assistant") and isinstance(message.get("content"), str)
    ]
    if not lines:
        return None
    prompt = prompts.load("rewrite").fill(conversation="\n".join(lines), question=plain(question))
    try:
        written = model.complete([{"role": "user", "content": prompt}], timeout=_SECONDS)
    except ModelError:
        return None
    line = plain(written.strip().partition("\n")[0]).strip("\"'“”`* ")
    return line if 0 < len(line) <= _LONGEST else None
