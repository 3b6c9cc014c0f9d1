"""One worker of `assistant serve --workers`: page, API and tools on a socket that only the front can reach."""

import argparse
import os
import signal
import socket
import sys
import threading
from pathlib import Path


def main() -> int:
    """Answer until a signal comes, or until the front is gone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("socket", type=Path, help="where to listen")
    parser.add_argument("--named-users", action="store_true", help="the front says who asks")
    given = parser.parse_args()

    from assistant.cli.terminal import say_error
    from assistant.settings import load_settings
    from assistant.web.application import Page
    from assistant.web.health import Health
    from assistant.web.server import run
    from vectorstore.errors import UserError

    threading.Thread(target=_leave_with_front, daemon=True).start()
    page = Page(load_settings(), named_users=given.named_users)
    try:
        page.open()
    except (UserError, OSError) as error:
        say_error(str(error))
        return 1
    health = Health(page.cards)
    health.ready = True
    page.app.router.routes.insert(0, health.route())
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(given.socket))
        listening.listen(2048)
        run(page.app, listening, health, end=page.end, trusted="*")
    return 0


def _leave_with_front() -> None:
    # The front holds the other end of stdin and never writes. Read past the buffer, whose lock the exit needs.
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    raise SystemExit(main())
