"""How real messages depart from clean text: typing mistakes, missing diacritics, teencode, umlauts written out."""

import re
import unicodedata
from random import Random

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEIGHBOURS = {
    letter: [row[i] for i in (at - 1, at + 1) if 0 <= i < len(row)] for row in _ROWS for at, letter in enumerate(row)
}
# What young people write in chats, as whole words; each is used with some chance.
_TEENCODE = {
    "không": ("ko", "k", "hong", "khum"),
    "được": ("dc", "đc"),
    "gì": ("j",),
    "vậy": ("z", "v"),
    "rồi": ("r", "rùi"),
    "mình": ("mk", "m"),
    "shop": ("sốp",),
    "bao nhiêu": ("bn", "bnhiu"),
    "biết": ("bít", "bik"),
    "với": ("vs",),
    "thế": ("thía",),
    "làm": ("lm",),
    "chưa": ("chx", "chưa"),
    "cũng": ("cx",),
    "nhắn": ("nt",),
    "giờ": ("h",),
    "vào": ("zô",),
}
_TEENCODE_WORDS = re.compile(rf"\b(?:{'|'.join(_TEENCODE)})\b", re.IGNORECASE)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
_KEPT = re.compile(r"SL-?\d+|R-\d+|[\w.+-]+@[\w.-]+|\d")


def without_diacritics(text: str) -> str:
    """Return Vietnamese text as typed without an input method: "đơn hàng" becomes "don hang"."""
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def umlauts_written_out(text: str) -> str:
    """Return German text as typed on a foreign keyboard: "größer" becomes "groesser"."""
    return text.translate(_UMLAUTS)


def teencode(text: str, random: Random, share: float = 0.6) -> str:
    """Return Vietnamese text with the given share of the known words in chat spelling."""

    def shorter(match: re.Match[str]) -> str:
        return random.choice(_TEENCODE[match[0].lower()]) if random.random() < share else match[0]

    return _TEENCODE_WORDS.sub(shorter, text)


def typos(text: str, random: Random, count: int) -> str:
    """Return `text` with up to `count` typing mistakes in words of four letters and more; numbers and codes stay."""
    words = text.split(" ")
    places = [at for at, word in enumerate(words) if len(word) >= 4 and not _KEPT.search(word) and "\n" not in word]
    for at in random.sample(places, min(count, len(places))):
        words[at] = _misspell(words[at], random)
    return " ".join(words)


def careless(text: str, random: Random) -> str:
    """Return `text` as typed in a hurry: small letters, and often no stops."""
    text = text.lower() if random.random() < 0.8 else text
    if random.random() < 0.5:
        text = re.sub(r"[.!?]+$", "", text)
    if random.random() < 0.25:
        text = re.sub(r"[,.!?](?= )", "", text)
    return text


def _misspell(word: str, random: Random) -> str:
    at = random.randrange(1, len(word) - 1)
    letter = word[at]
    kind = random.randrange(4)
    if kind == 0 and letter.lower() in _NEIGHBOURS:
        return word[:at] + random.choice(_NEIGHBOURS[letter.lower()]) + word[at + 1 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + letter + word[at:]
    return word[: at - 1] + letter + word[at - 1] + word[at + 1 :] if at > 1 else word[:at] + word[at + 1 :]
