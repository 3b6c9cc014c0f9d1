"""The scripted server as a chat model, and a draft of it from two made-up pieces of evidence."""

from pydantic import SecretStr
from scripted_server import ScriptedServer

from assistant.answering.llm import LLMAnswerer
from assistant.answering.model import ChatModel
from assistant.types import Evidence, Query
from vectorstore.passages import Passage

KEY = "sk-scripted-0123456789abcdef"
TIMEOUT = 1.5


def evidence(*texts: str, title: str = "Quartzfold: pruning by folding") -> list[Evidence]:
    return [
        Evidence(
            number=number,
            title=title,
            score=1.0 / number,
            passage=Passage(card_id="effic-000001", field="abstract", language="en", start=0, end=len(text), text=text),
        )
        for number, text in enumerate(texts, start=1)
    ]


EVIDENCE = evidence("Quartzfold removes 30\\% of the layers.", "Accuracy on Ledger falls by 1.2 points.")
QUERY = Query(question="What does Quartzfold do?", standalone="What does Quartzfold do?", language="en")


def model_at(server: ScriptedServer, timeout: float = TIMEOUT, **options: object) -> ChatModel:
    return ChatModel(
        "scripted-model",
        base_url=server.base_url,
        api_key=SecretStr(KEY),
        timeout=timeout,
        max_tokens=300,
        **options,  # type: ignore[arg-type]
    )


def drafted(server: ScriptedServer, query: Query = QUERY, **options: object) -> str:
    draft = LLMAnswerer(model_at(server, **options)).draft(query, EVIDENCE)  # type: ignore[arg-type]
    list(draft)
    return draft.text
