"""Ask a collection of paper cards: `from assistant import answer` is the whole lesson."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.api import aanswer, answer, asearch, astream, search, verify
    from assistant.assistant import Assistant
    from assistant.settings import Settings
    from assistant.types import Answer, CardHit, Citation, Claim, Filters, Verdict
    from vectorstore.errors import UserError

# Where each public name lives. They are imported when first used, so that `import assistant` is quick.
_HOMES = {
    "Answer": "assistant.types",
    "Assistant": "assistant.assistant",
    "CardHit": "assistant.types",
    "Citation": "assistant.types",
    "Claim": "assistant.types",
    "Filters": "assistant.types",
    "Settings": "assistant.settings",
    "UserError": "vectorstore.errors",
    "Verdict": "assistant.types",
    "aanswer": "assistant.api",
    "answer": "assistant.api",
    "asearch": "assistant.api",
    "astream": "assistant.api",
    "search": "assistant.api",
    "verify": "assistant.api",
}

__all__ = [
    "Answer",
    "Assistant",
    "CardHit",
    "Citation",
    "Claim",
    "Filters",
    "Settings",
    "UserError",
    "Verdict",
    "aanswer",
    "answer",
    "asearch",
    "astream",
    "search",
    "verify",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'assistant' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value
