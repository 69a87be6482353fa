"""Mending single misread letters in words that every address and shop sign uses.

OCR reads `Jaian` for `Jalan` and `10T 1851` for `LOT 1851`. A word that is one letter away from exactly one word of the
list, and is none itself, becomes it; numbers and names are never touched.
"""

import re
from functools import lru_cache

from agents.documents.extract.text import fold

WORDS = frozenset(
    (
        *(
            "jalan",
            "taman",
            "bandar",
            "kawasan",
            "perindustrian",
            "industri",
            "kampung",
            "lorong",
            "persiaran",
            "seksyen",
        ),
        *("selangor", "johor", "bahru", "kuala", "lumpur", "petaling", "jaya", "klang", "melaka", "penang", "perak"),
        *(
            "kedah",
            "pahang",
            "sabah",
            "sarawak",
            "malaysia",
            "wilayah",
            "persekutuan",
            "cheras",
            "damansara",
            "puchong",
        ),
        *("serdang", "subang", "ampang", "kajang", "kepong", "setapak", "bukit", "sungai", "batu", "baru", "besar"),
        *(
            "utama",
            "utara",
            "selatan",
            "timur",
            "barat",
            "tengah",
            "darul",
            "ehsan",
            "level",
            "floor",
            "ground",
            "block",
            "plaza",
            "bangunan",
            "menara",
            "wisma",
        ),
        *("hardware", "enterprise", "trading", "stationery", "restaurant", "restaurants", "restoran", "machinery"),
        *(
            "electrical",
            "market",
            "supermarket",
            "mini",
            "berhad",
            "perniagaan",
            "motor",
            "books",
            "gallery",
            "pharmacy",
        ),
        *(
            "straße",
            "strasse",
            "platz",
            "allee",
            "street",
            "avenue",
            "road",
            "lane",
            "drive",
            "square",
            "berlin",
            "london",
        ),
        *("hamburg", "münchen", "paderborn", "markt", "apotheke", "baumarkt", "international", "services", "company"),
        *("phường", "quận", "đường", "thành", "phố", "huyện", "tỉnh"),
    )
)
_FOLDED = {fold(word): word for word in WORDS}
WORD = re.compile(r"[^\W\d_]{5,}")
LOT = re.compile(r"^(?:10T|L0T|I0T|1OT|IOT|LDT)\b")
STREET_NUMBER = re.compile(r"^N[0O]\.?(?=\s?\d)|^N0\b")
SMALL_L = re.compile(r"(?<=[a-zäöüß])I(?=[a-zäöüß])|(?<=[a-zäöüß])I\b(?=\s|$)")


def mend(text: str) -> str:
    """Return the text with misread common words mended; its length may change."""
    text = SMALL_L.sub("l", text)
    text = LOT.sub("LOT", text)
    return WORD.sub(lambda match: _mended(match.group()), text)


@lru_cache(maxsize=2048)
def _mended(word: str) -> str:
    folded = fold(word)
    if folded in _FOLDED:
        return word
    near = [known for known in _FOLDED if _one_apart(folded, known)]
    if len(near) != 1:
        return word
    found = _FOLDED[near[0]]
    return found.upper() if word.isupper() else found.capitalize() if word[0].isupper() else found


def _one_apart(word: str, known: str) -> bool:
    """One letter replaced, missing or too much."""
    if abs(len(word) - len(known)) > 1 or len(known) < 5:
        return False
    start = 0
    while start < min(len(word), len(known)) and word[start] == known[start]:
        start += 1
    if len(word) == len(known):
        return word[start + 1 :] == known[start + 1 :]
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    return longer[start + 1 :] == shorter[start:]
