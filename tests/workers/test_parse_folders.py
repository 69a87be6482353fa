"""A parse server leaves no folder behind, and takes nobody else's."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.agents.documents import made
from tests.cli.waiting import wait_for
from workers import parse_folders
from workers.parse_client import ParseServer

OWNER = """
import time
from workers import parse_folders
with parse_folders.own():
    print("made", flush=True)
    time.sleep(99)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _owner() -> subprocess.Popen[bytes]:
    process = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE)
    assert process.stdout is not None and process.stdout.readline() == b"made\n"
    return process


def test_a_killed_owners_folder_is_swept_and_a_living_ones_is_not(temporary: Path) -> None:
    with _owner() as killed, _owner() as living:
        assert len(list(temporary.iterdir())) == 2
        killed.kill()
        killed.wait()
        parse_folders.sweep(young=0)
        assert len(list(temporary.iterdir())) == 1
        parse_folders.sweep(young=0)
        assert len(list(temporary.iterdir())) == 1, "its owner lives"
        living.kill()
        living.wait()
        parse_folders.sweep()
        assert len(list(temporary.iterdir())) == 1, "it may have been made just now, and not be locked yet"
        parse_folders.sweep(young=0)
        assert list(temporary.iterdir()) == []


def test_other_folders_files_and_links_are_left_alone(temporary: Path, tmp_path: Path) -> None:
    (temporary / "saola-home-1").mkdir()
    (temporary / "saola-parse-file").write_text("x")
    (tmp_path / "kept").mkdir()
    (temporary / "saola-parse-link").symlink_to(tmp_path / "kept")
    parse_folders.sweep(young=0)
    assert len(list(temporary.iterdir())) == 3 and (tmp_path / "kept").is_dir()


@pytest.mark.parametrize("killed", [True, False])
def test_a_server_that_ends_in_any_way_leaves_nothing(killed: bool, temporary: Path, tmp_path: Path) -> None:
    server = ParseServer(ocr=False)
    request = {"path": str(made.pdf(tmp_path / "a.pdf")), "media_type": "", "filename": "a.pdf", "done": []}
    server.ask(request | {"hints": {"language": ""}}, lambda part: None)
    assert len(list(temporary.iterdir())) == 1
    if killed:
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
    server.stop()
    assert list(temporary.iterdir()) == []


def test_a_server_whose_worker_is_killed_tidies_up_itself(temporary: Path, tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "a.pdf")
    code = f"import os; from pathlib import Path; from workers.parse_client import parse; parse(Path({str(path)!r}))"
    subprocess.run([sys.executable, "-c", f"{code}; os.kill(os.getpid(), 9)"], check=False)
    wait_for(lambda: not list(temporary.iterdir()), 60, "the server of a killed worker ends and removes its folder")
