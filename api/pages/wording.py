"""What differs between two texts, word by word: an edited draft, the replies of two versions."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from markupsafe import Markup

_PLAIN, _REMOVED, _ADDED = Markup("{}"), Markup("<del>{}</del>"), Markup("<ins>{}</ins>")


def words_marked(old: str, new: str) -> tuple[Markup, Markup]:
    """Return both texts with the words that only one of them has in <del> and <ins>; everything is escaped."""
    before, after = old.split(" "), new.split(" ")
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    left, right = [], []
    for tag, i, j, k, m in matcher.get_opcodes():
        left.append(_marked(_REMOVED if tag != "equal" else _PLAIN, before[i:j]))
        right.append(_marked(_ADDED if tag != "equal" else _PLAIN, after[k:m]))
    return Markup(" ").join(filter(None, left)), Markup(" ").join(filter(None, right))


def _marked(mark: Markup, words: Iterable[str]) -> Markup:
    text = " ".join(words)
    return mark.format(text) if text else Markup("")
