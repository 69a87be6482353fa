"""A catalog that was read by one process is taken over by the next, as far as the folders are the same."""

import os
import time
from pathlib import Path

from agents.catalog import Catalog
from tests.agents.folders import write_agent

TOLD = "Answers questions about lost cards."


def opened(folder: Path, cache: Path) -> Catalog:
    catalog = Catalog([folder], library=False, cache=cache)
    catalog.refresh()
    return catalog


def change(file: Path, old: str, new: str) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(file, ns=(time.time_ns(), time.time_ns() + 5_000_000))


def test_the_next_process_sees_the_same_without_reading_the_folder_again(tmp_path: Path) -> None:
    write_agent(tmp_path / "agents")
    cache = tmp_path / "cache" / "catalog.json"
    first = opened(tmp_path / "agents", cache)
    assert opened(tmp_path / "agents", cache).entries == first.entries
    change(cache, TOLD, "Taken from the cache.")  # which shows where it comes from
    second = opened(tmp_path / "agents", cache)
    assert second.get("cards").manifest.summary == "Taken from the cache."
    assert second.get("cards").files == first.get("cards").files


def test_a_changed_folder_is_read_and_the_others_are_not(tmp_path: Path) -> None:
    cache = tmp_path / "catalog.json"
    for name in ("cards", "loans"):
        write_agent(tmp_path / "agents", name)
    first = opened(tmp_path / "agents", cache)
    change(cache, TOLD, "Taken from the cache.")
    change(tmp_path / "agents" / "loans" / "answers.md", "Nothing.", "Two euros.")
    second = opened(tmp_path / "agents", cache)
    assert second.get("cards").manifest.summary == "Taken from the cache."
    assert second.get("loans").manifest.summary == TOLD
    assert second.get("loans").version != first.get("loans").version
    assert second.get("cards").version == first.get("cards").version


def test_a_refused_folder_is_refused_again_and_a_removed_one_is_gone(tmp_path: Path) -> None:
    cache = tmp_path / "catalog.json"
    write_agent(tmp_path / "agents", "cards")
    write_agent(tmp_path / "agents", "loans", answers_md="nothing")
    for _ in range(2):
        found = opened(tmp_path / "agents", cache)
        assert list(found.entries) == ["cards"]
        assert [problem.folder.name for problem in found.problems] == ["loans"]
    (tmp_path / "agents" / "cards").rename(tmp_path / "elsewhere")
    assert not opened(tmp_path / "agents", cache).entries


def test_a_damaged_or_foreign_cache_is_passed_over(tmp_path: Path) -> None:
    cache = tmp_path / "catalog.json"
    write_agent(tmp_path / "agents")
    for text in ("", "[]", "{}", '{"code": [0], "folders": {"x": 1}}'):
        cache.write_text(text)
        assert list(opened(tmp_path / "agents", cache).entries) == ["cards"]
    assert '"cards"' in cache.read_text()
