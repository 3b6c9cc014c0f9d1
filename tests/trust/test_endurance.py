"""Readers go on while the model fails, the store is restarted and cards come in: nothing wrong, nothing lost."""

from pathlib import Path

import pytest
from own_cards import record, write_cards
from rounds import TIMES

from evals.endurance.run import Plan, endure


def test_faults_under_load_make_no_answer_wrong_and_lose_nothing(home: Path, tmp_path: Path) -> None:
    state = tmp_path / "home"
    state.mkdir()
    # The unpacked embedder alone: everything else is this run's own.
    (state / "embedders").symlink_to(home / "embedders")
    cards = write_cards(tmp_path / "cards.jsonl", [record(number) for number in range(24)])
    found = endure(Plan(minutes=0.7 * TIMES, users=8, pause=1.0, tokens=100.0, cards=cards, home=state, seed=TIMES))
    if not found.ok:
        pytest.fail(found.text)
