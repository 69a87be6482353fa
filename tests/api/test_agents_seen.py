"""When a process looks at the agents' folders: beside requests while pages are asked for, and within them else."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api import agents_seen
from tests.agents.folders import write_agent
from tests.api.conftest import agents_in


@pytest.fixture
def seen(tmp_path: Path) -> Iterator[agents_seen._Seen]:
    """A catalog that was read before a new agent came."""
    with agents_in(tmp_path):
        found = agents_seen._seen()
        write_agent(tmp_path, "newcomer")
        yield found


def test_what_was_looked_at_just_now_is_not_looked_at_again(seen: agents_seen._Seen) -> None:
    assert "newcomer" not in agents_seen.catalog().entries
    assert not seen.lock.locked()


def test_the_first_request_after_a_silence_sees_what_came(seen: agents_seen._Seen) -> None:
    seen.looked_at -= agents_seen.LOOK_SECONDS
    assert "newcomer" in agents_seen.catalog().entries


def test_a_request_does_not_wait_for_the_look_that_it_begins(
    seen: agents_seen._Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, refresh = threading.Event(), seen.catalog.refresh
    monkeypatch.setattr(seen.catalog, "refresh", lambda: go.wait(20) and refresh())
    seen.looked_at -= agents_seen.EARLY_SECONDS
    for _ in range(3):  # and it is begun once
        assert "newcomer" not in agents_seen.catalog().entries
    assert [one.name for one in threading.enumerate()].count("catalog") == 1
    go.set()
    with seen.lock:  # the look has ended
        pass
    assert "newcomer" in agents_seen.catalog().entries
    assert time.monotonic() - seen.looked_at < agents_seen.EARLY_SECONDS


def test_a_look_that_fails_leaves_the_next_one_to_try(seen: agents_seen._Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen.catalog, "refresh", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        agents_seen.look_again()
    monkeypatch.undo()
    assert "newcomer" in agents_seen.look_again().entries
