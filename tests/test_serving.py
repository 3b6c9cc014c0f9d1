"""What the server lets through, what it says about itself, and how it starts and stops."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from gradio_client import Client
from served import Served

from assistant.web.binding import Options, bound
from assistant.web.calls import without_paths
from assistant.web.limits import BusyError, Gate
from assistant.web.paths import what
from evals.paced import PacedModel
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from assistant import Assistant

CARD = {"card_id": "align-a6ef98"}

# Writes down every host that the process looks up or connects to, except itself.
_LISTENS = """
import sys

def say(line):
    with open({log!r}, "a") as file:
        file.write(line + chr(10))

def heard(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if str(host) not in ("127.0.0.1", "::1", "localhost", "None"):
        say(event + " " + str(host))

say("sitecustomize")
sys.addaudithook(heard)
"""


@pytest.fixture(scope="module")
def served(assistant: "Assistant") -> Iterator[Served]:
    with Served(assistant) as server:
        yield server


@contextmanager
def serving(home: Path, *options: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`assistant serve` on a free port: the process and the page's address, once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "assistant", "serve", "--port", "0", "--no-open", *options],
        env={**os.environ, "ASSISTANT_HOME": str(home), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        assert "ready after" in lines[1], lines
        yield process, lines[0].split()[-1]
    finally:
        process.kill()
        process.wait()


# What is let through


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("GET", "/gradio_api/upload_progress"),
        ("GET", "/gradio_api/proxy=https://x.hf.space/y"),
        ("GET", "/gradio_api/file=http://example.com/x"),
        ("GET", "/gradio_api/file=https:/example.com/x"),
        ("GET", "/gradio_api/file=//example.com/x"),
        ("GET", "/gradio_api/file=/file:///etc/passwd"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/runs"),
        ("POST", "/gradio_api/process_recording"),
        ("GET", "/gradio_api/dev/reload"),
        ("GET", "/monitoring"),
        ("GET", "/monitoring/summary"),
        ("POST", "/gradio_api/run/answer"),
        ("POST", "/gradio_api/vibe-edit"),
        ("DELETE", "/mcp"),
        ("PUT", "/"),
    ],
)
def test_what_the_server_has_no_use_for_is_closed(served: Served, method: str, path: str) -> None:
    assert what(method, path) == "closed"
    assert httpx.request(method, f"{served.url}{path}").status_code == 404


def test_no_file_of_the_machine_is_served(served: Served) -> None:
    for path in ("/gradio_api/file=/etc/passwd", "/assets/../../../etc/passwd", "/static/%2e%2e/%2e%2e/x"):
        assert httpx.get(f"{served.url}{path}").status_code in (403, 404)


def test_another_host_name_for_this_machine_is_a_trick(served: Served) -> None:
    assert httpx.get(f"{served.url}/config", headers={"Host": "evil.example"}).status_code == 403
    assert httpx.get(f"{served.url}/config", headers={"Host": "localhost:1234"}).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_cannot_make_a_visitors_browser_ask(served: Served, headers: dict[str, str]) -> None:
    response = httpx.post(f"{served.url}/gradio_api/call/v2/card", json=CARD, headers=headers)
    assert response.status_code == 403


def test_the_page_forbids_what_comes_from_other_hosts(served: Served) -> None:
    headers = httpx.get(f"{served.url}/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in headers or "uvicorn" in headers["server"]


@pytest.mark.parametrize("how", ["declared", "chunked"])
def test_a_request_that_is_too_large_is_not_read(served: Served, how: str) -> None:
    piece = b'"' + b"x" * 1_000_000
    body = piece * 5 if how == "declared" else iter([piece] * 5)
    response = httpx.post(
        f"{served.url}/gradio_api/call/v2/answer", content=body, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in (400, 413)


def test_a_client_that_asks_too_often_is_told_to_wait(assistant: "Assistant") -> None:
    with Served(assistant, rate="3/minute", public=True) as server:
        elsewhere = {"X-Forwarded-For": "203.0.113.7"}
        url = f"{server.url}/gradio_api/call/v2/card"
        codes = [httpx.post(url, json=CARD, headers=elsewhere).status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        refused = httpx.post(url, json=CARD, headers=elsewhere)
        assert int(refused.headers["retry-after"]) > 0
        assert "too many requests" in refused.json()["detail"]
        assert httpx.post(url, json=CARD, headers={"X-Forwarded-For": "203.0.113.8"}).status_code == 200
        assert all(httpx.post(url, json=CARD).status_code == 200 for _ in range(5))


def test_a_full_queue_says_that_the_server_is_busy(assistant: "Assistant", monkeypatch: pytest.MonkeyPatch) -> None:
    going = threading.Event()

    def waits(*_: object, **__: object) -> None:
        going.wait(20)
        raise UserError("done")

    monkeypatch.setattr(assistant, "card", waits)
    monkeypatch.setattr(
        assistant, "settings", assistant.settings.model_copy(update={"serve_queue": 2, "serve_concurrency": 1})
    )
    with Served(assistant) as server:
        url = f"{server.url}/gradio_api/call/v2/card"
        codes = []
        for _ in range(6):
            codes.append(httpx.post(url, json=CARD).status_code)
            time.sleep(0.1)
        going.set()
    assert codes[0] == 200
    assert codes[-1] == 503


def test_tools_that_find_no_place_are_refused_at_once() -> None:
    import asyncio

    async def asking() -> list[object]:
        gate, going = Gate(1, 1), threading.Event()
        first = [asyncio.create_task(gate.through(going.wait, 5)) for _ in range(2)]
        await asyncio.sleep(0.1)
        with pytest.raises(BusyError, match="busy"):
            await gate.through(lambda: None)
        going.set()
        return [*await asyncio.gather(*first), await gate.through(lambda: "later")]

    assert asyncio.run(asking()) == [True, True, "later"]


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("the store at /home/mei/.local/share/cards is locked", "the store at … is locked"),
        ("cannot read 'C:\\Users\\mei\\cards.txt'", "cannot read '…'"),
        (
            "precision/recall and 1/2 of https://example.com/a/b stay",
            "precision/recall and 1/2 of https://example.com/a/b stay",
        ),
    ],
)
def test_a_client_is_told_no_paths(message: str, shown: str) -> None:
    assert without_paths(message) == shown


# Binding


def test_a_taken_port_names_the_next_free_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"port {port} is taken; \d+ is free: assistant serve --port"):
            bound(Options(port=port))


def test_other_machines_are_served_only_where_that_was_said() -> None:
    with pytest.raises(UserError, match=r"--auth-file FILE .* or --public"):
        bound(Options(host="0.0.0.0", port=0))
    bound(Options(host="0.0.0.0", port=0, public=True)).close()
    bound(Options(host="0.0.0.0", port=0, auth_file=Path("users"))).close()


def test_an_address_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(UserError, match="is no address"):
        bound(Options(host="no.such.host.invalid", port=0, public=True))


# The process


def test_sigterm_finishes_the_answer_under_way_and_exits_with_0(home: Path) -> None:
    with (
        PacedModel() as model,
        serving(home, OPENAI_BASE_URL=model.base_url, ASSISTANT_MODEL="openai:scripted") as (process, url),
    ):
        client = Client(url, verbose=False, analytics_enabled=False)
        job = client.submit(question="How does GuardSpace keep a model safe?", api_name="/answer")
        while not model.asked:
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert httpx.get(f"{url}/readyz").status_code == 503
        assert httpx.post(f"{url}/gradio_api/call/v2/card", json=CARD).status_code == 503
        assert job.result(timeout=20)["mode"] == "llm"
        assert process.wait(20) == 0


def test_the_server_asks_no_other_host_for_anything(home: Path, tmp_path: Path) -> None:
    log = tmp_path / "asked"
    (tmp_path / "sitecustomize.py").write_text(_LISTENS.format(log=str(log)))
    with serving(home, PYTHONPATH=str(tmp_path)) as (_, url):
        assert "sitecustomize" in log.read_text()
        assert httpx.get(url).status_code == 200
        client = Client(url, verbose=False, analytics_enabled=False)
        assert client.predict(question="How does GuardSpace keep a model safe?", api_name="/answer")["citations"]
    assert log.read_text().splitlines() == ["sitecustomize"]


def test_nobody_has_to_wait_for_open_pages_when_the_server_stops(home: Path) -> None:
    with serving(home) as (process, url), httpx.stream("GET", f"{url}/gradio_api/heartbeat/abc") as open_page:
        next(open_page.iter_lines())
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers in /proc")
def test_several_workers_serve_each_client_from_one_of_them(home: Path) -> None:
    from evals.load import load

    with serving(home, "--workers", "2") as (process, url):
        seen = {httpx.get(url, headers={"Accept": "text/html"}).cookies["paper-cards-worker"] for _ in range(20)}
        assert seen == {"0", "1"}
        client = Client(url, verbose=False, analytics_enabled=False)
        assert client.predict(card_id="align-a6ef98", api_name="/card")["id"] == "align-a6ef98"
        result = load(url, users=6, seconds=2)
        assert result.errors == {}
        assert result.answers >= 6
        # A worker that dies is started again, and meanwhile its clients are told to ask once more.
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        before = children.read_text().split()
        os.kill(int(before[0]), signal.SIGKILL)
        codes: list[int] = []
        until = time.monotonic() + 60
        while codes[-1:] != [200] or 503 not in codes:
            assert time.monotonic() < until, codes
            time.sleep(0.2)
            codes.append(httpx.get(f"{url}/config", headers={"Cookie": "paper-cards-worker=0"}).status_code)
        assert set(codes) <= {200, 503}
        assert len(set(children.read_text().split()) - set(before)) == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_five_users_at_once_all_get_their_answers(served: Served) -> None:
    from evals.load import load

    result = load(served.url, users=5, seconds=2)
    assert result.errors == {}
    assert result.answers >= 5
    assert 0 < result.first_p50 <= result.answer_p50 <= result.answer_p95 <= result.answer_max
