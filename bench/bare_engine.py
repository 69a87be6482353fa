"""The yardstick of documents: the OCR engine by itself, as its users run it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple


class Bare(NamedTuple):
    """How fast all its processes together read, and the processor seconds (user and system) of a page."""

    pages_per_second: float
    cpu_seconds: float


def bare_engine(paths: Sequence[Path], processes: int = 1) -> Bare:
    """Let the bare OCR engine read these pictures, one session of one thread for each process; neither loading it nor
    decoding the pictures is counted."""
    # Started afresh: OpenCV's threads do not survive a fork, and a child would wait for them for ever.
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        taken = list(pool.map(_read, [paths] * processes))
    pages = processes * len(paths)
    return Bare(round(pages / max(wall for wall, _ in taken), 3), sum(cpu for _, cpu in taken) / pages)


def _read(paths: Sequence[Path]) -> tuple[float, float]:
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine: Callable[[Any], Any] = RapidOCR(
        params={"Global.log_level": "critical", "Global.use_cls": False, "Global.max_side_len": 1500, **one}
    )
    pictures = [cv2.imread(str(path)) for path in paths]
    engine(pictures[0])
    started, used = time.monotonic(), time.process_time()
    for picture in pictures:
        engine(picture)
    return time.monotonic() - started, time.process_time() - used
