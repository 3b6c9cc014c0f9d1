"""The address that is served: what may be bound without anyone signing in, and what to do about a taken port."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

from assistant.web.guard import is_loopback
from vectorstore.errors import UserError

_PORTS_TRIED = 50
# Clients that connect while the server still opens wait here.
_WAITING = 2048


@dataclass(frozen=True)
class Options:
    """How to serve.

    Args:
        host: address to bind.
        port: port to bind.
        auth_file: users and password hashes; None lets everyone in who reaches the port.
        public: everyone who reaches the port may use it, also from other machines.
        workers: processes that answer.
    """

    host: str = "127.0.0.1"
    port: int = 7860
    auth_file: Path | None = None
    public: bool = False
    workers: int = 1

    @property
    def loopback_only(self) -> bool:
        """Whether only this machine is served, without a name."""
        return self.auth_file is None and not self.public


def bound(options: Options) -> socket.socket:
    """The listening socket; clients that connect early wait until the server is ready.

    Raises:
        UserError: the address must not or cannot be bound; says what to type instead.
    """
    host, port = options.host, options.port
    if options.loopback_only and not is_loopback(host):
        raise UserError(
            f"{host} can be reached from other machines, and no one would have to sign in; give --auth-file FILE "
            "(`assistant serve --add-user NAME --auth-file FILE` makes one), or --public if everyone may use it"
        )
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        raise UserError(f"{host!r} is no address; 127.0.0.1 serves this machine only, 0.0.0.0 the network") from None
    listening = socket.socket(family, kind)
    try:
        if os.name == "posix":
            # A port that a server has just left may be taken at once.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_WAITING)
    except PermissionError:
        listening.close()
        raise UserError(f"port {port} may not be used by this user; ports from 1024 may: --port 7860") from None
    except OSError as error:
        listening.close()
        free = _next_free(family, host, port)
        if free is None:
            raise UserError(f"{host}:{port} cannot be bound: {error.strerror}") from None
        raise UserError(f"port {port} is taken; {free} is free: assistant serve --port {free}") from None
    return listening


def address_of(options: Options, listening: socket.socket) -> str:
    """The page's address as one types it on this machine."""
    # All addresses of the machine include the one that it knows itself by.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(options.host, options.host)  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"


def _next_free(family: socket.AddressFamily, host: str, port: int) -> int | None:
    for candidate in range(port + 1, min(port + _PORTS_TRIED, 65_536)):
        with socket.socket(family, socket.SOCK_STREAM) as trying:
            try:
                trying.bind((host, candidate))
            except OSError:
                continue
            return candidate
    return None
