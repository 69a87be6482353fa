"""Hostile files are refused with a typed reason or read within limits, and other work hardly notices."""

import itertools
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from _pytest.mark.structures import ParameterSet  # pytest publishes no name for it
from PIL import Image

from core.errors import Rejected
from tests.agents.documents import made
from tests.cli.waiting import crowding
from tests.faults import hostile
from tests.faults.hostile import Maker
from workers.parse_client import OCR_SERVER, TEXT_SERVER, ParseServer, parse, stop_servers
from workers.parse_server import MEMORY

SECONDS = 30.0  # for one file of these, also of processor time; the limit of a page is 20 and 90
LOOKS, READINGS = 5, 20
CODES = {
    *("damaged", "too_much_memory", "too_slow", "too_deep", "too_many_pages", "too_many_pixels", "too_large"),
    *("too_many_members", "too_many_cells", "zip_bomb", "encrypted", "unsupported", "empty"),
}


@pytest.fixture(autouse=True, scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Start both servers before anything is timed: loading their networks is no file's fault."""
    folder = tmp_path_factory.mktemp("good")
    Image.new("RGB", (200, 100), "white").save(folder / "blank.png")
    parse(folder / "blank.png")
    parse(made.pdf(folder / "good.pdf"))
    yield
    stop_servers()


class Watch:
    """The most memory in bytes and processor time in seconds that any child of the parse servers takes: what others do
    on the machine adds to neither."""

    def __init__(self) -> None:
        self.most, self.seconds = 0, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            for server in (TEXT_SERVER, OCR_SERVER):
                try:
                    children = psutil.Process(server.pid).children() if server.pid else []
                    for child in children:
                        times = child.cpu_times()
                        self.most = max(self.most, child.memory_info().rss)
                        self.seconds = max(self.seconds, times.user + times.system)
                except psutil.NoSuchProcess:
                    continue


def outcome(make: Maker, folder: Path) -> str:
    """Read a file and return "read" or the code of its refusal; it must keep to the limits."""
    path = make(folder / "hostile")
    started = time.monotonic()
    with Watch() as watch:
        try:
            parse(path)
            told = "read"
        except Rejected as error:
            told = error.code
    assert watch.seconds < SECONDS
    assert time.monotonic() - started < SECONDS * crowding()
    assert watch.most < MEMORY[True]
    return told


def _with_slow(makers: tuple[Maker, ...]) -> list[ParameterSet]:
    """Those that take seconds run with the fault tests only."""
    slow = {hostile.stream_bomb, hostile.many_frames, hostile.flat_picture}
    return [pytest.param(make, id=make.__name__, marks=[pytest.mark.faults] if make in slow else []) for make in makers]


@pytest.mark.parametrize("make", hostile.REFUSED, ids=lambda make: make.__name__)
def test_it_is_refused_with_its_reason(make: Maker, tmp_path: Path) -> None:
    assert outcome(make, tmp_path) in hostile.REFUSED[make]


@pytest.mark.parametrize("make", _with_slow(hostile.READ))
def test_it_is_read_within_limits(make: Maker, tmp_path: Path) -> None:
    assert outcome(make, tmp_path) == "read"


@pytest.mark.parametrize("make", _with_slow(hostile.EITHER))
def test_it_is_read_as_far_as_it_goes_or_refused(make: Maker, tmp_path: Path) -> None:
    assert outcome(make, tmp_path) in {"read", *CODES}


@pytest.mark.faults
def test_other_work_at_a_quarter_of_full_load_is_slowed_by_a_tenth_at_most(tmp_path: Path) -> None:
    good = made.pdf(tmp_path / "good.pdf", [made.INVOICE] * 20)
    bad = [make(tmp_path / make.__name__) for make in (hostile.stream_bomb, hostile.deep_html, made.zip_bomb)]
    other = ParseServer(ocr=False)  # of another worker process
    over = threading.Event()

    def attack() -> None:
        for path in itertools.cycle(bad):
            if over.is_set():
                return
            request = {"path": str(path), "media_type": "", "filename": path.name, "hints": {"language": ""}}
            other.ask(request | {"done": []}, lambda part: None)

    parse(good)
    slowed = []
    for _ in range(LOOKS):  # what else the machine does comes and goes: the middle one counts
        before = _median_seconds(good)
        over.clear()
        attacker = threading.Thread(target=attack)
        attacker.start()
        during = _median_seconds(good)
        over.set()
        attacker.join()
        slowed.append(during / before)
    other.stop()
    print("slowed to", [round(one, 3) for one in slowed])
    assert statistics.median(slowed) <= 1.1


def _median_seconds(path: Path) -> float:
    """Read a file again and again, working a quarter of the time; return how long one reading takes."""
    taken = []
    for _ in range(READINGS):
        started = time.monotonic()
        parse(path)
        taken.append(time.monotonic() - started)
        time.sleep(3 * taken[-1])
    return statistics.median(taken)
