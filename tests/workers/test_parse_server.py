"""Untrusted files are read in limited children; a hostile one costs nobody else anything."""

import os
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agents.documents.values import Page
from core.errors import Rejected
from tests.agents.documents import made
from workers import parse_server
from workers.parse_client import TEXT_SERVER, parse, stop_servers


@pytest.fixture(autouse=True, scope="module")
def servers() -> Iterator[None]:
    yield
    stop_servers()


def test_a_file_is_read_in_another_process_with_the_same_result(tmp_path: Path) -> None:
    from agents.documents.reading import read

    path = made.pdf(tmp_path / "invoice.pdf")
    assert parse(path) == read(path)


def test_a_process_that_reads_untrusted_files_knows_no_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_servers()
    monkeypatch.setenv("SAOLA_DATABASE_URL", "postgresql://secret")
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    parse(made.pdf(tmp_path / "invoice.pdf"))
    names = set(psutil.Process(TEXT_SERVER.pid).environ())
    assert "PATH" in names and not {name for name in names if name.startswith(("SAOLA_", "OPENAI"))}


@pytest.mark.parametrize(
    ("make", "code"),
    [(made.zip_bomb, "zip_bomb"), (made.huge_picture, "too_many_pixels"),
     (lambda path: path.write_bytes(b"%PDF-1.7\nbroken") and path, "damaged")],
)  # fmt: skip
def test_hostile_files_are_refused_and_the_next_file_is_read(tmp_path: Path, make, code: str) -> None:  # type: ignore[no-untyped-def] # a mix of makers
    with pytest.raises(Rejected) as refused:
        parse(make(tmp_path / "hostile"))
    assert refused.value.code == code
    assert "RE-2026-0417" in parse(made.pdf(tmp_path / "good.pdf")).text


def test_memory_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    # Some MB that unpack to 100 MB: below the bomb limits, but more than the child may use as a tree of elements.
    digits = random.Random(1)
    rows = "".join(f"<w:p><w:r><w:t>{digits.randrange(10)}</w:t></w:r></w:p>" for _ in range(100_000)) * 25
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{name}"><w:body>{rows}</w:body></w:document>'
    good = made.word(tmp_path / "good.docx", ["x"])
    big = zipfile.ZipFile(tmp_path / "big.docx", "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with zipfile.ZipFile(good) as old, big as new:
        for member in old.infolist():
            data = body.encode() if member.filename == "word/document.xml" else old.read(member)
            new.writestr(member.filename, data)
    with pytest.raises(Rejected) as refused:
        parse(tmp_path / "big.docx")
    assert refused.value.code == "too_much_memory"


def test_a_killed_server_is_healed_at_the_next_use(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "invoice.pdf")
    parse(path)
    before = TEXT_SERVER.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert "RE-2026-0417" in parse(path).text
    assert TEXT_SERVER.pid not in (None, before)


def test_a_server_killed_in_the_middle_goes_on_at_the_page_where_it_stopped(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "long.pdf", [[(50, 50, f"This is page {n} of many")] for n in range(1, 401)])
    seen: list[int] = []
    children: list[psutil.Process] = []

    def take(page: Page) -> None:
        seen.append(page.number)
        if page.number == 100:
            assert TEXT_SERVER.pid is not None
            children.extend(psutil.Process(TEXT_SERVER.pid).children())
            os.kill(TEXT_SERVER.pid, signal.SIGKILL)

    reading = parse(path, on_page=take)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert seen == list(range(1, 401))
    assert [page.number for page in reading.pages] == seen


def test_pages_read_before_are_not_read_again(tmp_path: Path) -> None:
    path = made.pdf(tmp_path / "three.pdf", [[(50, 50, f"This is page {n} of three")] for n in (1, 2, 3)])
    first = parse(path)
    seen: list[int] = []
    again = parse(path, on_page=lambda page: seen.append(page.number), done=first.pages[:2])
    assert seen == [3]
    assert again == first


def test_the_way_a_child_ended_becomes_a_code() -> None:
    assert parse_server._why(signal.SIGXCPU)[0] == "too_slow"
    assert parse_server._why(signal.SIGABRT)[0] == "too_much_memory"
    assert parse_server._why(signal.SIGSEGV)[0] == "damaged"


@pytest.mark.parametrize(("burns", "ended"), [(False, "done"), (True, "slow")])
def test_only_processor_time_makes_a_child_slow_and_its_parent_hears_that_it_is_at_work(
    burns: bool, ended: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parse_server, "SECONDS_A_PAGE", {False: 0.3, True: 0.3})
    monkeypatch.setattr(parse_server, "STARVED", 200)
    monkeypatch.setattr(parse_server, "BEAT_SECONDS", 0.1)
    (results, child_end), (heard, answers), (requests, _) = os.pipe(), os.pipe(), os.pipe()
    code = "sum(iter(int, 1))" if burns else "time.sleep(1); print('{\"kind\": 1}')"
    child = subprocess.Popen([sys.executable, "-c", f"import time; {code}"], stdout=child_end)
    lines = parse_server.Lines(requests)
    assert parse_server._relay(results, answers, lines, child.pid, with_ocr=False) == ended
    assert os.read(heard, 100).startswith(b"null\n")
    child.kill()
    child.wait()


@pytest.mark.faults  # it takes as long as the machine is busy
def test_a_child_that_others_leave_no_processor_is_not_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parse_server, "SECONDS_A_PAGE", {False: 1.0, True: 1.0})
    monkeypatch.setattr(parse_server, "STARVED", 2)
    monkeypatch.setattr(parse_server, "BEAT_SECONDS", 0.1)
    (results, child_end), (_, answers), (requests, _) = os.pipe(), os.pipe(), os.pipe()
    pin = f"import os, time; os.sched_setaffinity(0, {{{min(os.sched_getaffinity(0))}}})"
    work = "os.nice(5)\nwhile time.process_time() < 0.8: pass\nprint('{\"kind\": 1}')"
    with (
        subprocess.Popen([sys.executable, "-c", f"{pin}\nwhile True: pass"]) as other,
        subprocess.Popen([sys.executable, "-c", f"{pin}\n{work}"], stdout=child_end) as child,
    ):
        ended = parse_server._relay(results, answers, parse_server.Lines(requests), child.pid, with_ocr=False)
        other.kill()
        child.kill()
    assert ended == "done"
