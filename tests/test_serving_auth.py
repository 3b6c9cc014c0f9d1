"""Who gets in: users with hashed passwords, on every route."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import bcrypt
import httpx
import pytest
from gradio_client import Client
from served import Served

from assistant.web.auth import Users, add_user
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from assistant import Assistant

MEI = ("mei", "long enough 密码")
ROUTES = (
    "/",
    "/config",
    "/theme.css",
    "/assets/x.js",
    "/static/img/logo.svg",
    "/mcp",
    "/gradio_api/mcp/",
    "/gradio_api/info",
    "/gradio_api/openapi.json",
    "/gradio_api/app_id",
    "/gradio_api/startup-events",
    "/gradio_api/heartbeat/abc",
    "/gradio_api/queue/data?session_hash=abc",
    "/gradio_api/queue/join",
    "/gradio_api/call/answer",
    "/gradio_api/call/v2/answer",
    "/gradio_api/call/answer/abc",
    "/gradio_api/run/answer",
    "/gradio_api/cancel",
    "/gradio_api/upload",
    "/gradio_api/component_server",
    "/gradio_api/file=/etc/passwd",
    "/gradio_api/proxy=https://x.hf.space",
    "/monitoring",
    "//config",
    "/./config",
    "/%63onfig",
    "/no-such-route",
)


@pytest.fixture(scope="module")
def auth_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("auth") / "users.txt"
    add_user(path, *MEI)
    return path


@pytest.fixture(scope="module")
def served(assistant: "Assistant", auth_file: Path) -> Iterator[Served]:
    with Served(assistant, users=Users(auth_file)) as server:
        yield server


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "OPTIONS"])
def test_no_route_answers_a_stranger(served: Served, path: str, method: str) -> None:
    with httpx.Client() as client:
        response = client.send(client.build_request(method, f"{served.url}{path}", headers={"x-assistant-user": "mei"}))
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Basic")


def test_health_is_told_to_everyone(served: Served) -> None:
    assert httpx.get(f"{served.url}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{served.url}/readyz").json() == {"status": "ready", "cards": 803}


def test_a_name_and_its_password_open_page_api_and_files(served: Served) -> None:
    for path in ("/", "/config", "/gradio_api/info", "/theme.css"):
        assert httpx.get(f"{served.url}{path}", auth=MEI).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Basic " + base64.b64encode(b"mei:wrong").decode(),
        "Basic " + base64.b64encode(b"nobody:long enough").decode(),
        "Basic " + base64.b64encode(b"mei").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic !!!",
        "Bearer mei",
        "Basic",
    ],
)
def test_anything_else_does_not(assistant: "Assistant", auth_file: Path, header: str) -> None:
    with Served(assistant, users=Users(auth_file)) as server:
        assert httpx.get(f"{server.url}/config", headers={"Authorization": header}).status_code == 401


def test_a_browser_is_shown_where_to_sign_in_and_stays_signed_in(served: Served) -> None:
    with httpx.Client(base_url=served.url, headers={"Accept": "text/html"}, follow_redirects=True) as browser:
        page = browser.get("/")
        assert page.url.path == "/login"
        assert 'type="password"' in page.text
        wrong = browser.post("/login", data={"username": "mei", "password": "<b>wrong"})
        assert wrong.status_code == 401
        assert "wrong" in wrong.text
        assert "<b>" not in wrong.text
        assert browser.post("/login", data={"username": MEI[0], "password": MEI[1]}).url.path == "/"
        assert browser.get("/config").status_code == 200
        browser.get("/logout")
        assert browser.get("/").url.path == "/login"


def test_the_cookie_cannot_be_read_by_scripts_nor_sent_from_other_sites(served: Served) -> None:
    response = httpx.post(f"{served.url}/login", data={"username": MEI[0], "password": MEI[1]})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_a_cookie_that_was_changed_is_worthless(auth_file: Path) -> None:
    users = Users(auth_file)
    cookie = users.cookie("mei")
    name, until, signature = cookie.split(".")
    other = base64.urlsafe_b64encode(b"root").decode()
    assert users.signed_in(cookie) == "mei"
    for changed in (
        f"{other}.{until}.{signature}",
        f"{name}.{int(until) + 9}.{signature}",
        f"{name}.{until}.",
        "..",
        "é",
    ):
        assert users.signed_in(changed) is None
    assert Users(auth_file).signed_in(cookie) is None


def test_gradios_own_client_signs_in_both_ways(served: Served) -> None:
    for client in (
        Client(served.url, auth=MEI, verbose=False, analytics_enabled=False),
        Client(served.url, httpx_kwargs={"auth": MEI}, verbose=False, analytics_enabled=False),
    ):
        assert client.predict(card_id="align-a6ef98", api_name="/card")["id"] == "align-a6ef98"


def test_the_page_knows_who_has_signed_in(assistant: "Assistant", auth_file: Path) -> None:
    import gradio as gr

    def page(_: "Assistant") -> gr.Blocks:
        def who(request: gr.Request) -> str:
            return str(request.username)

        with gr.Blocks(analytics_enabled=False) as blocks:
            said = gr.Textbox()
            gr.Button().click(who, None, said, api_name="who")
        return blocks

    with Served(assistant, page=page, users=Users(auth_file)) as server:
        client = Client(server.url, auth=MEI, headers={"x-assistant-user": "root"}, verbose=False)
        assert client.predict(api_name="/who") == "mei"


def test_wrong_passwords_are_slowed_down(assistant: "Assistant", auth_file: Path) -> None:
    with Served(assistant, users=Users(auth_file)) as server:
        tries = [httpx.get(f"{server.url}/config", auth=("mei", f"guess {n}")).status_code for n in range(12)]
        assert tries[:10] == [401] * 10
        assert tries[10:] == [429] * 2


def test_a_file_of_htpasswd_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "htpasswd"
    hashed = bcrypt.hashpw(b"secret words", bcrypt.gensalt(5)).decode().replace("$2b$", "$2y$")
    path.write_text(f"# users\n\nmei:{hashed}\n")
    path.chmod(0o600)
    users = Users(path)
    assert users.check("mei", "secret words")
    assert not users.check("mei", "secret word")


def test_a_user_who_is_taken_out_is_out_at_once(tmp_path: Path) -> None:
    path = tmp_path / "users"
    add_user(path, "mei", "password one")
    add_user(path, "li", "password two")
    users = Users(path)
    assert users.check("mei", "password one")
    cookie = users.cookie("mei")
    path.write_text(next(line for line in path.read_text().splitlines() if line.startswith("li:")) + "\n")
    assert not users.check("mei", "password one")
    assert users.signed_in(cookie) is None
    assert users.check("li", "password two")


def test_a_new_password_replaces_the_old_one_and_no_password_is_written_down(tmp_path: Path) -> None:
    path = tmp_path / "users"
    add_user(path, "mei", "password one")
    add_user(path, "mei", "password two")
    assert path.read_text().count("mei:") == 1
    assert "password" not in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    users = Users(path)
    assert users.check("mei", "password two")
    assert not users.check("mei", "password one")


@pytest.mark.parametrize(
    ("name", "password", "said"),
    [("a:b", "long enough", "cannot be a user's name"), ("mei", "short", "8 to 72"), ("mei", "x" * 73, "8 to 72")],
)
def test_a_name_or_password_that_cannot_be_used_is_refused(tmp_path: Path, name: str, password: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        add_user(tmp_path / "users", name, password)


@pytest.mark.parametrize(
    ("lines", "mode", "said"),
    [
        ("mei:plain-password\n", 0o600, "line 1 .* not a name and a bcrypt hash"),
        ("mei:$apr1$x$y\n", 0o600, "bcrypt"),
        ("", 0o600, "names no user"),
        ("mei:x\n", 0o644, "chmod 600"),
    ],
)
def test_an_auth_file_that_is_not_safe_is_refused(tmp_path: Path, lines: str, mode: int, said: str) -> None:
    path = tmp_path / "users"
    path.write_text(lines)
    path.chmod(mode)
    with pytest.raises(UserError, match=said) as caught:
        Users(path)
    assert "plain-password" not in str(caught.value)
