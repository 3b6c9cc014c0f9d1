"""Every route that the server has: who gets in, what its answers say about themselves, and no file but its own."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from rounds import report
from routes import JSON, Said, ask, every_route, filled, is_guarded, tells_nothing_of_the_machine
from served import Served

from assistant import Assistant
from assistant.web.auth import COOKIE, Users, add_user
from assistant.web.guard import USER_HEADER
from assistant.web.page import build_page, page_style
from assistant.web.paths import HEALTH_PATHS, LOGIN_PATH, LOGOUT_PATH

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OPEN = (*HEALTH_PATHS, LOGIN_PATH)
# The same place, written otherwise.
SPELLINGS = [
    lambda path: path,
    lambda path: path + "/",
    lambda path: "/" + path,
    lambda path: "/." + path,
    lambda path: "/healthz/.." + path,
    lambda path: "/healthz%2f.." + path,
    lambda path: "/login/.." + path,
    lambda path: path + "?x=/healthz",
    lambda path: path + "#/healthz",
    lambda path: path + ";/healthz",
    lambda path: path.upper(),
    lambda path: "/" + "".join(f"%{ord(letter):02x}" for letter in path[1:]),
    lambda path: "http://127.0.0.1" + path,
]


@pytest.fixture(scope="module")
def served(assistant: Assistant) -> Iterator[Served]:
    with Served(assistant, page=build_page, style=page_style()) as server:
        yield server


@pytest.fixture(scope="module")
def closed(assistant: Assistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same, for one user only."""
    path = tmp_path_factory.mktemp("auth") / "users.txt"
    add_user(path, "mei", "long enough 密码")
    with Served(assistant, page=build_page, style=page_style(), users=Users(path), rate="100000/minute") as server:
        yield server


def test_all_routes_are_known(served: Served) -> None:
    """Otherwise the tests below would show little."""
    routes = {path for _, path in every_route(served)}
    assert {"/", "/config", "/mcp", "/healthz", "/gradio_api/queue/join", "/gradio_api/upload"} <= routes
    assert {"/gradio_api/file={path_or_url:path}", "/gradio_api/call/v2/{api_name}"} <= routes
    assert len(routes) > 70


def turned_away(said: Said) -> bool:
    return said.status in (401, 429) or (said.status == 303 and said.header("location") == LOGIN_PATH)


@pytest.mark.parametrize(
    "pretence",
    [
        {},
        {"Accept": "text/html"},
        {USER_HEADER: "mei"},
        {"Cookie": f"{COOKIE}=bWVp.9999999999.{'0' * 64}"},
        {"Cookie": "access-token=mei; access-token-unsecure=mei"},
        {"Authorization": "Bearer mei"},
        {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "mei", "Remote-User": "mei"},
        {"X-Original-URL": "/healthz", "X-Rewrite-URL": "/healthz", "X-HTTP-Method-Override": "GET"},
    ],
    ids=["nothing", "a browser", "the inner header", "a forged cookie", "Gradio's cookies", "a token", "a proxy's word",
         "another address"],
)  # fmt: skip
def test_no_route_lets_a_stranger_in(closed: Served, pretence: dict[str, str]) -> None:
    routes = {path for _, path in every_route(closed)} - {*OPEN, LOGOUT_PATH}
    for path in sorted(routes):
        for method in METHODS:
            said = ask(closed, method, filled(path), {**JSON, **pretence}, b"{}" if method == "POST" else None)
            assert turned_away(said), (method, path, said)


@pytest.mark.parametrize("spelling", SPELLINGS, ids=range(len(SPELLINGS)))
def test_no_spelling_of_a_path_lets_a_stranger_in(closed: Served, spelling: Any) -> None:
    for path in (
        "/",
        "/config",
        "/mcp",
        "/gradio_api/info",
        "/gradio_api/call/v2/card",
        "/gradio_api/file=x",
        "/assets/x",
    ):
        for method in ("GET", "POST"):
            said = ask(closed, method, spelling(path), JSON, b"{}" if method == "POST" else None)
            assert turned_away(said) or said.status in (400, 404), (method, spelling(path), said)


def test_leaving_needs_no_name_and_says_nothing(closed: Served) -> None:
    said = ask(closed, "GET", LOGOUT_PATH)
    assert said.status == 303
    assert not said.body


def test_what_a_stranger_may_ask_says_next_to_nothing(closed: Served) -> None:
    for path in OPEN:
        for method in METHODS:
            said = ask(closed, method, path)
            assert said.status in (200, 401, 403, 405, 429), (method, path, said)
            assert not re.search(r"align-|mei|gradio_api/(?!theme)", said.text), said.text


@pytest.mark.parametrize("who", ["served", "closed"])
def test_every_answer_of_every_route_is_guarded_and_tells_nothing_of_the_machine(
    who: str, request: pytest.FixtureRequest, home: Path
) -> None:
    server, counted = request.getfixturevalue(who), Counter()
    for method, path in every_route(server):
        for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": server.url}, {"Accept": "text/html"}):
            said = ask(server, method, filled(path), {**JSON, **headers}, b"{}" if method == "POST" else None)
            counted["answers"] += 1
            assert said.status < 500, (method, path, said)
            is_guarded(said, (method, path, headers))
            tells_nothing_of_the_machine(said, str(home))
    for headers, target in (
        ({"Host": "evil.example"}, "/"),
        ({"Content-Length": "99999999999"}, "/"),
        ({}, "/" + "x" * 9999),
    ):
        is_guarded(ask(server, "GET", target, headers), target)
    report(f"routes, {who}", counted)


# Files

SECRETS = ("etc/passwd", "proc/self/environ", "etc/hostname")
UP = [
    "../",
    "..%2f",
    "%2e%2e/",
    "%2e%2e%2f",
    "..%252f",
    "..\\",
    "..%5c",
    "%c0%ae%c0%ae/",
    "....//",
    "..;/",
    "..%00/",
    "./../",
]


def places_to_climb_from(served: Served) -> list[str]:
    """The part before a path's variable end, for each route that takes a whole path."""
    return sorted({path[: path.index("{")] for _, path in every_route(served) if re.search(r"\{\w+:path\}$", path)})


def test_no_route_that_takes_a_path_leaves_its_folder(served: Served, home: Path, tmp_path: Path) -> None:
    secret = "what nobody may read 7391"
    (tmp_path / "secret.txt").write_text(secret)
    kept = [path for path in home.rglob("*") if path.is_file()][:20]
    own = [Path(__file__), Path("pyproject.toml"), Path("assistant/web/guard.py"), Path("gradio/routes.py")]
    targets = [tmp_path / "secret.txt", *kept, *own]
    befores, counted = places_to_climb_from(served), Counter()
    assert {"/assets/", "/static/", "/svelte/", "/gradio_api/file="} <= set(befores)
    for before in befores:
        climbing = [up * times + place for up in UP for times in (1, 3, 12) for place in SECRETS]
        straight = [spelt for target in targets for spelt in (str(target), quote(str(target), safe=""), f"/{target}")]
        schemes = [f"file://{target}" for target in targets] + ["file:/etc/passwd", "//etc/passwd", "data:text/html,x"]
        for rest in climbing + straight + schemes:
            said = ask(served, "GET", before + rest)
            counted["attempts"] += 1
            assert said.status in (400, 403, 404, 422), (before + rest, said.status)
            assert secret not in said.text
            assert "root:" not in said.text
            said.body = said.body.replace(rest.encode(), b"what was asked for").replace(unquote(rest).encode(), b"")
            tells_nothing_of_the_machine(said, str(home))
            counted["refused"] += 1
    report("paths that climb", counted)


def test_nothing_is_fetched_for_a_client(served: Served) -> None:
    """An address in place of a path would have the server ask other hosts."""
    import socket

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.5)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        for before in places_to_climb_from(served):
            for rest in (address, quote(address, safe=""), address.replace("http:", ""), address.replace("//", "/")):
                assert ask(served, "GET", before + rest).status in (400, 403, 404, 422)
        data = json.dumps({"data": [{"path": address, "url": address, "meta": {"_type": "gradio.FileData"}}]}).encode()
        for name in ("answer", "search", "card"):
            ask(served, "POST", f"/gradio_api/call/{name}", JSON, data)
        with pytest.raises(TimeoutError):
            listening.accept()
