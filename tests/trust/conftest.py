"""Shows what the attacks counted, where more than a few were asked for."""

import pytest
from rounds import KILLS, REPORTED, SECONDS, TIMES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures."""
    if not any(REPORTED.values()) or (TIMES == 1 and not SECONDS and KILLS == 3):
        return
    terminalreporter.section("attacks")
    for what, counted in REPORTED.items():
        if not counted:
            continue
        figures = ", ".join(f"{number:,} {name}" for name, number in counted.items())
        terminalreporter.write_line(f"{what.removeprefix('test_').replace('_', ' ')}: {figures}")
