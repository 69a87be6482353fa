"""When two files are the same document: by their bytes, by everything that is printed on them, and where they are
pictures (scanned again, photographed again, saved smaller: no two readings are alike to the letter) by the numbers.

A perceptual hash of the picture would not do: two invoices of one supplier look the same and differ in a few digits.
"""

import hashlib
import re

from agents.documents.extract.text import squeeze
from agents.documents.values import Reading

ALIKE = 0.75  # of all numbers on two pictures: 0.72 to 1 of one receipt taken again (eight), 0.67 of two of one shop
LEAST_NUMBERS = 8
MOST_NUMBERS = 64
NUMBER = re.compile(r"\d(?:[\d.,:/-]*\d){2,}")
LEAST = 60  # letters and digits; with fewer, two documents may well say the same


def content_key(reading: Reading) -> str:
    """Return a digest of all letters and digits of a document, equal for the same document saved by another program;
    empty where there are too few to tell. An e-invoice counts by its XML too."""
    printed = squeeze(reading.text) + "".join(squeeze(one.text) for one in reading.embedded)
    return hashlib.sha256(printed.encode()).hexdigest()[:32] if len(printed) >= LEAST else ""


def picture_numbers(reading: Reading) -> list[str]:
    """Return the numbers of three digits and more that are printed on a picture's first page, without separators, each
    once; none for a page that is no picture or holds too few to tell."""
    first = reading.pages[0] if reading.pages else None
    if first is None or not first.reader.startswith("ocr"):
        return []
    digits = (re.sub(r"\D", "", one.group()) for line in first.lines for one in NUMBER.finditer(line.text))
    found = list(dict.fromkeys(one for one in digits if len(one) >= 3))[:MOST_NUMBERS]
    return sorted(found) if len(found) >= LEAST_NUMBERS else []
