"""What is freed goes back to the system."""

import sys
from pathlib import Path

import pytest

from vectorstore.memory import give_back

_PIECE, _PIECES = 60_000, 2_000


def _resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, and glibc is what keeps memory")
def test_freed_pieces_leave_the_process():
    pieces = [bytearray(_PIECE) for _ in range(_PIECES)]
    for place in range(0, _PIECES, 50):
        pieces[place][:] = b"x" * _PIECE
    # What stays lies among what goes, so that the library does not shrink its heap by itself.
    kept = pieces[::50]
    del pieces
    before = _resident()
    give_back()
    assert before - _resident() > _PIECE * _PIECES / 2
    assert all(piece[0] == ord("x") for piece in kept)
