"""Writes a file whole, or not at all."""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text; a reader never meets half of it.

    Args:
        path: where to; its folder is made.
        text: all of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
