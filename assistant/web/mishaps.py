"""An error that nobody thought of, as a log may hold it: what and where, but no word of anybody's question."""

import traceback


def where(error: BaseException) -> str:
    """The kinds of an error and of its causes, each with the lines of code it came through.

    What an error says is left out: it often repeats what it could not take.
    """
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None and len(parts) < 5:
        frames = traceback.extract_tb(current.__traceback__)
        parts.append("\n".join([type(current).__name__, *(f"  {f.filename}:{f.lineno} {f.name}" for f in frames)]))
        current = current.__cause__ or current.__context__
    return "\nbecause of ".join(parts)
