"""A model's reply as it comes: with a deadline, a length limit and retries before the first word."""

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.answering.breaker import Breaker
from assistant.answering.failures import Endpoint, ModelError, no_completion, timed_out
from assistant.answering.output import OutputFilter, after_thinking, whole_sentences
from assistant.answering.repetition import RepetitionGuard
from assistant.types import Usage

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessageChunk

Chunks = Callable[[], AsyncIterator["BaseMessageChunk"]]

_ATTEMPTS = 3
_BACKOFF = 2.0
# A whole reply is there; what may still come is the usage.
_AFTER_THE_END = 2.0
# The loop's own time to notice that the deadline has passed.
_GRACE = 0.5


@dataclass(frozen=True)
class Limits:
    """Bounds of one reply.

    Args:
        timeout: seconds from asking to the last word.
        characters: longest text, thinking included.
        must_finish: a reply without a finish reason was cut off.
        usual: no tighter than every request's.
    """

    timeout: float
    characters: int
    must_finish: bool
    usual: bool = True


@dataclass
class _End:
    usage: Usage = field(default_factory=Usage)
    cut: bool = False


class Reply(Iterator[str]):
    """Iterate for the text as it comes; then `text` and `usage` are final.

    Raises:
        ModelError: while iterating, when the model fails; nothing that came before it should be used.
    """

    def __init__(self, items: "queue.SimpleQueue[str | _End | ModelError]", cancel: Callable[[], Any], limit: float):
        self.text = ""
        self.usage = Usage()
        self._items, self._cancel = items, cancel
        self._deadline = time.monotonic() + limit
        self._ended = False

    def __next__(self) -> str:
        if self._ended:
            raise StopIteration
        try:
            item = self._items.get(timeout=max(0.0, self._deadline - time.monotonic()))
        except queue.Empty:
            item = ModelError("the model did not finish in time", "raise ASSISTANT_MODEL_TIMEOUT")
        if isinstance(item, str):
            self.text += item
            return item
        self.close()
        if isinstance(item, ModelError):
            raise item
        self.usage = item.usage
        self.text = after_thinking(whole_sentences(self.text) if item.cut else self.text)
        raise StopIteration

    def close(self) -> None:
        """Stop reading and hang up."""
        if not self._ended:
            self._ended = True
            self._cancel()

    def __del__(self) -> None:
        self.close()


def reply(
    chunks: Chunks,
    endpoint: Endpoint,
    limits: Limits,
    secret: str | None,
    explain: Callable[[Exception], Awaitable[ModelError]],
    breaker: Breaker,
) -> Reply:
    """Start reading in the background.

    Args:
        chunks: asks the model once, anew each time it is called.
        endpoint: who is asked, for messages.
        limits: bounds of the reply.
        secret: a text that must not come out.
        explain: turns an exception of the provider's client into a `ModelError`.
        breaker: is told whether the endpoint lives; it has let this request through.
    """
    items: queue.SimpleQueue[str | _End | ModelError] = queue.SimpleQueue()
    began, spoke = time.monotonic(), False

    def show(text: str) -> None:
        nonlocal spoke
        spoke = True
        items.put(text)

    def settle(error: ModelError) -> None:
        # Whoever spoke is slow, not dead; whoever was given less time than usual may be.
        if error.dead and not spoke and limits.usual:
            breaker.failed(time.monotonic() - began, error.retry_after or 0.0)
        elif error.dead:
            breaker.left()
        else:
            breaker.passed()
        items.put(error)

    async def run() -> None:
        try:
            async with asyncio.timeout(limits.timeout):
                end = await _read_with_retries(chunks, show, endpoint, limits, secret, explain)
            breaker.passed()
            items.put(end)
        except TimeoutError:
            settle(timed_out(endpoint, limits.timeout))
        except ModelError as error:
            settle(error)
        except asyncio.CancelledError:
            breaker.left()
            raise
        except Exception as error:
            settle(ModelError(f"{endpoint} failed ({type(error).__name__})", "`assistant doctor` tells more"))

    future = asyncio.run_coroutine_threadsafe(run(), _loop())
    return Reply(items, future.cancel, limits.timeout + _GRACE)


async def _read_with_retries(
    chunks: Chunks,
    put: Callable[[str], None],
    endpoint: Endpoint,
    limits: Limits,
    secret: str | None,
    explain: Callable[[Exception], Awaitable[ModelError]],
) -> _End:
    from tenacity import AsyncRetrying, RetryCallState, stop_after_attempt

    began, shown = time.monotonic(), False

    def show(text: str) -> None:
        nonlocal shown
        shown = True
        put(text)

    async def read() -> _End:
        try:
            return await _read(chunks(), show, endpoint, limits, secret)
        except TimeoutError:
            raise
        except Exception as error:
            raise await explain(error) from None

    def wait(state: RetryCallState) -> float:
        problem = state.outcome.exception() if state.outcome else None
        asked = problem.retry_after if isinstance(problem, ModelError) else None
        return (asked or 0.0) * _BACKOFF ** (state.attempt_number - 1)

    def worth_it(state: RetryCallState) -> bool:
        problem = state.outcome.exception() if state.outcome else None
        if shown or not isinstance(problem, ModelError) or problem.retry_after is None:
            return False
        return wait(state) <= (limits.timeout - (time.monotonic() - began)) / 2

    attempts = AsyncRetrying(stop=stop_after_attempt(_ATTEMPTS), wait=wait, retry=worth_it, reraise=True)
    return await attempts(read)


async def _read(
    stream: AsyncIterator["BaseMessageChunk"],
    show: Callable[[str], None],
    endpoint: Endpoint,
    limits: Limits,
    secret: str | None,
) -> _End:
    passing, guard, end = OutputFilter(secret), RepetitionGuard(), _End()
    finish: str | None = None
    read = chunks = shown = 0
    try:
        while True:
            try:
                async with asyncio.timeout(_AFTER_THE_END if finish else None):
                    chunk = await anext(stream, None)
            except TimeoutError:
                if finish is None:
                    raise
                break
            except ValueError as error:
                # LangChain's own, where the reply held no event at all.
                if type(error) is ValueError and chunks == 0:
                    break
                raise
            if chunk is None:
                break
            chunks += 1
            end.usage = _usage(chunk, end.usage)
            finish = _finish_reason(chunk) or finish
            text = str(chunk.text)
            read += len(text)
            if guard.loops(text):
                raise ModelError(f"{endpoint} repeated itself without end and was stopped", "use a larger model")
            text = passing.feed(text)
            if text:
                shown += len(text.strip())
                show(text)
            if read > limits.characters:
                end.cut = True
                break
    finally:
        await stream.aclose()  # type: ignore[attr-defined]
    rest = passing.finish()
    if rest:
        shown += len(rest.strip())
        show(rest)
    if chunks == 0 or (limits.must_finish and finish is None and read == 0):
        raise no_completion(endpoint)
    if finish == "content_filter":
        raise ModelError(f"{endpoint} stopped at its content filter", "ask in other words")
    if limits.must_finish and finish is None and not end.cut:
        raise ModelError(f"{endpoint} broke off in the middle of its answer", "try again")
    end.cut = end.cut or finish in ("length", "max_tokens")
    if shown == 0:
        if end.cut:
            raise ModelError(
                f"{endpoint} used all its tokens before it began to answer",
                "raise ASSISTANT_MODEL_MAX_TOKENS",
            )
        raise ModelError(f"{endpoint} wrote nothing", "try again, or use another model")
    return end


def _finish_reason(chunk: "BaseMessageChunk") -> str | None:
    said = chunk.response_metadata
    reason = said.get("finish_reason") or said.get("stop_reason") or said.get("done_reason")
    return str(reason) if reason else None


def _usage(chunk: "BaseMessageChunk", so_far: Usage) -> Usage:
    said = getattr(chunk, "usage_metadata", None)
    if not said:
        return so_far
    return Usage(
        input_tokens=max(so_far.input_tokens, int(said.get("input_tokens") or 0)),
        output_tokens=max(so_far.output_tokens, int(said.get("output_tokens") or 0)),
    )


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One event loop in the background, where a waiting request can be cancelled."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="assistant-model", daemon=True).start()
    return loop
