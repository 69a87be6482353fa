"""Links in a reply, as a mail client or a browser would find them, and whether a list allows them. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

# Zero-width and direction marks hide a link from a filter and show another to the reader.
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_FULL_STOP = re.compile("(?<=\\w)\u3002(?=\\w)")  # browsers read it in a host's name as a dot
_ENDINGS = "com|net|org|info|biz|io|ai|app|dev|xyz|online|site|store|shop|top|club|live|link|click|page|zip|example"
_ENDINGS += "|vn|de|uk|eu|us|ru|cn|co|tv|gg|ly|cc|ws|su|tk|fr|ch|nl|pl"
# Also words: only in small letters, so that a sentence begun without a space ("Hallo.In ...") is none.
_WORDS = "me|in|it|es|at|be|br|jp|kr|au|ca|se|dk|fi|pt|gr|cz|ro|hu|tr|ua|kz|th|sg|ph|hk|tw|mx|ar|cl|nz|za|ng|ir|il|ae"
_WORDS += "|pro|mobi|name|edu|gov|tech|cloud|host|space|website|fun|icu|vip|win|bid|loan|work|today|world|life|news"
_WORDS += "|blog|email|support|help|services|company|bank|finance|money|cash|credit|buzz|cyou|rest|quest|sbs|cfd|lol"
_REST = r"[^\s<>\"')\]]"
_SCHEMES = "mailto|javascript|vbscript|data|file|tel|sms|callto|skype|intent|blob"
LINK = re.compile(
    rf"(?:[a-z][a-z0-9+.-]{{0,30}}://|www\.|\b(?:{_SCHEMES}):(?=\S)){_REST}+"
    rf"|(?<![\w@.-])(?:[\w-]+\.)+(?:{_ENDINGS}|(?-i:{_WORDS}))(?:[/?#:]{_REST}*|(?![\w.-]))"
    rf"|(?<![\w@.-])(?:[\w-]+\.)+[^\W\d_]{{2,}}/{_REST}+"
    rf"|(?<![\w.])(?:\d{{1,3}}\.){{3}}\d{{1,3}}[:/]{_REST}+",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return a text as a reader's program will take it: compatibility forms folded (NFKC), hidden marks gone."""
    return _FULL_STOP.sub(".", _HIDDEN.sub("", unicodedata.normalize("NFKC", text)))


def foreign_links(text: str, allowed: Sequence[str]) -> list[str]:
    """Return the links of a text that `allowed` does not allow, in order."""
    found = (link.rstrip(".,;:!?") for link in LINK.findall(plain(text)))
    return [link for link in found if not is_allowed(link, allowed)]


def is_allowed(url: str, allowed: Sequence[str]) -> bool:
    """Say whether `allowed` has the link's host (or one above it), or a URL with the same scheme and host and the same
    path or one above it."""
    try:
        parts = urlsplit(url if "://" in url or ":" in url.partition("/")[0] else f"https://{url}")
    except ValueError:
        return False
    if parts.username or parts.password or "\\" in url or ".." in unquote(unquote(parts.path)):
        return False
    return any(_below(parts.scheme, parts.netloc, parts.path, link) for link in allowed)


def _below(scheme: str, host: str, path: str, allowed: str) -> bool:
    if "://" not in allowed:  # a bare host: all of it, and hosts below it, by http or https
        return scheme.lower() in ("http", "https") and f".{host.lower()}".endswith(f".{allowed.lower()}")
    want = urlsplit(allowed)
    root = want.path.rstrip("/")
    return (
        scheme.lower() == want.scheme.lower()
        and host.lower() == want.netloc.lower()
        and (path.rstrip("/") == root or path.startswith(root + "/"))
    )
