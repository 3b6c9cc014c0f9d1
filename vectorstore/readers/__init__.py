"""Card files in: the format is told by what a file holds, never by its name."""

from collections.abc import Iterable
from pathlib import Path

from vectorstore.errors import CardFormatError, UserError
from vectorstore.readers.cardfile import CardFile
from vectorstore.readers.layout import has_abstract_line
from vectorstore.readers.records import read_records
from vectorstore.readers.sections import read_sections

__all__ = ["CardFile", "iter_card_files", "read_cards"]

_LARGEST_FILE = 512 * 1024 * 1024
_LARGEST_LINE = 1024 * 1024
_SUFFIXES = (".txt", ".jsonl", ".json", ".ndjson")


def read_cards(path: Path | str, *, force: bool = False) -> CardFile:
    """Read one card file, all of it or nothing.

    Args:
        path: a file in the card text format, JSON lines, or one JSON array.
        force: a section that does not hold as many cards as its heading says is a warning, not an error.

    Raises:
        CardFormatError: names the file, the line, and what was expected there.
    """
    path = Path(path)
    text = _decoded(path)
    head = text.lstrip()[:1]
    if head in ("{", "["):
        return read_records(path, text)
    if has_abstract_line(text):
        return read_sections(path, text, force=force)
    raise CardFormatError(
        path,
        1,
        "neither the card text format (a heading such as '模型架构74 篇', then cards that end in "
        "'查看完整摘要 (Abstract)' and the abstract) nor JSON lines with at least an abstract and a category",
    )


def _decoded(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise CardFormatError(path, None, f"{size:,} bytes; a card file may have 512 MB, split it")
        raw = path.read_bytes()
    except OSError as error:
        raise CardFormatError(path, None, f"cannot be read ({error.strerror or error})") from None
    if b"\0" in raw:
        place = raw.count(b"\n", 0, raw.index(b"\0")) + 1
        raise CardFormatError(path, place, "a NUL byte; expected a text file in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = raw.count(b"\n", 0, error.start) + 1
        raise CardFormatError(path, place, "not UTF-8; save the file as UTF-8 and try again") from None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise CardFormatError(path, None, "the file is empty; expected paper cards")
    if not text.lstrip().startswith("["):
        for number, line in enumerate(text.split("\n"), start=1):
            if len(line) > _LARGEST_LINE:
                raise CardFormatError(path, number, f"a line of {len(line):,} characters; at most 1,048,576 are read")
    return text


def iter_card_files(paths: Iterable[Path | str]) -> list[Path]:
    """The card files that some paths name; folders are searched for .txt, .jsonl, .ndjson and .json.

    Raises:
        UserError: a path does not exist, or a folder holds no such file.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = sorted(each for each in path.rglob("*") if each.suffix.lower() in _SUFFIXES and each.is_file())
            if not inside:
                raise UserError(f"{path}: no card file in this folder; expected {', '.join(_SUFFIXES)}")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise UserError(f"{path}: there is no such file or folder")
    return list(dict.fromkeys(found))
