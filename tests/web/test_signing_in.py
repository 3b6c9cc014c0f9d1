"""A visitor of a server with users signs in on a page, and then asks like everyone else."""

from pathlib import Path
from typing import Any

from served import Served

from assistant import Assistant
from assistant.web.auth import Users, add_user
from assistant.web.page import build_page, page_style


def test_a_visitor_signs_in_asks_and_signs_out(assistant: Assistant, browser: Any, tmp_path: Path) -> None:
    add_user(tmp_path / "users", "mei", "long enough")
    users = Users(tmp_path / "users")
    with Served(assistant, page=build_page, style=page_style(), users=users) as server:
        page = browser.new_context().new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(server.url)
        for password, expected in (("wrong words", "[role=alert]"), ("long enough", "#question textarea")):
            page.fill("[name=username]", "mei")
            page.fill("[name=password]", password)
            page.press("[name=password]", "Enter")
            page.wait_for_selector(expected)
        page.fill("#question textarea", "How does GuardSpace keep a model safe?")
        page.press("#question textarea", "Enter")
        page.wait_for_selector(".answer .citation")
        page.goto(f"{server.url}/logout")
        assert page.url.endswith("/login")
        page.goto(server.url)
        assert page.url.endswith("/login")
        assert errors == []
