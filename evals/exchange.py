"""What a scripted model reads in the assistant's prompt, and what it may reply, in OpenAI's form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_EVIDENCE = re.compile(r"^(?:Card: (?P<title>.*)|\[(?P<number>\d+)\] (?P<text>.*))$", re.MULTILINE)
_HAN = re.compile(r"[一-鿿]")
_MODEL = "scripted-model"


@dataclass(frozen=True)
class Shown:
    """One numbered evidence as the model was shown it."""

    number: int
    title: str
    text: str

    @property
    def sentence(self) -> str:
        """Its first sentence, without the closing mark."""
        return re.split(r"(?<=[^\d])[.!?](?=\s|$)|[。！？]", self.text)[0].strip()


def last_message(body: Mapping[str, Any]) -> str:
    """The last message of a request for a chat completion."""
    return str(body["messages"][-1]["content"]) if body.get("messages") else ""


def wants_chinese(prompt: str) -> bool:
    """Whether a Chinese answer is wanted."""
    return "Answer in Chinese" in prompt


def evidence_of(prompt: str) -> list[Shown]:
    """What a prompt offers, those in the language of the answer first."""
    shown, title = [], ""
    for found in _EVIDENCE.finditer(prompt):
        if found["number"] is None:
            title = found["title"]
        else:
            shown.append(Shown(int(found["number"]), title, found["text"]))
    return sorted(shown, key=lambda item: bool(_HAN.search(item.text)) != wants_chinese(prompt))


def cited(text: str, *numbers: int, chinese: bool = False) -> str:
    """A sentence with its markers and closing mark."""
    return f"{text} {''.join(f'[{number}]' for number in numbers)}{'。' if chinese else '.'} "


def chunk(delta: Mapping[str, Any] | None, finish: str | None) -> dict[str, Any]:
    """One event of a streamed chat completion, as JSON."""
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": _MODEL, "choices": choices}


def completion(text: str) -> dict[str, Any]:
    """A whole chat completion, as JSON."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c1", "object": "chat.completion", "created": 1, "model": _MODEL, "choices": [choice]}


def error_body(message: str, code: str | None = None) -> dict[str, Any]:
    """An error as OpenAI words it."""
    return {"error": {"message": message, "type": "scripted", "code": code}}
