"""The map of a collection: every card a point in two dimensions, near the cards that it is like.

The points are t-SNE (van der Maaten and Hinton 2008) of what is known of a card's meaning: the mean of its
passages' vectors beside its place in the latent space of words. They are made at ingest and kept; a card that
comes later is put among its neighbours, so that the others stay where readers know them to be.
"""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vectorstore.hybrid import WordIndex
from vectorstore.lock import Progress
from vectorstore.store import CardStore

if TYPE_CHECKING:
    import numpy as np

_FORM = 1
# t-SNE takes seconds for so many cards; in a larger collection the others are put among these.
_FITTED_CARDS = 5_000
# Of a larger collection no map is drawn: it would take minutes at every ingest, and nobody can make out its points.
LARGEST_MAP = 20_000
# The mean of all vectors is known well enough from so many cards.
_MEAN_OF = 1_000
# Drawn anew when this share of the cards was not there when it was drawn.
_NEW_SHARE = 1 / 4
_NEIGHBOURS = 5
_PERPLEXITY = 30.0
# Fewer cards than this have no neighbourhoods to keep: they are projected.
_FEWEST = 12
_AT_ONCE = 400
# Cards looked at closely when those like one are wanted.
_CANDIDATES = 40


class Atlas:
    """The map, kept in a file beside the keyword index.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def points(
        self, store: CardStore, keywords: WordIndex, progress: Progress | None = None
    ) -> dict[str, tuple[float, float]]:
        """Where every card lies, x and y from 0 to 1; drawn now where the kept map is not the present collection's.

        Of more than `LARGEST_MAP` cards there is no map, and nothing is given.

        Args:
            store: the cards.
            keywords: the keyword index, in step with the store.
            progress: called with (done, total, what) where it has to be drawn.
        """
        import numpy as np

        report = progress or (lambda done, total, what: None)
        revision = store.revision()
        kept = self._kept()
        if kept is None or kept["revision"] != revision:
            report(0, 1, "drawing the map")
            kept = self._drawn(store, keywords, kept)
            kept["revision"] = np.array(revision)
            self._keep(kept)
            report(1, 1, "drawing the map")
        return {card_id: (float(x), float(y)) for card_id, (x, y) in zip(kept["ids"], kept["points"], strict=True)}

    def like(self, card_id: str, k: int, store: CardStore, keywords: WordIndex) -> list[tuple[str, float]]:
        """The cards most like a card: (card id, cosine from -1 to 1), best first.

        Args:
            card_id: the card.
            k: how many.
            store, keywords: as for `points`.
        """
        import numpy as np

        self.points(store, keywords)
        kept = self._kept()
        rows = list(store.vectors([card_id])[card_id].values())
        found = dict.fromkeys(keywords.latent.like(card_id, _CANDIDATES))
        if rows:
            near = store.nearest(np.mean(rows, axis=0), _CANDIDATES * 5)
            found |= dict.fromkeys(entry.partition("|")[0] for entry, _ in near)
        others = [other for other in found if other != card_id][: 2 * _CANDIDATES]
        if not others:
            return []
        features, _ = _features(store, keywords, [card_id, *others], None if kept is None else kept["middle"])
        cosines = _unit(features[1:]) @ _unit(features[:1])[0]
        ranked = sorted(zip(others, cosines.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
        return ranked[:k]

    def _drawn(
        self, store: CardStore, keywords: WordIndex, kept: "Mapping[str, np.ndarray] | None"
    ) -> "dict[str, np.ndarray]":
        import numpy as np

        ids = store.card_ids()
        if len(ids) > LARGEST_MAP:
            middle = np.empty(0, np.float32) if kept is None else kept["middle"]
            if not len(middle):
                _, middle = _features(store, keywords, ids[:: max(1, len(ids) // _MEAN_OF)], None)
            none = np.array([], dtype=str)
            return {"ids": none, "points": np.empty((0, 2), np.float32), "anchors": none, "middle": middle}
        wanted = set(ids)
        known = {} if kept is None else dict(zip(kept["ids"].tolist(), kept["points"], strict=True))
        known = {card_id: point for card_id, point in known.items() if card_id in wanted}
        if kept is None or len(ids) - len(known) > _NEW_SHARE * len(ids) or len(ids) < _FEWEST:
            step = -(-len(ids) // _FITTED_CARDS) or 1
            anchors = ids[::step]
            features, middle = _features(store, keywords, anchors, None)
            places = _projected(features)
            known = dict(zip(anchors, places, strict=True))
        else:
            anchors = [card_id for card_id in kept["anchors"].tolist() if card_id in known]
            middle = kept["middle"]
            features, _ = _features(store, keywords, anchors, middle)
            places = np.array([known[card_id] for card_id in anchors])
        missing = [card_id for card_id in ids if card_id not in known]
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            near, _ = _features(store, keywords, part, middle)
            known |= dict(zip(part, _among(near, features, places), strict=True))
        return {
            "ids": np.array(ids, dtype=str),
            "points": np.array([known[card_id] for card_id in ids], np.float32).reshape(-1, 2),
            "anchors": np.array(anchors, dtype=str),
            "middle": middle,
        }

    def _kept(self) -> "dict[str, np.ndarray] | None":
        import zipfile

        import numpy as np

        try:
            with np.load(self._path, allow_pickle=False) as read:
                return dict(read) if int(read["form"]) == _FORM else None
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None

    def _keep(self, drawn: "Mapping[str, np.ndarray]") -> None:
        import numpy as np

        # Kept only to be quicker next time: where it cannot be written, it is drawn again.
        with suppress(OSError):
            temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
            with temporary.open("wb") as file:
                np.savez(file, allow_pickle=False, form=np.array(_FORM), **drawn)
            temporary.replace(self._path)


def _features(
    store: CardStore, keywords: WordIndex, card_ids: Sequence[str], middle: "np.ndarray | None"
) -> "tuple[np.ndarray, np.ndarray]":
    """What is known of cards' meaning, one row each, and the mean vector that was taken from each.

    Args:
        store, keywords: where it is known.
        card_ids: the cards.
        middle: the mean vector; None takes that of these cards.
    """
    import numpy as np

    means = np.zeros((len(card_ids), 0), np.float32)
    for start in range(0, len(card_ids), _AT_ONCE):
        part = list(card_ids[start : start + _AT_ONCE])
        vectors = store.vectors(part)
        for row, card_id in enumerate(part, start):
            rows = list(vectors[card_id].values())
            if rows:
                if not means.shape[1]:
                    means = np.zeros((len(card_ids), len(rows[0])), np.float32)
                means[row] = np.mean(rows, axis=0)
    if middle is None:
        middle = means.mean(axis=0) if len(means) else np.zeros(means.shape[1], np.float32)
    if not means.shape[1]:
        means = np.zeros((len(card_ids), len(middle)), np.float32)
    return np.hstack([_unit(means - middle), keywords.latent.places(card_ids)]), middle


def _unit(rows: "np.ndarray") -> "np.ndarray":
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: np.ndarray = rows / np.where(lengths > 0, lengths, 1.0)
    return unit


def _projected(features: "np.ndarray") -> "np.ndarray":
    """Two dimensions for many, both from 0 to 1 and to the same scale."""
    import numpy as np

    count = len(features)
    if count < 2:
        return np.full((count, 2), 0.5, np.float32)
    if count < _FEWEST:
        centred = features - features.mean(axis=0)
        left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
        flat = np.zeros((count, 2), np.float32)
        flat[:, : min(2, left.shape[1])] = (left * sizes)[:, :2]
    else:
        from sklearn.manifold import TSNE
        from threadpoolctl import threadpool_limits

        perplexity = min(_PERPLEXITY, (count - 1) / 4)
        # Several threads wait for each other after every small step: on a busy machine for minutes.
        with threadpool_limits(1, "openmp"):
            flat = TSNE(2, perplexity=perplexity, metric="cosine", init="pca", random_state=0).fit_transform(features)
    low, high = flat.min(axis=0), flat.max(axis=0)
    scale = float((high - low).max()) or 1.0
    placed: np.ndarray = 0.5 + (flat - (low + high) / 2) / scale
    return placed


def _among(features: "np.ndarray", anchors: "np.ndarray", places: "np.ndarray") -> "np.ndarray":
    """A point for each card: the mean of its nearest anchors' points, the nearer the more it counts."""
    import numpy as np

    likeness = features @ anchors.T
    nearest = np.argsort(-likeness, axis=1)[:, :_NEIGHBOURS]
    weights = np.maximum(np.take_along_axis(likeness, nearest, axis=1), 1e-3)
    weights /= weights.sum(axis=1, keepdims=True)
    placed: np.ndarray = (places[nearest] * weights[:, :, None]).sum(axis=1)
    return placed
