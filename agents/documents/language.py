"""Which language a text is in, among those that Saola's library speaks first, by py3langid."""

from functools import lru_cache
from typing import Any

KNOWN = ("en", "de", "vi", "fr", "it", "es", "nl", "pl", "pt", "sv", "da", "cs", "zh", "ja")
ENOUGH = 20  # letters; fewer tell nothing


@lru_cache(maxsize=1)
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(list(KNOWN))
    return found


def detect(text: str) -> str:
    """Return the ISO 639-1 code of the text's language, or the empty string where there is too little of it."""
    letters = sum(1 for sign in text[:4000] if sign.isalpha())
    if letters < ENOUGH:
        return ""
    return str(_identifier().classify(text[:4000])[0])
