"""`python -m bench.ocr`: how well print is read on generated Vietnamese, German and English pages, scans and photos.

Character error counts diacritics (edit distance over the printed characters, spaces and case as they are). The same
pages are read with Debian's Vietnamese data, and without it. The bare engine on the same pages is the yardstick.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from agents.documents.ocr import codes, vietnamese
from agents.documents.ocr.engine import OcrEngine
from agents.documents.parser import Hints
from agents.documents.values import Page
from bench import document_files, document_pictures, ocr_zones
from bench.document_files import FONTS, Grey, degrade

Figures = dict[str, Any]
Sample = tuple[Grey, tuple[str, ...], str]  # a clean grey page, its printed lines, its QR code's text


def main(arguments: Sequence[str] | None = None) -> None:
    """Run and print the table and, last, the JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.ocr", description=__doc__)
    parser.add_argument("--pages", type=int, default=10, help="pages of each kind and quality")
    parser.add_argument("--languages", default="vi,de,en")
    parser.add_argument("--cards", type=int, default=50, help="identity cards of each quality, read by their QR code")
    parser.add_argument("--zones", type=int, default=20, help="passports and identity cards of each quality")
    options = parser.parse_args(arguments)
    languages = [one for one in options.languages.split(",") if one]
    started = time.monotonic()
    engines: dict[str, OcrEngine] = {"": OcrEngine()}
    if "vi" in languages and engines[""].vietnamese_reader == "tesseract":
        folders, vietnamese.DATA_FOLDERS = vietnamese.DATA_FOLDERS, ()
        engines["_without_data"] = OcrEngine()
        vietnamese.DATA_FOLDERS = folders
    figures: Figures = {"character_error": {}, "pages_per_second": {}}
    n = 0
    for language in languages:
        for quality in ("scan", "photo"):
            for label, engine in engines.items():
                if label and language != "vi":
                    continue
                name = f"{language}_{quality}{label}"
                error, speed, by_code = _measure(engine, language, quality, options.pages)
                figures["character_error"][name] = round(error, 4)
                figures["pages_per_second"][name] = round(speed, 3)
                if by_code[1]:
                    figures.setdefault("qr_exact", {})[name] = {"k": by_code[0], "n": by_code[1]}
                n += options.pages
                print(
                    f"{name:<24} error {error:.2%}   {speed:.2f} pages/s   QR {by_code[0]} of {by_code[1]}", flush=True
                )
    for quality in ("scan", "photo") if options.cards else ():
        cards = [document_pictures.identity_card(number) for number in range(options.cards)]
        seen = [codes.find(degrade(one.grey, number, quality), 1) for number, one in enumerate(cards)]
        k = sum(any(code.text == one.code for code in found) for one, found in zip(cards, seen, strict=True))
        figures.setdefault("cards_exact", {})[quality] = {"k": k, "n": options.cards}
        print(f"cards by QR, {quality:<11} exact {k} of {options.cards}", flush=True)
    for quality in ocr_zones.QUALITIES if options.zones else ():
        found = ocr_zones.measure(engines[""], quality, options.zones)
        figures.setdefault("zones", {})[quality] = found
        n += options.zones
        told = f"{found['wrong_unflagged']} wrong with nothing said"
        print(f"zones, {quality:<17} exact {found['k']} of {found['n']}, {told}", flush=True)
    bare = [degrade(page, place, "scan") for place, (page, _, _) in enumerate(_samples("en", 6))]
    yardstick = {"pages_per_second": round(_bare(bare), 3)}
    result = {"bench": "ocr", "data": "generated", "n": n, "seconds": round(time.monotonic() - started, 1)}
    print(json.dumps(result | {"figures": figures, "yardstick": yardstick}))


def _measure(engine: OcrEngine, language: str, quality: str, pages: int) -> tuple[float, float, tuple[int, int]]:
    wrong = whole = found = wanted = 0
    seconds = 0.0
    for number, (grey, lines, code) in enumerate(_samples(language, pages)):
        picture = degrade(grey, number, quality)
        begun = time.monotonic()
        parts = list(engine.read(picture, 1, Hints(language=language)))
        seconds += time.monotonic() - begun
        (page,) = [part for part in parts if isinstance(part, Page)]
        wrong += _errors([line.text for line in page.lines], lines)
        whole += sum(len(line) for line in lines)
        if code:
            wanted += 1
            found += any(one.text == code for one in page.codes)
        print(f"\r{language} {quality} {number + 1} of {pages}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return wrong / whole, pages / seconds, (found, wanted)


def _samples(language: str, pages: int) -> Iterator[Sample]:
    """Receipts, identity cards (Vietnamese only) and letters in turn, each in another of the fonts."""
    for number in range(pages):
        font = FONTS[number % len(FONTS)]
        kind = number % 3 if language == "vi" else (0, 2)[number % 2]
        if kind == 2:
            made = document_files.letter(number, language, 1, font)
            page = document_files.clean(made.data)
            yield page[: int(page.shape[0] * 0.35)], tuple(line for line in made.text.split("\n") if line), ""
        else:
            draw: Callable[..., document_pictures.Picture] = document_pictures.receipt
            drawn = draw(number, language, font) if kind == 0 else document_pictures.identity_card(number, font)
            yield drawn.grey, drawn.lines, drawn.code


def _errors(read: list[str], printed: tuple[str, ...]) -> int:
    """Edit distance of the page: each printed line is held against the best stretch of what was read, because cells
    of a row may come in either order."""
    text = " ".join(read)
    wanted = " ".join(printed)
    if sorted(text.split()) == sorted(wanted.split()):
        return 0
    left = list(read)
    wrong = 0
    for line in printed:
        choices = [[one] for one in left] + [[a, b] for a in left for b in left if a is not b]
        best = min(choices, key=lambda some: distance(" ".join(some), line), default=[])
        wrong += distance(" ".join(best), line) if best else len(line)
        for one in best:
            left.remove(one)
    return wrong + sum(len(one) for one in left)


def distance(first: str, second: str) -> int:
    """Levenshtein's distance, row by row."""
    if first == second:
        return 0
    if abs(len(first) - len(second)) > max(len(first), len(second)) * 0.7:
        return max(len(first), len(second))
    before = list(range(len(second) + 1))
    for row, left in enumerate(first, 1):
        now = [row]
        for column, right in enumerate(second, 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (left != right)))
        before = now
    return before[-1]


def _bare(pictures: list[Grey]) -> float:
    """Pages a second of the bare engine, one session of one thread."""
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    one = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    engine: Callable[[Any], Any] = RapidOCR(
        params={"Global.log_level": "critical", "Global.use_cls": False, "Global.max_side_len": 1500, **one}
    )
    engine(np.full((64, 320, 3), 255, np.uint8))
    started = time.monotonic()
    for picture in pictures:
        engine(picture)
    return len(pictures) / (time.monotonic() - started)


if __name__ == "__main__":
    main()
