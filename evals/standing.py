"""The processes that a measurement of the server needs: a Chroma server, a scripted model, and the server itself."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

import httpx

from vectorstore.errors import UserError

_START_SECONDS = 600.0
_STOP_SECONDS = 45.0
_ADDRESS = re.compile(r"ready after .*?(http://\S+)")


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that reads no setting but the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ASSISTANT_", "OPENAI_"))}
    return kept | more


class ChromaServer:
    """A `chroma run` server that can be stopped and started again; use as a context manager.

    Args:
        folder: where it keeps its data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "ChromaServer":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            UserError: it does not.
        """
        command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
        self._process = subprocess.Popen(  # noqa: S603 (our own dependency)
            [*command, "--port", str(self._port), "--path", str(self._folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                if httpx.get(f"{self.url}/api/v2/heartbeat", timeout=1).is_success:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise UserError("the Chroma server does not start; try `chroma run` by hand")

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None:
            _stopped(self._process)


@contextmanager
def model_server(tokens: float, failing: float = 0.0, seed: int = 0) -> Iterator[str]:
    """A scripted model in a process of its own (see `evals.paced`); gives its address."""
    options = ["--tokens", str(tokens), "--failing", str(failing), "--seed", str(seed)]
    process = subprocess.Popen(  # noqa: S603 (our own module)
        [sys.executable, "-m", "evals.paced", *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 (a pipe was asked for)
        yield process.stdout.readline().strip()
    finally:
        _stopped(process)


class PageServer:
    """`assistant serve` in a process of its own; use as a context manager.

    Args:
        settings: environment variables of the assistant.
        workers: processes that answer.
    """

    def __init__(self, settings: Mapping[str, str], *, workers: int = 1) -> None:
        self.url = ""
        self._settings, self._workers = settings, workers
        self._said: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 (closed on leaving)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "PageServer":
        command = [sys.executable, "-m", "assistant", "serve", "--no-open", "--port", "0"]
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [*command, "--workers", str(self._workers)],
            stdout=self._said,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(**self._settings),
        )
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            if ready := _ADDRESS.search(self.said):
                self.url = ready[1]
                return self
            time.sleep(0.1)
        said = self.said.strip()
        self.__exit__(None, None, None)
        raise UserError(f"the server does not start: {said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._said.close()

    def stop(self) -> None:
        """Tell it to finish its answers and stop, and wait for that."""
        if self._process is not None:
            _stopped(self._process)

    @property
    def said(self) -> str:
        """What it has printed so far, its log included."""
        return os.pread(self._said.fileno(), 10_000_000, 0).decode("utf-8", "replace")

    @property
    def processes(self) -> list[int]:
        """Ids of its process and of its workers, where the system tells (Linux)."""
        if self._process is None:
            return []
        number = self._process.pid
        try:
            workers = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        except OSError:
            workers = []
        return [number, *map(int, workers)]

    def memory(self) -> float:
        """Resident memory of all its processes in MB; 0 where the system does not tell."""
        return sum(map(_resident, self.processes)) / 1e6

    def processor_seconds(self) -> float:
        """Processor time that all its processes have used; 0 where the system does not tell."""
        return sum(map(_processor_seconds, self.processes))


def _resident(process: int) -> float:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0.0


def _processor_seconds(process: int) -> float:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _stopped(process: "subprocess.Popen[bytes] | subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
