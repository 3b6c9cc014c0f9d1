"""Shell completion of card ids and categories, without opening the store."""

from collections.abc import Iterator


def categories(incomplete: str) -> list[tuple[str, str]]:
    """The known categories by their id prefix, each with its English name."""
    from vectorstore.cards import CATEGORY_NAMES, CATEGORY_PREFIXES

    return [
        (prefix, CATEGORY_NAMES[name]) for name, prefix in CATEGORY_PREFIXES.items() if prefix.startswith(incomplete)
    ]


def card_ids(incomplete: str) -> list[tuple[str, str]]:
    """The ids of the built-in corpus that begin so, each with its title."""
    return [(card_id, title) for card_id, title in _built_in() if card_id.startswith(incomplete)]


def _built_in() -> Iterator[tuple[str, str]]:
    # Opening the store takes a second, which is too long between two key strokes.
    import json
    from importlib.resources import files

    with (files("vectorstore.corpus") / "digest.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            card = json.loads(line)
            yield card["id"], card["title"]
