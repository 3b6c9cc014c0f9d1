"""The command line: `assistant ask`, `chat`, `search`, `show`, `cards`, `ingest` and `doctor`."""

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments without the program's name; None takes them from the process.

    Returns:
        0 on success (an answer that abstains is one), 1 on an error the user can mend, 2 on wrong usage,
        130 after Ctrl-C.
    """
    from assistant.cli.interrupts import INTERRUPTED, ended_by_ctrl_c

    try:
        with ended_by_ctrl_c():
            return _run(argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has gone; pointing stdout elsewhere keeps the interpreter's last flush quiet too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _run(argv: Sequence[str] | None) -> int:
    from assistant.cli.app import app
    from assistant.cli.terminal import say_error, use_utf8
    from vectorstore.errors import UserError

    use_utf8()
    try:
        app(args=argv, prog_name="assistant")
    except SystemExit as leaving:
        sys.stdout.flush()
        return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BrokenPipeError:
        raise
    except (UserError, OSError) as error:
        say_error(_explained(error))
    return 1


def _explained(error: Exception) -> str:
    if not isinstance(error, OSError):
        return str(error)
    place = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{place}"
