"""The groups of items that every figure is also given for."""

from evals.datasets.models import Item, LabelledClaim, Single
from evals.results import ALL


def slices_of(item: Item) -> list[str]:
    """The names of the slices that an item belongs to, `all` first."""
    language = f"lang:{item.lang}"
    if isinstance(item, LabelledClaim):
        kind = f"kind:{item.kind}"
        return [ALL, language, kind]
    kind = f"kind:{getattr(item, 'kind', '')}"
    found = [ALL, language, kind, f"{language} {kind}"]
    if isinstance(item, Single):
        style = f"style:{item.style}"
        found += [style, f"{language} {style}"]
    return found
