"""PaperQA2's retrieval over the same cards with the same embedder and no language model."""

import json
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evals.results import FoundCard, SystemInfo
from evals.systems import Bench, Unavailable
from evals.systems.ranking import Ranker, by_card
from evals.systems.text import card_text
from evals.systems.vectors import KeptEmbeddings

_CHILD = Path(__file__).with_name("paperqa_child.py")
_HOW = (
    "install it with pip install 'paper-card-assistant[peers]', or into an environment of its own with "
    "pip install paper-qa, and give that environment's interpreter with --peers-python"
)


class PaperQA(Ranker):
    """`paperqa.Docs.retrieve_texts` with PaperQA's own chunking and ranking."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(
            SystemInfo(
                name="paperqa",
                title="PaperQA2 retrieval",
                role="baseline",
                description="paper-qa's Docs.retrieve_texts: its chunks of 5,000 characters, its numpy index and MMR; "
                "the same embedder, no language model, so none of its re-scoring.",
            )
        )
        self._bench = bench
        self._child: _Child | None = None

    def prepare(self) -> None:
        """Start the interpreter that has it, and hand it the cards."""
        python = self._bench.peers_python
        if python is None:
            if find_spec("paperqa") is None:
                raise Unavailable(f"paper-qa is not installed; {_HOW}")
            python = Path(sys.executable)
        self._child = _Child(python)
        bench = self._bench
        self._kept = KeptEmbeddings(bench.embedder, bench.cache, bench.progress, "embedding for PaperQA2")
        self._say({"cards": [[card.id, card_text(card)] for card in bench.cards.values()]})
        self._hear("ready")

    def rank(self, question: str) -> list[FoundCard]:
        """The cards of the chunks that PaperQA finds."""
        self._say({"question": question})
        return by_card((card_id, score) for card_id, score in self._hear("found"))

    def close(self) -> None:
        """End the interpreter."""
        if self._child is not None:
            self._child.close()
            self._child = None

    def _say(self, value: dict[str, Any]) -> None:
        if self._child is None or not self._child.say(value):
            raise self._ended()

    def _hear(self, wanted: str) -> Any:
        """The next answer of this name; embeds whatever is asked for until it comes."""
        while self._child is not None and (heard := self._child.hear()) is not None:
            if wanted in heard:
                return heard[wanted]
            texts = heard["embed"]
            if heard["kind"] == "query":
                vectors = self._bench.embedder.embed_array(texts, kind="query")
            else:
                vectors = self._kept.embed_array(texts)
            self._say({"vectors": vectors.tolist()})
        raise self._ended()

    def _ended(self) -> Unavailable:
        said = self._child.last_words() if self._child is not None else ""
        return Unavailable(f"PaperQA2 ended ({said or 'it said nothing'}); {_HOW}")


class _Child:
    """The other interpreter, and the JSON lines to and from it.

    Args:
        python: the interpreter.

    Raises:
        Unavailable: it cannot be started.
    """

    def __init__(self, python: Path) -> None:
        self._log = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [str(python), "-I", str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                encoding="utf-8",
            )
        except OSError as error:
            self._log.close()
            raise Unavailable(f"{python} cannot be started ({error.strerror or error})") from None

    def say(self, value: dict[str, Any]) -> bool:
        """Send one line; False where no one listens any more."""
        if self._process.stdin is None:
            return False
        try:
            self._process.stdin.write(json.dumps(value) + "\n")
            self._process.stdin.flush()
        except OSError:
            return False
        return True

    def hear(self) -> dict[str, Any] | None:
        """The next line; None where there will be none."""
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        heard: dict[str, Any] | None = json.loads(line) if line else None
        return heard

    def last_words(self) -> str:
        """The last line of what it logged."""
        self._log.seek(0)
        return self._log.read().strip().split("\n")[-1][:300]

    def close(self) -> None:
        """Let it end by itself, or end it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
