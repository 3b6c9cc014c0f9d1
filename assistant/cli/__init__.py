"""The command line: `assistant ask`, `chat`, `search`, `show`, `cards`, `ingest` and `doctor`."""

import os
import sys
from collections.abc import Sequence

# Shells report a program that Ctrl-C ended as 128 + SIGINT.
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the arguments without the program's name; None takes them from the process.

    Returns:
        0 on success (an answer that abstains is one), 1 on an error the user can mend, 2 on wrong usage,
        130 after Ctrl-C.
    """
    try:
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
    except UserError as error:
        say_error(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f": {error.filename}" if error.filename else ""
        say_error(f"{error.strerror or error}{place}")
    return 1
