"""`assistant serve`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.terminal import clean


def serve(
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to bind.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, metavar="N", help="Port; 0 takes a free one.")
    ] = 7860,
    auth_file: Annotated[
        Path | None,
        typer.Option("--auth-file", metavar="FILE", help="Let only the users of this file in: name and bcrypt hash."),
    ] = None,
    add_user: Annotated[
        str | None,
        typer.Option(
            "--add-user", metavar="NAME", help="Put a user into --auth-file, ask for the password, and leave."
        ),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Let everyone in who reaches the port, also from other machines.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, metavar="N", help="Processes that answer; half a GB each.")
    ] = 1,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open the page in a browser.")] = False,
    print_compose: Annotated[
        bool, typer.Option("--print-compose", help="Print a Docker Compose file of page, store and model, and leave.")
    ] = False,
    print_systemd: Annotated[
        bool, typer.Option("--print-systemd", help="Print systemd units of page and store, and leave.")
    ] = False,
) -> None:
    """Open the page in the browser, and serve the same answers to programs and agents.

    Without --auth-file or --public only this machine is served. Ctrl-C or SIGTERM finishes the answers under
    way and stops. How many may ask, and how often, are the settings ASSISTANT_SERVE_...; /healthz and /readyz
    say how the server is.

    \b
    Examples:
      assistant serve
      assistant serve --add-user mei --auth-file users.txt
      assistant serve --host 0.0.0.0 --auth-file users.txt --workers 4
    """
    if print_compose or print_systemd:
        from assistant.web.deploying import compose_file, systemd_units

        typer.echo(compose_file() if print_compose else systemd_units(), nl=False)
        return
    if add_user is not None:
        if auth_file is None:
            raise typer.BadParameter("--add-user needs --auth-file FILE")
        _add_user(add_user, auth_file)
        return
    if public and auth_file is not None:
        raise typer.BadParameter("give --public or --auth-file, not both")
    if workers > 1 and os.name != "posix":
        raise typer.BadParameter("several workers need Linux or macOS")

    from assistant.cli.progress import progress_bar
    from assistant.settings import load_settings
    from assistant.web.binding import Options
    from assistant.web.server import serve as serving

    code = serving(
        Options(host=host, port=port, auth_file=auth_file, public=public, workers=workers),
        load_settings(),
        say=_say,
        progress=progress_bar,
        show=_open if not no_open and _at_a_desktop() else None,
    )
    raise typer.Exit(code)


def _say(line: str) -> None:
    typer.echo(clean(line))
    sys.stdout.flush()


def _add_user(name: str, path: Path) -> None:
    from assistant.web.auth import add_user

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    add_user(path, name, password)
    typer.echo(clean(f"{name} can sign in now: assistant serve --auth-file {path}"))


def _at_a_desktop() -> bool:
    if not sys.stdout.isatty() or os.environ.get("SSH_CONNECTION"):
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _open(address: str) -> None:
    import webbrowser

    webbrowser.open(address)
