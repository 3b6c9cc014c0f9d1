"""Where a benchmark runs and on what, and what its sections share."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from evals.bench.fresh import Fresh, Taken

_EMBEDDERS = "embedders"


@dataclass
class Place:
    """What sections are given.

    Args:
        folder: of the run.
        fresh: runs tasks.
        full: everything, on the card file; otherwise the quick run on the built-in corpus.
        cards: the card file of a full run; None for the built-in cards.
        given_home: the home of an assistant that has its collection ready; None to make one. It is copied.
        paperqa_python: an interpreter that has PaperQA2; None for this one.
        sizes: of the synthetic collections, in cards.
        questions: at most so many are asked; None for all.
        sample: cards of a quick run that stand for all of them where embedding all would take too long.
    """

    folder: Path
    fresh: Fresh
    full: bool
    cards: Path | None
    given_home: Path | None
    paperqa_python: Path | None
    sizes: tuple[int, ...]
    questions: int | None
    sample: int
    _home: Path | None = field(default=None, init=False)

    @property
    def file(self) -> str | None:
        """The card file, as tasks take it."""
        return str(self.cards) if self.cards is not None else None

    @property
    def limit(self) -> int | None:
        """How many cards are embedded for a comparison; None for all."""
        return None if self.full else self.sample

    def unpacked(self) -> Taken:
        """The embedder, unpacked for the first time."""
        return self.fresh.run("embedding.unpack", cache=str(self.folder / _EMBEDDERS))

    @property
    def cache(self) -> str:
        """Where the embedder is unpacked: what the given home has is taken, which spares half a minute."""
        given = self.given_home / _EMBEDDERS if self.given_home is not None else None
        if given is not None and given.is_dir():
            copied = self.folder / "embedders-given"
            if not copied.exists():
                shutil.copytree(given, copied)
            return str(copied)
        self.unpacked()
        return str(self.folder / _EMBEDDERS)

    def new_home(self, name: str) -> str:
        """An empty home, its embedder unpacked."""
        home = self.folder / name
        shutil.rmtree(home, ignore_errors=True)
        shutil.copytree(self.cache, home / _EMBEDDERS)
        return str(home)

    def ingested(self) -> Taken:
        """The collection, made from nothing in `home`."""
        home = self.folder / "home"
        if self._home != home:
            self.new_home("home")
        taken = self.fresh.run("collecting.ingest", home=str(home), cards=self.file)
        self._home = home
        return taken

    def home(self) -> str:
        """A home with the collection ready: a copy of the one given, or made now."""
        if self._home is None and self.given_home is not None:
            self._home = self.folder / "home-given"
            shutil.copytree(self.given_home, self._home, dirs_exist_ok=True)
        if self._home is None:
            self.ingested()
        return str(self._home)

    def tutorial(self, *, drawn: bool = False) -> Taken:
        """The tutorial pipeline over the cards, indexed and asked."""
        task, name = "peers.tutorial", "tutorial-drawn" if drawn else "tutorial"
        return self.fresh.run(
            task,
            home=self.once(name),
            cards=self.file,
            limit=None if drawn else self.limit,
            asked=self.questions,
            drawn=drawn,
        )

    def once(self, name: str) -> str:
        """An empty home that a task gets once: asked for again it is as the task left it."""
        home = self.folder / name
        return str(home) if home.exists() else self.new_home(name)
