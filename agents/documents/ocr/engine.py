"""Reading one picture: turn it upright, find text, read it, read it again in Vietnamese where it is Vietnamese."""

from collections.abc import Iterator
from math import atan2, cos, degrees, radians, sin
from statistics import median
from typing import Any

import cv2
import numpy as np

from agents.documents.ocr import codes, missed
from agents.documents.ocr.latin import LONG_SIDE, LatinReader, Picture, Quad, ReadLine, crop, sides
from agents.documents.ocr.vietnamese import VietnameseReader, looks_vietnamese
from agents.documents.parser import Hints
from agents.documents.values import Line, Page, Part

LEAST_SCORE = 0.5  # of a line; below it the text is noise more often than print
SURE, LEAST_SIGNS = 0.85, 5  # of a row that the detector passed over; less is noise between rows
UNSURE = 0.80  # mean score under which the picture may stand on its head


class OcrEngine:
    """Implements `parser.Ocr`. Load it once; a process forked afterwards shares the networks' memory."""

    def __init__(self) -> None:
        self._latin = LatinReader()
        self._vietnamese = VietnameseReader()

    @property
    def vietnamese_reader(self) -> str:
        """Which Vietnamese reader was found: tesseract or aster."""
        return self._vietnamese.name

    def read(self, picture: Any, number: int, hints: Hints, part: str = "") -> Iterator[Part]:
        """Yield the page with its codes. Its units are pixels of the picture as given (after capping its size)."""
        small = shrink(np.ascontiguousarray(picture))
        found = tuple(codes.find(np.ascontiguousarray(picture), number))
        quads, upright, turned = self._find_upright(small)
        crops = [crop(upright, quad) for quad in quads]
        read = self._latin.read(crops)
        if read and _mean(read) < UNSURE:
            heads = [np.ascontiguousarray(np.rot90(cut, 2)) for cut in crops]
            again = self._latin.read(heads)
            if _mean(again) > _mean(read) + 0.1:
                height, width = upright.shape[:2]
                upright = np.ascontiguousarray(np.rot90(upright, 2))
                quads = [np.roll(np.array([width, height], np.float32) - quad, 2, axis=0) for quad in quads]
                crops, read, turned = heads, again, (turned + 180) % 360
        for quad in missed.between(upright, quads):
            cut = crop(upright, quad)
            one = self._latin.read([cut])[0]
            if one.score >= SURE and sum(sign.isalnum() for sign in one.text) >= LEAST_SIGNS:
                quads, crops, read = [*quads, quad], [*crops, cut], [*read, one]
        reader = "ocr"
        if hints.language == "vi" or looks_vietnamese(one.text for one in read):
            read, reader = self._vietnamese.read(crops, read), f"ocr-{self._vietnamese.name}"
        height, width = upright.shape[:2]
        angle = skew(quads)
        lines = [
            _line(one, quad, angle, width, height)
            for one, quad in zip(read, quads, strict=True)
            if one.score >= LEAST_SCORE and one.text.strip()
        ]
        lines.sort(key=lambda line: (line.top, line.left))
        yield Page(number, float(width), float(height), tuple(lines), reader, part, angle, turned, codes=found)

    def _find_upright(self, picture: Picture) -> tuple[list[Quad], Picture, int]:
        quads = self._latin.find(picture)
        wide = [sides(quad) for quad in quads]
        tall = sum(1 for across, down in wide if down > 1.5 * across)
        if len(quads) >= 4 and tall > 0.6 * len(quads):
            picture = np.ascontiguousarray(np.rot90(picture))
            return self._latin.find(picture), picture, 90
        return quads, picture, 0


def shrink(picture: Picture) -> Picture:
    """Cap the long side at 1,500 pixels (same accuracy, a quarter less memory)."""
    scale = LONG_SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def skew(quads: list[Quad]) -> float:
    """Return the text's angle in degrees (clockwise positive), the median over the wide boxes; 0 below 0.4."""
    angles = [
        degrees(atan2(float(quad[1][1] - quad[0][1]), float(quad[1][0] - quad[0][0])))
        for quad in quads
        if sides(quad)[0] > 4 * sides(quad)[1]
    ]
    angle = median(angles) if len(angles) >= 3 else 0.0
    return round(angle, 2) if 0.4 <= abs(angle) <= 45 else 0.0


def _mean(read: list[ReadLine]) -> float:
    return sum(len(one.text) * one.score for one in read) / max(1, sum(len(one.text) for one in read))


def _line(one: ReadLine, quad: Quad, angle: float, width: int, height: int) -> Line:
    """The upright box of a quad: as wide as it, as high as its own side, around its middle. (The box around a tilted
    quad would be much higher than the print, and rows would run together.)"""
    turn, cx, cy = radians(-angle), width / 2, height / 2
    moved = quad - np.array([cx, cy], np.float32)
    turned = np.array([[cos(turn), sin(turn)], [-sin(turn), cos(turn)]], np.float32)
    points = moved @ turned + np.array([cx, cy], np.float32) if angle else quad
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    middle, across = float(points[:, 1].mean()), sides(quad)
    tall = min(across[1], float(points[:, 1].max() - points[:, 1].min())) if across[1] < 1.5 * across[0] else across[0]
    return Line(
        one.text.strip(),
        round(left, 1),
        round(middle - tall / 2, 1),
        round(right, 1),
        round(middle + tall / 2, 1),
        round(one.score, 3),
        one.least,
    )
