"""Who may use the server: a file of names and password hashes, and the cookie of a browser that has signed in."""

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import stat
import tempfile
import threading
import time
from pathlib import Path

from vectorstore.errors import UserError

COOKIE = "paper-cards-session"
_SESSION_SECONDS = 12 * 3600
_HASH = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
_NAME = re.compile(r"[^\s:]{1,64}")
_SHORTEST = 8
# bcrypt reads no more than this many bytes of a password.
_LONGEST = 72
_REMEMBERED = 10_000


class Users:
    """The users of an auth file: lines `name:hash` with bcrypt hashes, as `htpasswd -B` writes them.

    The file is read again whenever it changes, so a user can be added or removed while the server runs.
    Safe to use from several threads.

    Args:
        path: the file.

    Raises:
        UserError: it cannot be read, is open to other people, or a line is no user.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._known: set[bytes] = set()
        self._seen: tuple[int, int, int] | None = None
        self._hashes: dict[str, bytes] = {}
        self._read()
        if not self._hashes:
            raise UserError(f"{path} names no user; add one with {_how_to_add(path)}")

    def check(self, name: str, password: str) -> bool:
        """Whether the password is this user's; takes as long for a name that does not exist.

        Blocks for the tenth of a second or so that one bcrypt hash takes, the first time a password is right.
        """
        import bcrypt

        self._read()
        stored = self._hashes.get(name)
        given = password.encode("utf-8", "surrogatepass")
        # Checking a hash costs more than an answer; what was right once is known by a keyed digest.
        digest = hmac.digest(self._secret, b"\0".join((name.encode(), given, stored or b"")), "sha256")
        with self._lock:
            if stored and digest in self._known:
                return True
        # An unknown name is checked against some user's hash, so that the time does not tell that it is unknown.
        against = stored or next(iter(self._hashes.values()), bcrypt.hashpw(b"", bcrypt.gensalt()))
        right = bcrypt.checkpw(given[:_LONGEST], against) and stored is not None and len(given) <= _LONGEST
        if right:
            with self._lock:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known.add(digest)
        return right

    def basic(self, header: str) -> str | None:
        """The user of an `Authorization: Basic` header, or None where it is not right. Blocks as `check` does."""
        scheme, _, encoded = header.partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            name, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name if colon and self.check(name, password) else None

    def cookie(self, name: str) -> str:
        """A value for `COOKIE` that stands for a signed-in user; worthless after a restart or a new password."""
        until = int(time.time()) + _SESSION_SECONDS
        return self._signed(f"{base64.urlsafe_b64encode(name.encode()).decode()}.{until}", name)

    def signed_in(self, cookie: str) -> str | None:
        """The user that a cookie stands for, or None where it is not ours, too old, or its user is gone."""
        stated, _, _ = cookie.rpartition(".")
        encoded, _, until = stated.partition(".")
        try:
            name = base64.urlsafe_b64decode(encoded.encode()).decode()
            fresh = int(until) > time.time()
        except (ValueError, UnicodeError):
            return None
        self._read()
        return name if fresh and name in self._hashes and _same(cookie, self._signed(stated, name)) else None

    def _signed(self, stated: str, name: str) -> str:
        words = stated.encode() + b"\0" + self._hashes.get(name, b"")
        return f"{stated}.{hmac.new(self._secret, words, hashlib.sha256).hexdigest()}"

    def _read(self) -> None:
        path = self._path
        try:
            found = path.stat()
            seen = (found.st_mtime_ns, found.st_size, found.st_ino)
            if seen == self._seen:
                return
            if os.name == "posix" and stat.S_IMODE(found.st_mode) & 0o037:
                raise UserError(f"{path} is open to other users of this machine; close it with: chmod 600 {path}")
            lines = path.read_text("utf-8").splitlines()
        except OSError as error:
            raise UserError(
                f"the auth file {path} cannot be read ({error.strerror}); make one with {_how_to_add(path)}"
            ) from None
        except UnicodeDecodeError:
            raise UserError(f"the auth file {path} is not text") from None
        self._hashes, self._seen = _users(lines, path), seen


def add_user(path: Path, name: str, password: str) -> None:
    """Put a user into an auth file, or give them a new password; the file is made where there is none.

    Args:
        path: the file; only its owner will be able to read it.
        name: without blanks and colons, at most 64 characters.
        password: 8 to 72 bytes.

    Raises:
        UserError: the name or the password cannot be used, or the file holds something else.
    """
    import bcrypt

    if not _NAME.fullmatch(name):
        raise UserError(f"{name!r} cannot be a user's name: 1 to 64 characters without blanks and colons")
    given = password.encode()
    if not _SHORTEST <= len(given) <= _LONGEST:
        raise UserError(f"a password has {_SHORTEST} to {_LONGEST} bytes; this one has {len(given)}")
    users = _users(path.read_text("utf-8").splitlines(), path) if path.exists() else {}
    users[name] = bcrypt.hashpw(given, bcrypt.gensalt())
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp makes a file that only its owner can read, and the old users are there until the new ones are.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(f"{user}:{hashed.decode()}\n" for user, hashed in users.items())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _users(lines: list[str], path: Path) -> dict[str, bytes]:
    users = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.strip().partition(":")
        if not _NAME.fullmatch(name) or not _HASH.fullmatch(hashed):
            # The line itself is not shown: it may hold a password.
            raise UserError(
                f"line {number} of {path} is not a name and a bcrypt hash; make one with {_how_to_add(path)}"
            )
        users[name] = hashed.encode()
    return users


def _how_to_add(path: Path) -> str:
    return f"`assistant serve --add-user NAME --auth-file {path}`"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
