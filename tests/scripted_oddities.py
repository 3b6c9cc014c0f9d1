"""Stranger things that may come over the wire: odd shapes of JSON, other content types, and what waits without end."""

import json
import socket
import struct
from collections.abc import Callable

from scripted_exchange import BEHAVIOURS, Wire, on_the_wire

from evals.exchange import chunk, error_body

# What servers and proxies say between 400 and 529, with how long to wait in every form that is seen.
STATUSES = {
    402: {},
    405: {},
    406: {},
    408: {"retry_after": "0.05"},
    409: {"retry_after": "-5"},
    410: {},
    413: {},
    418: {},
    422: {},
    425: {"retry_after": "0.05"},
    429: {"retry_after": "Fri, 31 Dec 2077 23:59:59 GMT"},
    451: {},
    499: {},
    501: {},
    502: {"retry_after": "99999999999999999999"},
    504: {"retry_after": "nan"},
    507: {"retry_after": "1e308"},
    520: {},
    529: {"retry_after": "0.05"},
}


def _of(status: int, headers: dict[str, str]) -> Callable[[Wire], None]:
    return lambda wire: wire.status(status, error_body("<b onload=alert(1)>no</b>"), **headers)


for _status, _headers in STATUSES.items():
    BEHAVIOURS[f"status_{_status}"] = _of(_status, _headers)


@on_the_wire
def whitespace_without_end(wire: Wire) -> None:
    """Blank words, for ever."""
    wire.head()
    while True:
        wire.event(" \n" * 500)


@on_the_wire
def nulls(wire: Wire) -> None:
    """Every part that may be null is, before and after a true sentence."""
    wire.head()
    wire.event("", None, content=None, role=None, refusal=None)
    wire.event(wire.asked.truth(0))
    wire.event("", None, content=None, tool_calls=None)
    wire.done()


@on_the_wire
def another_index(wire: Wire) -> None:
    """Says a lie as a second choice beside the true first one."""
    wire.head()
    lie = wire.asked.lie("It was trained for 93 days on 512 cards", 1)
    for index, text in ((1, lie), (0, wire.asked.truth(0)), (7, lie), (-1, lie)):
        one = chunk({"content": text}, None)
        one["choices"][0]["index"] = index
        wire.send(b"data: " + json.dumps(one).encode() + b"\n\n")
    wire.done()


@on_the_wire
def content_in_parts(wire: Wire) -> None:
    """The content as a list of parts, one of them a picture elsewhere."""
    wire.head()
    picture = {"type": "image_url", "image_url": {"url": "http://evil.example/pixel.png"}}
    wire.event("", None, content=[{"type": "text", "text": wire.asked.truth(0)}, picture])
    wire.done()


@on_the_wire
def content_as_a_number(wire: Wire) -> None:
    wire.head()
    wire.event("", None, content=87.65)
    wire.done()


@on_the_wire
def usage_beyond_reason(wire: Wire) -> None:
    wire.head()
    wire.event(wire.asked.truth(0))
    usage = {"prompt_tokens": -5, "completion_tokens": 10**30, "total_tokens": None}
    wire.send(b"data: " + json.dumps(chunk(None, None) | {"usage": usage}).encode() + b"\n\n")
    wire.done()


@on_the_wire
def deep_json(wire: Wire) -> None:
    """Brackets in brackets, deeper than any parser follows."""
    wire.head()
    wire.send(b'data: {"choices": ' + b"[" * 200_000 + b"]" * 200_000 + b"}\n\n")
    wire.done()


@on_the_wire
def half_a_character(wire: Wire) -> None:
    """A true sentence, then a character that ends in its middle."""
    wire.head()
    event = json.dumps(chunk({"content": wire.asked.truth(0) + "中"}, None), ensure_ascii=False).encode()
    wire.send(b"data: " + event.replace("中".encode(), "中".encode()[:2]) + b"\n\n")
    wire.done()


@on_the_wire
def plain_text(wire: Wire) -> None:
    """The right words without any JSON around them."""
    wire.head(content_type="text/plain")
    wire.send(wire.asked.truth(0).encode())


@on_the_wire
def binary(wire: Wire) -> None:
    wire.head(content_type="application/octet-stream")
    wire.send(bytes(range(256)) * 64)


@on_the_wire
def whole_reply_to_a_stream(wire: Wire) -> None:
    """Not streamed although that was asked for."""
    message = {"role": "assistant", "content": wire.asked.truth(0)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    wire.status(200, {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})


@on_the_wire
def no_content(wire: Wire) -> None:
    wire.head(204)


@on_the_wire
def reset(wire: Wire) -> None:
    """The connection is torn down in the middle of a sentence, not closed."""
    wire.head()
    wire.event("The method")
    connection = wire._handler.connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@on_the_wire
def closed_at_once(wire: Wire) -> None:
    wire._handler.connection.shutdown(socket.SHUT_RDWR)


@on_the_wire
def headers_without_end(wire: Wire) -> None:
    """One header after the other, as fast as they are read."""
    wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        wire.send(b"x-more: " + b"a" * 1000 + b"\r\n")


@on_the_wire
def a_body_shorter_than_said(wire: Wire) -> None:
    wire.head(content_length="100000")
    wire.event(wire.asked.truth(0))


@on_the_wire
def function_of_old(wire: Wire) -> None:
    """Calls a function in the way that was usual before tools."""
    wire.head()
    wire.event("", None, function_call={"name": "open_url", "arguments": '{"url": "http://evil.example"}'})
    wire.done("function_call")


@on_the_wire
def finished_without_a_word_thrice(wire: Wire) -> None:
    wire.head()
    for _ in range(3):
        wire.event("", "stop")
    wire.done()


@on_the_wire
def words_after_the_end(wire: Wire) -> None:
    """Goes on after it said that it was done."""
    wire.head()
    wire.event(wire.asked.truth(0))
    wire.done()
    wire.event(wire.asked.lie("It was trained for 93 days on 512 cards", 1))
    wire.done()
