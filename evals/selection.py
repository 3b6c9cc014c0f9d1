"""Which items a run asks: those of its parts, at most so many of each kind."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from evals.datasets.models import AnyItem, LabelledClaim
from evals.results import PARTS, Part
from vectorstore.errors import UserError

_RANKED = ("single", "typo", "compare", "topic")
_ANSWERED = (*_RANKED, "list", "count")
_KINDS: Mapping[Part, tuple[str, ...]] = {
    "retrieval": _RANKED,
    "answers": _ANSWERED,
    "citations": (*_ANSWERED, "followup"),
    "abstention": (*_ANSWERED, "unanswerable"),
    "claims": ("claim",),
    "conversations": ("followup",),
}


def parts_named(names: Sequence[str] | None) -> list[Part]:
    """The parts of these names, in their own order; all where none is named.

    Raises:
        UserError: there is no such part.
    """
    unknown = [name for name in names or () if name not in PARTS]
    if unknown:
        raise UserError(f"there is no part {unknown[0]!r}; parts are {', '.join(PARTS)}")
    return [part for part in PARTS if not names or part in names]


def concerns(part: Part, item: AnyItem) -> bool:
    """Whether a part asks items of this kind."""
    return _kind(item) in _KINDS[part]


def limited(items: Sequence[AnyItem], limit: int | None) -> list[AnyItem]:
    """At most so many of each kind: the same ones each time, and those of a lower limit among them.

    Raises:
        UserError: the limit leaves nothing.
    """
    if limit is None:
        return list(items)
    if limit < 1:
        raise UserError(f"the limit is {limit}; it must be at least 1")
    kept: set[str] = set()
    for group in {_group(item) for item in items}:
        alike = [item.id for item in items if _group(item) == group]
        kept.update(sorted(alike, key=lambda item_id: sha256(item_id.encode()).hexdigest())[:limit])
    return [item for item in items if item.id in kept]


def _kind(item: AnyItem) -> str:
    return "claim" if isinstance(item, LabelledClaim) else item.kind


def _group(item: AnyItem) -> str:
    return f"claim {item.kind}" if isinstance(item, LabelledClaim) else item.kind
