"""A model's word on whether a quote supports a claim, for `ASSISTANT_VERIFY=llm`."""

import re
import time
from collections.abc import Callable, Sequence

import prompts
from assistant.answering.fencing import plain, shortened
from assistant.answering.model import ChatModel, ModelError
from vectorstore.latex import readable

# A word is soon said; and an endpoint that just failed is left alone, so that an answer of many
# sentences does not wait for it many times.
_SECONDS = 20.0
_PAUSE = 30.0
_QUOTE_TOKENS = 800

_YES = re.compile(r"(?:yes|true|supported)\b|是|支持|对", re.IGNORECASE)
_NO = re.compile(r"(?:no|not|false|unsupported)\b|否|不|没", re.IGNORECASE)


def second_opinion(model: ChatModel) -> Callable[[str, Sequence[str]], bool | None]:
    """A function from a claim and its quotes to the model's verdict; None where it has none."""
    silent_until = 0.0

    def ask(claim: str, quotes: Sequence[str]) -> bool | None:
        nonlocal silent_until
        if time.monotonic() < silent_until:
            return None
        quote = "\n".join(shortened(plain(readable(text)), _QUOTE_TOKENS) for text in quotes)
        prompt = prompts.load("check").fill(quote=quote, claim=plain(claim))
        try:
            word = model.complete([{"role": "user", "content": prompt}], timeout=_SECONDS)
        except ModelError:
            silent_until = time.monotonic() + _PAUSE
            return None
        return _verdict(word)

    return ask


def _verdict(word: str) -> bool | None:
    said = word.strip(" \n\t*_`\"'“”.:：")
    if _NO.match(said):
        return False
    return True if _YES.match(said) else None
