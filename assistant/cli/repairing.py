"""`assistant doctor --repair`: a store that cannot be used is set aside, and a new one made of what it still holds."""

import json
import shutil
from pathlib import Path

from assistant.collection import Collection, Progress
from assistant.settings import Settings
from vectorstore.cards import PaperCard
from vectorstore.connection import StoreConfig
from vectorstore.errors import EmbedderError, StoreError, UserError
from vectorstore.lock import WriterLock
from vectorstore.rescue import Rescued, rescued, set_aside

# Room for a new store and for what Chroma writes beside it meanwhile.
_TIMES_AS_LARGE, _SPARE = 2, 50_000_000
_KEPT = "cards-{}.jsonl"


def repair(settings: Settings, progress: Progress) -> list[str]:
    """Make the embedded store usable; nothing is ever deleted.

    Args:
        settings: where it is.
        progress: called with (done, total, what).

    Returns:
        What was done, in lines.

    Raises:
        UserError: it cannot be repaired from here; says why and what to do.
    """
    if StoreConfig(settings.store, settings.home).kind != "embedded":
        raise UserError("only the embedded store can be repaired from here; the one in use is looked after elsewhere")
    problem = _problem(settings, progress)
    if problem is None:
        return ["the store can be used; nothing was changed"]
    if isinstance(problem.__cause__, OSError):
        raise problem
    store = settings.home / "store"
    _with_room(store)
    with WriterLock(settings.home / f"{settings.collection}.lock").held_if_free() as free:
        if not free:
            raise UserError("an ingest is under way in this state folder; stop it or wait, then try again")
        found = rescued(store, settings.collection)
        try:
            aside = set_aside(store)
        except OSError as error:
            raise UserError(f"{store} cannot be moved ({error.strerror or error}); move it by hand") from None
        kept = {name: _written(aside / _KEPT.format(name), cards) for name, cards in found.cards.items()}
    mine = found.cards.get(settings.collection, [])
    Collection(settings, progress=progress).ingest(mine, prune=bool(mine) and found.complete)
    return [f"the store could not be used: {problem}", *_told(found, mine, aside, kept, settings.collection)]


def _problem(settings: Settings, progress: Progress) -> UserError | None:
    """What is wrong with the store; None where it can be used.

    Raises:
        UserError: the embedder, not the store, is what fails.
    """
    collection = Collection(settings, progress=progress)
    # Whatever is wrong with it is no fault of the store's.
    _ = collection.embedder
    try:
        collection.ready()
        for _ in collection.store.cards():
            pass
    except (StoreError, EmbedderError) as error:
        return error
    except ValueError as error:
        return StoreError(f"a card in it cannot be read ({type(error).__name__})")
    return None


def _with_room(store: Path) -> None:
    size = sum(file.stat().st_size for file in store.rglob("*") if file.is_file())
    free = shutil.disk_usage(store).free
    wanted = size * _TIMES_AS_LARGE + _SPARE
    if free < wanted:
        raise UserError(f"a new store needs {wanted / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free; make room first")


def _written(path: Path, cards: list[PaperCard]) -> Path:
    """Cards as lines that `assistant ingest` reads."""
    with path.open("w", encoding="utf-8") as file:
        for card in cards:
            record = card.model_dump(exclude={"aid"}) | {"questions": card.aid.questions}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return path


def _told(found: Rescued, mine: list[PaperCard], aside: Path, kept: dict[str, Path], collection: str) -> list[str]:
    told = [f"it was moved to {aside}; delete that folder when you miss nothing"]
    if found.complete and mine:
        told.append(f"all of its {len(mine)} cards are in the new store")
    elif mine:
        told.append(
            f"{len(mine)} of its cards could be read and are in the new store; ingest your own files again for the rest"
        )
    else:
        told.append("none of its cards could be read; ingest your own files again")
    others = [
        f"ASSISTANT_COLLECTION={name} assistant ingest {path}" for name, path in kept.items() if name != collection
    ]
    return told + [f"it held another collection as well; to bring that back: {line}" for line in others]
