"""Words as the search counts them: without diacritics, as many customers type, without words that say nothing, and cut
to their first six letters, so that 'payment' and 'payments' are one.

Cutting needs no rules of a language, and finds nearly what stemmers do (P. McNamee, C. Nicholas, J. Mayfield,
"Addressing morphological variation in alphabetic languages", 2009).

The English and German lists are NLTK's, as bm25s carries them; the Vietnamese one is ours. All are left out of every
text, whatever its language: knowledge and questions mix languages.
"""

import re
from itertools import pairwise

from bm25s.stopwords import STOPWORDS_EN_PLUS, STOPWORDS_GERMAN

from agents.triage.language import fold

LETTERS = (3, 4, 5)
STEM = 6
_WORD = re.compile(r"\w+")
_VIETNAMESE = _WORD.findall("""
là của và thì mà có không được cho với này kia đó đây ạ nhé nhỉ ơi à ừ dạ vâng tôi mình bạn em anh chị quý khách
xin giúp như nào thế gì ở trong ngoài khi nếu đã đang sẽ bị để từ đến ra vào lại cũng rất những các một vậy thôi
rồi nữa hay hoặc nhưng vì do bởi nên sao ai đâu bao nhiêu mấy cái con chiếc việc điều hãy đừng chưa vẫn cứ chỉ còn
cùng về theo trên dưới sau trước giữa tại qua bằng hơn nhất lắm quá
""")
# Compared with their diacritics: without them 'la' is also 'leaf' and 'strange', which say something.
_STOP = frozenset([*STOPWORDS_EN_PLUS, *STOPWORDS_GERMAN, *_VIETNAMESE])


def words(text: str) -> list[str]:
    """Return the words of `text` and the pairs of words that follow each other."""
    found = [fold(word)[:STEM] for word in _WORD.findall(text.lower()) if word not in _STOP]
    return [*found, *(f"{one} {two}" for one, two in pairwise(found))]


def letters(text: str) -> list[str]:
    """Return the runs of three to five letters of each word."""
    padded = [f" {word} " for word in _WORD.findall(fold(text))]
    return [word[at : at + size] for word in padded for size in LETTERS for at in range(len(word) - size + 1)]
