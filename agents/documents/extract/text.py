"""Folding text for comparison without moving any character, so that positions stay valid."""

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=4096)
def _fold_sign(sign: str) -> str:
    if sign in "đĐ":
        return "d"
    if sign == "ß":
        return "s"
    base = unicodedata.normalize("NFD", sign)[0].lower()
    return base if len(base) == 1 else sign


def fold(text: str) -> str:
    """Return `text` in lower case without accents, character for character (the length never changes)."""
    if text.isascii():
        return text.lower()
    return "".join(_fold_sign(sign) for sign in text)


def squeeze(text: str) -> str:
    """Return only the letters and digits of `text`, folded: the rule by which printed values are compared."""
    return "".join(sign for sign in fold(text) if sign.isalnum())
