"""What may happen on the wire: scripts that send their bytes themselves."""

import json
from itertools import count

from scripted_exchange import Wire, on_the_wire

from evals.exchange import chunk, error_body


@on_the_wire
def endless(wire: Wire) -> None:
    """Never repeats itself, never ends."""
    wire.head()
    for number in count():
        wire.event(f"Sentence {number} tells that {number * 7919 % 10007} is {number * 104729 % 65537}. ")


@on_the_wire
def silence(wire: Wire) -> None:
    wire.wait()


@on_the_wire
def headers_then_silence(wire: Wire) -> None:
    wire.head()
    wire.wait()


@on_the_wire
def first_words_then_silence(wire: Wire) -> None:
    wire.head()
    wire.event(wire.asked.truth(0))
    wire.wait()


@on_the_wire
def drip(wire: Wire) -> None:
    """A byte at a time: never silent for long, never done."""
    wire.head()
    event = b"data: " + json.dumps(chunk({"content": "slow " * 400}, None)).encode() + b"\n\n"
    for number in wire.ticks(0.05):
        wire.send(event[number % len(event) :][:1])


@on_the_wire
def dripping_headers(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\nx-slow: ")
    for _ in wire.ticks(0.05):
        wire.send(b"a")


@on_the_wire
def comments_only(wire: Wire) -> None:
    """Signs of life without a word."""
    wire.head()
    for _ in wire.ticks(0.05):
        wire.send(b": still here\n\n")


@on_the_wire
def cut_stream(wire: Wire) -> None:
    wire.head()
    wire.event(wire.asked.truth(0))
    wire.event("The method reaches")


@on_the_wire
def cut_before_the_first_word(wire: Wire) -> None:
    wire.head()


@on_the_wire
def cut_in_the_headers(wire: Wire) -> None:
    wire.send(b"HTTP/1.1 200 OK\r\ncontent-ty")


@on_the_wire
def cut_in_a_chunk(wire: Wire) -> None:
    """The connection ends in the middle of a chunked body."""
    wire.head(transfer_encoding="chunked")
    wire.send(b"ffff\r\ndata: {")


@on_the_wire
def too_long_for_its_limit(wire: Wire) -> None:
    """Stops at the token limit in the middle of a sentence."""
    wire.head()
    wire.event(wire.asked.truth(0) + "It does not")
    wire.done("length")


@on_the_wire
def content_filter(wire: Wire) -> None:
    wire.head()
    wire.event("The ")
    wire.done("content_filter")


@on_the_wire
def open_after_done(wire: Wire) -> None:
    """A proper reply on a connection that stays open."""
    wire.head()
    wire.event(wire.asked.truth(0))
    wire.done()
    wire.wait()


@on_the_wire
def no_usage_and_no_done(wire: Wire) -> None:
    wire.head()
    wire.event(wire.asked.truth(0))
    wire.event("", "stop")
    wire.wait()


@on_the_wire
def error_in_the_stream(wire: Wire) -> None:
    wire.head()
    wire.event("The ")
    wire.send(b"data: " + json.dumps(error_body("<script>alert(1)</script> boom")).encode() + b"\n\n")


@on_the_wire
def invalid_json(wire: Wire) -> None:
    wire.head()
    wire.send(b'data: {"choices": [{"delta": {"content": "The\n\ndata: [DONE]\n\n')


@on_the_wire
def odd_json(wire: Wire) -> None:
    """JSON of another shape."""
    wire.head()
    for odd in ([], 7, None, "x", {"choices": None}, {"choices": [None]}, {"choices": [{"delta": None}]}):
        wire.send(b"data: " + json.dumps(odd).encode() + b"\n\n")
    wire.done()


@on_the_wire
def not_utf8(wire: Wire) -> None:
    wire.head()
    wire.send(b'data: {"choices": [{"index": 0, "delta": {"content": "\xff\xfe\xd6\xd0"}}]}\n\n')
    wire.done()


@on_the_wire
def huge_line(wire: Wire) -> None:
    """One event without an end."""
    wire.head()
    wire.send(b'data: {"choices": [{"index": 0, "delta": {"content": "')
    while True:
        wire.send(b"a" * 1_000_000)


@on_the_wire
def compressed_bomb(wire: Wire) -> None:
    import gzip

    wire.head(content_encoding="gzip")
    wire.send(gzip.compress(b"data: " + b" " * 50_000_000))


@on_the_wire
def html_page(wire: Wire) -> None:
    """The page of a proxy or a wrong path, with status 200."""
    wire.head(content_type="text/html")
    wire.send(b"<!doctype html><script>alert(1)</script><h1>It works</h1>")


@on_the_wire
def tool_call(wire: Wire) -> None:
    """Wants to call a function that nobody offered."""
    wire.head()
    call = {"index": 0, "id": "t1", "function": {"name": "run_shell", "arguments": '{"command": "id"}'}}
    wire.event("", None, tool_calls=[call])
    wire.done("tool_calls")


@on_the_wire
def redirect_elsewhere(wire: Wire) -> None:
    """Sends the request, key and all, to another host."""
    wire.status(307, location=f"{wire.other_host}/chat/completions")


@on_the_wire
def bad_request(wire: Wire) -> None:
    wire.status(400)


@on_the_wire
def refuses_options(wire: Wire) -> None:
    """A strict server that knows messages, model and stream only."""
    if wire.asked.body.keys() - {"messages", "model", "stream"}:
        wire.status(400, error_body("extra fields are not permitted"))
    else:
        wire.reply(wire.asked.truth(0))


@on_the_wire
def context_too_long(wire: Wire) -> None:
    wire.status(400, error_body("maximum context length exceeded", "context_length_exceeded"))


@on_the_wire
def unauthorized(wire: Wire) -> None:
    """Repeats the key in its error."""
    wire.status(401, error_body(f"wrong key: {wire.asked.headers.get('authorization')}", "invalid_api_key"))


@on_the_wire
def forbidden(wire: Wire) -> None:
    wire.status(403)


@on_the_wire
def not_found(wire: Wire) -> None:
    wire.status(404)


@on_the_wire
def too_many_requests(wire: Wire) -> None:
    wire.status(429)


@on_the_wire
def wait_an_hour(wire: Wire) -> None:
    wire.status(429, retry_after="3600")


@on_the_wire
def no_quota(wire: Wire) -> None:
    wire.status(429, error_body("you have no quota", "insufficient_quota"))


@on_the_wire
def server_error(wire: Wire) -> None:
    wire.status(500)


@on_the_wire
def unavailable(wire: Wire) -> None:
    wire.status(503)


@on_the_wire
def too_many_requests_once(wire: Wire) -> None:
    if wire.asked.nth == 0:
        wire.status(429, retry_after="0.1")
    else:
        wire.reply(wire.asked.truth(0))


@on_the_wire
def server_error_once(wire: Wire) -> None:
    if wire.asked.nth == 0:
        wire.status(500)
    else:
        wire.reply(wire.asked.truth(0))
