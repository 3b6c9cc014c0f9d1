"""Nothing is sent anywhere but to the configured model, and logs hold neither questions nor keys."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from own_cards import record, write_cards
from rounds import TIMES
from scripted_server import ScriptedServer
from without_network import NETWORK

from vectorstore.errors import UserError

SECRET = "sk-scripted-0123456789abcdef"
WORDS = {"en": "zyxwvutsrq", "zh": "饕餮貔貅"}

_COUNT = "awk '$1 == \"out:\" {print $11}' /proc/net/dev\n"
_USES = """
import sys
from pathlib import Path
from assistant import Assistant
from assistant.settings import Settings
from assistant.web.application import opened

home, cards = map(Path, sys.argv[1:])
assistant = opened(Settings(home=home, model="none"))
assistant.ingest([cards])
for question in ("How does GuardSpace keep a model safe?", "哪些论文提到 GSM8K?", "REAP or MoNE for a large MoE?"):
    assert assistant.answer(question).status == "answered"
assert assistant.search("adapters that keep a model safe") and assistant.map() and assistant.status()
from assistant.web.page import build_page
build_page(assistant)
print("used")
"""
_LOOKS_UP = "import socket\ntry: socket.getaddrinfo('telemetry.example', 443)\nexcept OSError: pass\n"


def alone(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run a shell script in a network namespace of its own."""
    return subprocess.run(
        ["unshare", "-rnm", "sh", "-c", script, "sh", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=900,
        cwd=Path(__file__).parents[2],
    )


def test_no_packet_leaves_the_machine(home: Path, tmp_path: Path) -> None:
    try:
        possible = alone(NETWORK + _COUNT, tmp_path)
    except FileNotFoundError:
        pytest.skip("needs unshare")
    if possible.returncode != 0:
        pytest.skip(f"needs a network namespace: {possible.stderr.strip()[-100:]}")
    cards = write_cards(tmp_path / "cards.jsonl", [record(1)])
    script = NETWORK + _COUNT + '"$2" -c "$3" "$4" "$5"\n' + _COUNT + '"$2" -c "$6"\n' + _COUNT
    ran = alone(script, tmp_path, sys.executable, _USES, own_copy(home, tmp_path), cards, _LOOKS_UP)
    assert ran.returncode == 0, ran.stderr
    before, used, after, with_a_look_up = ran.stdout.split()
    assert used == "used"
    assert int(after) == int(before) == 0
    assert int(with_a_look_up) > 0, "the counting itself works"


def own_copy(home: Path, tmp_path: Path) -> Path:
    import shutil

    return Path(shutil.copytree(home, tmp_path / "home"))


@pytest.mark.parametrize("behaviour", ["good", "invalid_json"] if TIMES > 1 else ["invalid_json"])
def test_the_logs_hold_no_question_and_no_key_even_where_everything_is_logged(
    home: Path, tmp_path: Path, scripted_server: ScriptedServer, behaviour: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import logging\nlogging.basicConfig(level=logging.DEBUG)\n")
    scripted_server.behaviour = behaviour
    log = tmp_path / "log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "assistant", "serve", "--port", "0", "--no-open"],
            env={
                **os.environ,
                "PYTHONPATH": str(tmp_path),
                "ASSISTANT_HOME": str(home),
                "OPENAI_BASE_URL": scripted_server.base_url,
                "OPENAI_API_KEY": SECRET,
                "ASSISTANT_MODEL": "scripted-model",
                "ASSISTANT_MODEL_TIMEOUT": "1",
                "ASSISTANT_KEEP_CONVERSATIONS": "false",
            },
            stdout=subprocess.PIPE,
            stderr=file,
            text=True,
        )
        try:
            assert process.stdout
            said = [process.stdout.readline() for _ in range(2)]
            url = said[0].split()[-1]
            for question in (
                f"How does GuardSpace keep a {WORDS['en']} safe?",
                f"GuardSpace 如何保持{WORDS['zh']}安全？",
            ):
                asked = httpx.post(
                    f"{url.rstrip('/')}/gradio_api/call/v2/answer", json={"question": question}, timeout=30
                )
                event = asked.json()["event_id"]
                reply = httpx.get(f"{url.rstrip('/')}/gradio_api/call/answer/{event}", timeout=60).text
                assert "event: complete" in reply
                assert SECRET not in reply
        finally:
            process.terminate()
            rest, _ = process.communicate(timeout=40)
    written = log.read_text("utf-8", "replace") + "".join(said) + rest
    assert "DEBUG" in written, "everything is logged"
    assert any(WORDS["en"] in asked.prompt for asked in scripted_server.completions)
    for word in (*WORDS.values(), SECRET):
        assert word not in written


def test_an_error_nobody_thought_of_is_logged_without_the_question(caplog: pytest.LogCaptureFixture) -> None:
    from assistant.web.calls import Calls

    class Breaking:
        """An assistant that fails and repeats the question."""

        def answer(self, question: str, **_: object) -> None:
            raise RuntimeError(f"cannot take {question!r}")

    with pytest.raises(UserError) as refused:
        Calls(Breaking()).answer(f"What of {WORDS['en']}?")  # type: ignore[arg-type]
    assert WORDS["en"] not in str(refused.value)
    assert "RuntimeError" in caplog.text
    assert "test_privacy.py" in caplog.text, "it says where"
    assert WORDS["en"] not in caplog.text


@pytest.mark.parametrize("command", [["doctor"], ["ask", "What is GuardSpace?"]])
def test_no_command_prints_a_key(home: Path, scripted_server: ScriptedServer, command: list[str]) -> None:
    scripted_server.behaviour = "unauthorized"
    ran = subprocess.run(
        [sys.executable, "-m", "assistant", *command],
        env={
            **os.environ,
            "ASSISTANT_HOME": str(home),
            "OPENAI_BASE_URL": scripted_server.base_url.replace("http://", "http://user:" + SECRET + "@"),
            "OPENAI_API_KEY": SECRET,
            "CHROMA_API_KEY": SECRET,
            "ASSISTANT_MODEL": "scripted-model",
        },
        capture_output=True,
        text=True,
    )
    assert SECRET not in ran.stdout + ran.stderr
    assert "did not accept the key" in ran.stdout + ran.stderr
