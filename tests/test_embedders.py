"""Embedders that are not ours: an endpoint, which may fail, and any LangChain object that is put in."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from vectorstore.embedders import Embedder, get_embedder, wrap
from vectorstore.errors import EmbedderError

SECRET = "sk-test-1234567890abcdef"


class Endpoint:
    """An OpenAI-compatible embeddings server on loopback that can be told to fail."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.answer: Callable[[list[str]], tuple[int, object]] = self.vectors
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                endpoint.requests.append(body)
                endpoint.keys.append(self.headers["Authorization"])
                status, answer = endpoint.answer(body["input"])
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    @staticmethod
    def vectors(texts: list[str]) -> tuple[int, object]:
        data = [
            {"object": "embedding", "index": index, "embedding": [3.0 + len(text), 4.0, 0.0]}
            for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return 200, {"object": "list", "model": "m", "data": data, "usage": usage}


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    thread = threading.Thread(target=made.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def _over(endpoint: Endpoint, key: str | None = SECRET) -> Embedder:
    return get_embedder("openai", cache_dir=Path(), model="tiny", base_url=endpoint.url, api_key=key)


def test_an_endpoint_gives_vectors_as_text_was_sent(endpoint: Endpoint) -> None:
    embedder = _over(endpoint)
    assert embedder.fingerprint == "openai:tiny"
    assert endpoint.requests == []  # known without a request
    vectors = embedder.embed_array(["", "abc", "\ud800", "好" * 50_000])
    assert vectors.shape == (4, 3)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    (request,) = endpoint.requests
    assert request["model"] == "tiny"
    assert request["input"][1] == "abc"
    assert all(request["input"])
    assert len(request["input"][3]) < 10_000
    assert endpoint.keys == [f"Bearer {SECRET}"]
    assert embedder.dimension == 3
    assert len(embedder.embed_query("why")) == 3


def test_many_texts_are_sent_in_several_requests_and_keep_their_order(endpoint: Endpoint) -> None:
    texts = ["x" * size for size in range(1, 201)]
    vectors = _over(endpoint).embed_array(texts)
    assert len(endpoint.requests) > 1
    assert (np.diff(vectors[:, 0] / vectors[:, 1]) > 0).all()


def test_ones_own_endpoint_is_never_sent_the_openai_key(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    _over(endpoint, key=None).embed_query("why")
    assert SECRET not in str(endpoint.keys)


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (401, "OPENAI_API_KEY"),
        (404, "ASSISTANT_EMBEDDER_MODEL"),
        (429, "ASSISTANT_EMBEDDER=e5"),
        (500, "ASSISTANT_EMBEDDER=e5"),
        (400, "ASSISTANT_EMBEDDER_MODEL"),
    ],
)
def test_a_refusal_names_the_setting_and_never_the_key(endpoint: Endpoint, status: int, remedy: str) -> None:
    endpoint.answer = lambda texts: (status, {"error": {"message": f"bad key {SECRET}"}})
    with pytest.raises(EmbedderError, match=remedy) as caught:
        _over(endpoint).embed_query("why")
    assert SECRET not in str(caught.value)
    assert "tiny" in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": []},
        {"data": [{"embedding": "oops"}]},
        [],
        "text",
        {"data": [{"index": 0, "embedding": []}]},
        {"data": [{"index": 0, "embedding": [float("nan"), 1.0]}]},
    ],
    ids=str,
)
def test_an_answer_that_is_not_vectors_is_an_error(endpoint: Endpoint, answer: object) -> None:
    endpoint.answer = lambda texts: (200, answer)
    with pytest.raises(EmbedderError, match="ASSISTANT_EMBEDDER"):
        _over(endpoint).embed_query("why")


def test_an_endpoint_that_is_not_there_says_so_soon(endpoint: Endpoint) -> None:
    endpoint.server.server_close()
    begun = time.monotonic()
    with pytest.raises(EmbedderError, match="cannot be reached"):
        get_embedder("openai", cache_dir=Path(), base_url="http://127.0.0.1:9/v1").embed_query("why")
    assert time.monotonic() - begun < 15


def test_openai_itself_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(EmbedderError, match="Set OPENAI_API_KEY"):
        get_embedder("openai", cache_dir=Path())


class Letters(Embeddings):
    """Somebody's own embedder: counts letters."""

    model = "letters-v1"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(text.count(letter)) for letter in "aeiou"] for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return self.embed_documents([text])[0]


def test_any_langchain_embedder_can_be_put_in() -> None:
    embedder = wrap(Letters())
    assert embedder.dimension == 5
    assert "letters-v1" in embedder.fingerprint
    assert embedder.fingerprint == wrap(Letters()).fingerprint != wrap(Letters(), "mine").fingerprint
    assert embedder.embed_array(["aaa", "zzz"]).tolist() == [[1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert embedder.embed_array([]).shape == (0, 5)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(EmbedderError, match="e5, openai"):
        get_embedder("word2vec", cache_dir=Path())
