"""A scripted model that writes as fast as a real one, and fails as often as it is told to.

It speaks OpenAI's protocol, repeats three sentences of the evidence with their markers, one event a token as vLLM
sends them, and costs little processor time, so that it can stand beside what is measured:

python -m evals.paced --tokens 50 --port 8999
"""

import argparse
import asyncio
import json
import random
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from evals.exchange import chunk, cited, completion, error_body, evidence_of, last_message, wants_chinese

_SENTENCES = 3
# About four characters of English, or one or two of Chinese, are a token.
_TOKEN = re.compile(r"\s*(?:[一-鿿]{1,2}|[^\s一-鿿]{1,5})|\s+")
_QUESTION = re.compile(r"<last_question>\s*(.*?)\s*</last_question>", re.DOTALL)
_USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


class PacedModel:
    """The model on a port of this machine, in a thread; use as a context manager.

    Args:
        tokens: a second.
        failing: share of the requests that fail, from 0 to 1: by an error, by a stream that is cut, or by silence.
        port: 0 takes a free one.
        seed: of which requests fail, and how.
    """

    def __init__(self, tokens: float = 50.0, failing: float = 0.0, port: int = 0, seed: int = 0) -> None:
        self.base_url = ""
        self.asked = 0
        """Requests for a completion so far."""
        self.ended: Counter[str] = Counter()
        """How they ended: `whole`, `hung up` on, or the kind of failure."""
        self._pause, self._failing, self._port = 1 / tokens, failing, port
        self._chance = random.Random(seed)  # noqa: S311 (no secret)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="paced-model", daemon=True)

    def __enter__(self) -> "PacedModel":
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self.base_url = f"http://127.0.0.1:{listening.result()}/v1"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port, backlog=1024)
        return int(self._server.sockets[0].getsockname()[1])

    async def _close(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                path, body = await _request(reader)
                if path.endswith("/models"):
                    _whole(writer, 200, {"data": [{"id": "scripted-model"}]})
                else:
                    self.asked += 1
                    await self._replied(body, reader, writer)
                await writer.drain()
            finally:
                writer.close()

    async def _replied(
        self, body: Mapping[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        fails = self._chance.random() < self._failing
        how = self._chance.choice(sorted(_FAILURES)) if fails else "whole"
        text = _reply_to(last_message(body))
        try:
            if fails:
                await _FAILURES[how](text, self._pause, reader, writer)
            elif body.get("stream"):
                _head(writer)
                await _written(text, self._pause, writer)
                _event(writer, chunk({"content": ""}, "stop"))
                _event(writer, chunk(None, None) | {"usage": _USAGE})
                writer.write(b"data: [DONE]\n\n")
            else:
                await asyncio.sleep(len(_TOKEN.findall(text)) * self._pause)
                _whole(writer, 200, completion(text))
        except OSError:
            how = "hung up"
        self.ended[how] += 1


def _reply_to(prompt: str) -> str:
    """Sentences of the evidence; a question that is only to be understood, as it is."""
    evidence, chinese = evidence_of(prompt), wants_chinese(prompt)
    if evidence:
        return "".join(cited(item.sentence, item.number, chinese=chinese) for item in evidence[:_SENTENCES])
    question = _QUESTION.search(prompt)
    return json.dumps({"standalone": question[1], "kind": "single"}, ensure_ascii=False) if question else "Ready."


async def _written(text: str, pause: float, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number, token in enumerate(_TOKEN.findall(text), start=1):
        # By the clock, so that what a busy machine delays is made up for.
        await asyncio.sleep(max(0.0, began + number * pause - loop.time()))
        _event(writer, chunk({"content": token}, None))
        await writer.drain()


# Failures


async def _error(text: str, pause: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _whole(writer, 500, error_body("something broke"))


async def _cut(text: str, pause: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _head(writer)
    await _written(text[: len(text) // 2], pause, writer)


async def _silence(text: str, pause: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _head(writer)
    await writer.drain()
    await reader.read()


_FAILURES: Mapping[str, Callable[[str, float, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]] = {
    "error": _error,
    "cut": _cut,
    "silence": _silence,
}


# The wire


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = re.search(r"^content-length:\s*(\d+)", head, re.IGNORECASE | re.MULTILINE)
    raw = await reader.readexactly(int(length[1])) if length else b""
    return head.split(" ", 2)[1], json.loads(raw or b"{}")


def _head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")


def _event(writer: asyncio.StreamWriter, data: Mapping[str, Any]) -> None:
    writer.write(b"data: " + json.dumps(data).encode() + b"\n\n")


def _whole(writer: asyncio.StreamWriter, status: int, body: Mapping[str, Any]) -> None:
    raw = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {len(raw)}\r\n"
    writer.write(f"{head}connection: close\r\n\r\n".encode() + raw)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line: says its address, and writes until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m evals.paced", description=__doc__.split("\n\n")[0])
    parser.add_argument("--tokens", type=float, default=50.0, help="a second (%(default)s)")
    parser.add_argument("--failing", type=float, default=0.0, help="share of requests that fail (%(default)s)")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=0, help="of which requests fail (%(default)s)")
    given = parser.parse_args(arguments)
    with PacedModel(given.tokens, given.failing, given.port, given.seed) as model, suppress(KeyboardInterrupt):
        print(model.base_url, flush=True)
        threading.Event().wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
