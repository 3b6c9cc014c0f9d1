"""What reaches the terminal: its encoding, and text without control characters."""

import locale
import os
import re
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# C0 (line feed and tab stay), DEL, C1, marks that reorder or hide text, and halves of surrogate pairs.
# Cards, questions and models are other people's text: none of these may reach a terminal as they are.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says, so that Chinese prints under `LANG=C` and into a Windows pipe.

    `PYTHONIOENCODING` is obeyed where it is set; characters it cannot hold become `?`.
    """
    encoding = None if os.environ.get("PYTHONIOENCODING") else "utf-8"
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding=encoding, errors="replace")


def clean(text: str) -> str:
    """`text` without anything that could steer a terminal or hide words in it."""
    return _UNSAFE.sub("", text)


def clean_json(document: str) -> str:
    """A JSON document with the same characters written as escapes: nothing is lost, nothing is steered."""
    return _UNSAFE.sub(_escaped, document)


def _escaped(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def console(stream: TextIO | None = None) -> "Console":
    """A console on `stream` (default: stdout) that colours only in a terminal and reads no markup."""
    from rich.console import Console

    stream = stream or sys.stdout
    return Console(file=stream, force_terminal=stream.isatty(), markup=False, emoji=False, highlight=False)


def emit(to: "Console", text: "Text | str", *, indent: int = 0, style: str = "") -> None:
    """Write a paragraph: wrapped and styled in a terminal, otherwise one plain line per line of `text`.

    Args:
        to: from `console`.
        text: already cleaned.
        indent: columns before every line.
        style: a Rich style for all of it.
    """
    from rich.text import Text

    from assistant.cli.wrapping import wrapped

    shown = text if isinstance(text, Text) else Text(text)
    if to.is_terminal:
        shown.stylize(style)
        for line in wrapped(shown, to.width - indent):
            to.print(Text(" " * indent) + line if line else line, soft_wrap=True)
        return
    for plain in shown.plain.split("\n"):
        to.file.write(f"{' ' * indent}{plain}\n" if plain else "\n")


def say_error(message: str) -> None:
    """One line on stderr: what went wrong, and what to do."""
    sys.stdout.flush()
    print(f"error: {' '.join(clean(message).split())}", file=sys.stderr)


def prefers_chinese() -> bool:
    """Whether the locale of the terminal is a Chinese one."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.lower().startswith("zh")
    return (locale.getlocale()[0] or "").lower().startswith(("zh", "chinese"))
