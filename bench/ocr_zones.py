"""Generated passports and identity cards with a machine-readable zone, at three qualities: what `bench.ocr` reads them
from, and how what was read is judged.

Names and numbers are invented. The zone is printed in PDFium's own fixed-width face, because no wheel carries OCR-B.
"""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import cv2
import numpy as np
from reportlab.pdfgen.canvas import Canvas

from agents.documents.extract.layout import lay_out
from agents.documents.extract.mrz import check_digit, find_zone
from agents.documents.ocr.engine import OcrEngine
from agents.documents.parser import Hints
from agents.documents.values import assemble
from bench.document_files import Grey, clean, degrade

QUALITIES = ("scan", "photo", "poor")
TODAY = date(2026, 11, 23)
FIELDS = ("document_type", "issuer", "names", "number", "nationality", "birth", "sex", "expiry")
FAMILY = ("NGUYEN", "TRAN", "MUELLER", "SCHMIDT", "ERIKSSON", "OBRIEN", "KOWALSKI", "VON<DER<HEIDE", "LE", "GARCIA")
GIVEN = ("ANNA<MARIA", "VAN<DUC", "THI<HUONG", "JOHN", "LUCIA<SOFIA", "KARL<HEINZ", "MINH", "ZOE", "OLIVIER", "BIANCA")
STATES = ("D<<", "VNM", "GBR", "SWE", "POL", "ESP")
SIGNS = "ABCDEFGHJKLMNPRTUVWXYZ0123456789"


@dataclass(frozen=True)
class Card:
    """A clean grey picture of a card or passport page, its zone's lines, and what they say."""

    grey: Grey
    lines: tuple[str, ...]
    said: dict[str, str]


def cards(count: int) -> Iterator[Card]:
    """Yield passports (two lines of 44) and identity cards (three of 30) in turn."""
    for number in range(count):
        yield _card(number)


def _card(number: int) -> Card:
    random_ = random.Random(f"zone {number}")
    passport = number % 2 == 0
    state = random_.choice(STATES)
    family, given = random_.choice(FAMILY), random_.choice(GIVEN)
    own = "".join(random_.choice(SIGNS) for _ in range(9))
    born = date(1950, 1, 1) + timedelta(days=random_.randrange(20_000))
    until = date(2027, 1, 1) + timedelta(days=random_.randrange(3_600))
    sex = random_.choice("MF")
    number_, birth, expiry = _checked(own), _checked(f"{born:%y%m%d}"), _checked(f"{until:%y%m%d}")
    if passport:
        personal = _checked("".join(random_.choice(SIGNS) for _ in range(10)).ljust(14, "<"))
        proved = number_ + birth + expiry + personal
        lines: tuple[str, ...] = (
            f"P<{state}{family}<<{given}".ljust(44, "<"),
            f"{number_}{state}{birth}{sex}{expiry}{personal}{check_digit(proved)}",
        )
    else:
        top, middle = f"I<{state}{number_}".ljust(30, "<"), f"{birth}{sex}{expiry}{state}".ljust(29, "<")
        proved = top[5:] + middle[:7] + middle[8:15] + middle[18:]
        lines = (top, f"{middle}{check_digit(proved)}", f"{family}<<{given}".ljust(30, "<"))
    plain = state.strip("<")
    said = {
        "document_type": "passport" if passport else "id card", "issuer": plain, "nationality": plain, "number": own,
        "names": f"{family} {given}".replace("<", " "), "birth": born.isoformat(), "sex": sex,
        "expiry": until.isoformat(),
    }  # fmt: skip
    return Card(_print(lines, said), lines, said)


def _checked(text: str) -> str:
    return f"{text}{check_digit(text)}"


def _print(lines: tuple[str, ...], said: dict[str, str]) -> Grey:
    """A page of 125 by 88 mm as in ICAO's Doc 9303, in points, with the print above the zone."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(354, 250))
    canvas.setFont("Helvetica-Bold", 14)
    canvas.drawString(120, 220, "PASSPORT" if said["document_type"] == "passport" else "IDENTITY CARD")
    canvas.setFont("Helvetica", 9)
    canvas.rect(20, 110, 80, 100)
    for place, name in enumerate(("names", "number", "nationality", "birth", "expiry")):
        canvas.drawString(120, 195 - 18 * place, f"{name.title()}: {said[name]}")
    size = 318 / (0.6 * len(lines[0]))
    canvas.setFont("Courier-Bold", size)
    for place, line in enumerate(lines):
        canvas.drawString(18, 66 - 1.75 * min(size, 13) * place, line)
    canvas.save()
    return clean(out.getvalue(), 1400)


def taken(card: Card, number: int, quality: str) -> Grey:
    """Return the picture of a card: a scan, a phone's photo, or a poor one (small, blurred, dark, much compressed)."""
    if quality != "poor":
        return degrade(card.grey, number, quality)
    seen = degrade(card.grey, 1_000 + number, "photo")
    small = cv2.resize(seen, None, fx=0.62, fy=0.62, interpolation=cv2.INTER_AREA)
    dark = np.clip(cv2.GaussianBlur(small, (0, 0), 0.7).astype(np.float32) * 0.55 + 12, 0, 255).astype(np.uint8)
    coded = cv2.imencode(".jpg", dark, [cv2.IMWRITE_JPEG_QUALITY, 45])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))


def measure(engine: OcrEngine, quality: str, count: int) -> dict[str, int]:
    """Return how many zones were read exactly (k of n), and how many wrong ones nothing warned of."""
    exact = unflagged = missing = 0
    for number, card in enumerate(cards(count)):
        parts = engine.read(taken(card, number, quality), 1, Hints())
        zone = find_zone(lay_out(assemble(parts, "image/jpeg")), TODAY)
        wrong = [name for name in FIELDS if zone is None or getattr(zone, name) != card.said[name]]
        exact += not wrong
        missing += zone is None
        unflagged += zone is not None and any(name in zone.sure for name in wrong)
    return {"k": exact, "n": count, "not_found": missing, "wrong_unflagged": unflagged}
