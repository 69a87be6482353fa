"""Mending single misread letters in words that every address and shop sign uses.

OCR reads `Jaian` for `Jalan` and `10T 1851` for `LOT 1851`. A word that is one such letter away from exactly one word
of the list, and is none itself, becomes it; numbers and names are never touched.
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
THIN = "iljtfr"
PAIRS = (
    "il",
    "ij",
    "it",
    "lt",
    "lj",
    "tf",
    "oa",
    "oc",
    "oe",
    "ce",
    "kr",
    "hb",
    "hn",
    "nm",
    "uv",
    "uo",
    "vy",
    "gq",
    "sz",
    "rn",
)
ALIKE = tuple(frozenset(pair) for pair in PAIRS)
WORD = re.compile(r"[^\W\d_]{5,}")
LOT = re.compile(r"^(?:10T|L0T|I0T|1OT|IOT|LDT)\b(?=\W{0,3}[A-Z]?\d)")
SMALL_L = re.compile(r"(?<=[a-zäöüß])I(?=[a-zäöüß])|(?<=[a-zäöüß])I\b(?=\s|$)")


def mend(text: str, *, doubtful: bool = True) -> str:
    """Return the text with misread common words mended; its length may change. What can be nothing else is always
    mended, the words of the list only where the reader was in doubt."""
    text = LOT.sub("LOT", SMALL_L.sub("l", text))
    return WORD.sub(lambda match: _mended(match.group()), text) if doubtful else text


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
    """One letter replaced by one that looks like it, or a thin one missing or too much."""
    if abs(len(word) - len(known)) > 1 or len(known) < 4:
        return False
    start = 0
    while start < min(len(word), len(known)) and word[start] == known[start]:
        start += 1
    if len(word) == len(known):
        return word[start + 1 :] == known[start + 1 :] and frozenset((word[start], known[start])) in ALIKE
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    return longer[start + 1 :] == shorter[start:] and longer[start] in THIN
