"""PaperQA2's retrieval in an interpreter of its own: JSON lines in, JSON lines out; run by `paperqa`, not imported.

It imports nothing of this package, so that `paper-qa` may live in an environment of its own, whatever versions
of common libraries it needs. It is sent {"cards": [[id, text], ...]}, then {"question": ...} as often as wanted,
and answers {"ready": version} and {"found": [[id, score], ...]}. Between the two it asks {"embed": [...], "kind":
...} and is sent {"vectors": [...]}: the embedder is the parent's.
"""

import asyncio
import json
import os
import sys
from importlib.util import find_spec
from typing import Any

# What the libraries print must not get between the lines of the protocol.
_OUT = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
# Otherwise litellm fetches a price list while it is being imported.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

_FOUND = 10


def _say(value: dict[str, Any]) -> None:
    _OUT.write(json.dumps(value) + "\n")
    _OUT.flush()


def _hear() -> dict[str, Any]:
    line = sys.stdin.readline()
    if not line:
        raise SystemExit
    heard: dict[str, Any] = json.loads(line)
    return heard


async def _serve() -> None:
    # The tokenizer of its chunker would be fetched from the network; litellm brings it along.
    litellm = find_spec("litellm")
    for folder in (litellm.submodule_search_locations or ()) if litellm is not None else ():
        os.environ.setdefault("TIKTOKEN_CACHE_DIR", os.path.join(folder, "litellm_core_utils", "tokenizers"))

    import paperqa
    from lmi import EmbeddingModel, EmbeddingModes
    from paperqa.readers import chunk_text
    from paperqa.types import ParsedMetadata, ParsedText

    class Parents(EmbeddingModel):  # type: ignore[misc]
        """The embedder of the process that started this one."""

        kind: str = "passage"

        def set_mode(self, mode: EmbeddingModes) -> None:
            self.kind = "query" if mode == EmbeddingModes.QUERY else "passage"

        async def embed_documents(self, texts: list[str]) -> list[list[float]]:
            _say({"embed": texts, "kind": self.kind})
            vectors: list[list[float]] = _hear()["vectors"]
            return vectors

    # Embedding is put off until all chunks are there, so that the parent is asked once.
    settings = paperqa.Settings(parsing={"defer_embedding": True})
    chunks = settings.parsing.reader_config
    docs, embedder = paperqa.Docs(), Parents(name="parent")
    for card_id, text in _hear()["cards"]:
        doc = paperqa.Doc(docname=card_id, dockey=card_id, citation=card_id)
        parsed = ParsedText(
            content=text,
            metadata=ParsedMetadata(parsing_libraries=[], total_parsed_text_length=len(text)),
        )
        texts = chunk_text(parsed, doc, chunks["chunk_chars"], chunks["overlap"])
        await docs.aadd_texts(texts, doc, settings=settings)
    await docs.retrieve_texts("warm-up", _FOUND, settings=settings, embedding_model=embedder)
    _say({"ready": paperqa.__version__})
    while True:
        question = _hear()["question"]
        found = await docs.retrieve_texts(question, _FOUND, settings=settings, embedding_model=embedder)
        _say({"found": [[text.doc.dockey, 0.0] for text in found]})


if __name__ == "__main__":
    asyncio.run(_serve())
