"""An OpenAI-compatible server on loopback that answers, or misbehaves, by script.

`BEHAVIOURS` holds every script by name. A script that `@says` something gets the request as `Asked` and
returns the text of a well-formed reply (`scripted_replies`); a script `@on_the_wire` gets the `Wire` and
sends the bytes itself (`scripted_faults`, `scripted_oddities`). A sentence passed through `asked.lie(...)` is one
that no answer may show.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import scripted_faults  # noqa: F401  (registers its scripts)
import scripted_oddities  # noqa: F401  (registers its scripts)
import scripted_replies  # noqa: F401  (registers its scripts)
from scripted_exchange import BEHAVIOURS, Asked, Wire

__all__ = ["BEHAVIOURS", "Asked", "ScriptedServer", "Wire"]


class ScriptedServer:
    """Use as a context manager.

    Args:
        behaviour: a name in `BEHAVIOURS`; may be changed between requests.
    """

    def __init__(self, behaviour: str = "good") -> None:
        self.behaviour = behaviour
        self.asked: list[Asked] = []
        self.hung_up = threading.Event()
        self._closing = threading.Event()
        self._other: ScriptedServer | None = None

    @property
    def base_url(self) -> str:
        """What `OPENAI_BASE_URL` would be."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def completions(self) -> list[Asked]:
        """The requests for a chat completion."""
        return [asked for asked in self.asked if asked.path.endswith("/chat/completions")]

    @property
    def lies(self) -> list[str]:
        """Everything said so far that no answer may show."""
        return [lie for asked in self.asked for lie in asked.lies]

    @property
    def other(self) -> "ScriptedServer":
        """Another host, to which nobody should go."""
        if self._other is None:
            self._other = ScriptedServer().__enter__()
        return self._other

    def __enter__(self) -> "ScriptedServer":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.path, headers, json.loads(raw or b"{}"), len(outer.asked))
                outer.asked.append(asked)
                other = outer.other.base_url if outer.behaviour.startswith("redirect") else ""
                wire = Wire(asked, self, outer._closing, other)
                self.close_connection = True
                try:
                    if self.path.endswith("/models"):
                        wire.status(200, {"data": [{"id": "scripted-model"}, {"id": "<b>not a name</b>"}]})
                    else:
                        BEHAVIOURS[outer.behaviour](wire)
                except OSError:
                    outer.hung_up.set()

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        if self._other is not None:
            self._other.__exit__()
