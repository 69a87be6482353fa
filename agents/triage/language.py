"""Which language a message is in: py3langid, and what the tenant's own examples say about its own languages. And how
Vietnamese that was typed without diacritics is spelt."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SURE = 0.8  # a language without examples is believed only where the identifier is this sure,
LONG = 20  # and the message has this many letters: short messages look like any language
_WORD = re.compile(r"\w+")


@lru_cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def rank(text: str) -> dict[str, float]:
    """Return the probability of each language that py3langid knows (ISO 639-1 where there is one)."""
    return {language: float(probability) for language, probability in _identifier().rank(text)}


def fold(text: str) -> str:
    """Return `text` in lower case and without diacritics, as many customers type: 'Thẻ đã mất' is 'the da mat'."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def is_bare(text: str) -> bool:
    """Return whether a text has no letter with a diacritic."""
    return fold(text) == text.lower()


def spellings(texts: Iterable[str]) -> dict[str, str]:
    """Return the most frequent spelling of each word in texts with diacritics, by the word without; only those that
    differ."""
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        if not is_bare(text):
            for word in _WORD.findall(unicodedata.normalize("NFC", text).lower()):
                seen[fold(word)][word] += 1
    most = {bare: max(sorted(found), key=found.__getitem__) for bare, found in sorted(seen.items())}
    return {bare: word for bare, word in most.items() if bare != word}


def spelt(text: str, known: Mapping[str, str]) -> str:
    """Return a text without diacritics as it is spelt with them, as far as its words are known (`spellings`)."""
    return _WORD.sub(lambda match: known.get(match.group().lower(), match.group()), text)


def choose(text: str, scores: dict[str, float]) -> str:
    """Return the language of `text`. `scores` are log odds of the tenant's languages from its own examples."""
    found = rank(text)
    if not scores:
        return max(found, key=found.__getitem__)
    best = max(found, key=found.__getitem__)
    if best not in scores and found[best] >= SURE and sum(map(str.isalpha, text)) >= LONG:
        return best
    return max(scores, key=lambda language: scores[language] + 2.0 * found.get(language, 0.0))
