"""Make a model's reply fit to send: plain text, no images, links from the agent's allow-list only."""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

# Zero-width and direction marks hide a link from a filter and show another to the reader.
_HIDDEN = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_IMAGE = re.compile(r"!\[([^\]]*)\]\s*(?:\([^)]*\)|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\]]*)\]\s*\(\s*<?([^)\s>]*)>?[^)]*\)")
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*\S+.*$", re.MULTILINE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_ENDINGS = "com|net|org|info|biz|io|ai|app|dev|xyz|online|site|store|shop|top|club|live|link|click|page|zip|example"
_ENDINGS += "|vn|de|uk|eu|us|ru|cn|co|tv|gg|ly|cc|ws|su|tk|fr|ch|nl|pl"
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]*://|www\.|mailto:|javascript:|data:)[^\s<>\"')\]]+"
    rf"|(?<![\w@.-])(?:[\w-]+\.)+(?:{_ENDINGS})(?:[/?#:][^\s<>\"')\]]*|(?![\w.-]))",
    re.IGNORECASE,
)


def clean_reply(text: str, allowed_links: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the cleaned reply and what was taken out of it (images, links, markup), in order.

    A link stays if `allowed_links` has its host (or one above it), or a URL with the same scheme and host and the same
    path or one above it. Link texts stay, as text. Compatibility forms are normalised (NFKC), so that a full-width
    link is seen as one.
    """
    removed: list[str] = []

    def drop(found: re.Match[str]) -> str:
        removed.append(found.group(0))
        return ""

    def unwrap_image(found: re.Match[str]) -> str:
        removed.append(found.group(0))
        return found.group(1)

    def unwrap_link(found: re.Match[str]) -> str:
        label, target = found.groups()
        if not _allowed(target, allowed_links):
            removed.append(target)
            return str(label)
        return str(target) if label.strip() in ("", target) else f"{label} ({target})"

    def check_url(found: re.Match[str]) -> str:
        url = found.group(0).rstrip(".,;:!?")
        tail = found.group(0)[len(url) :]
        if _allowed(url, allowed_links):
            return found.group(0)
        removed.append(url)
        return tail

    cleaned = _HIDDEN.sub("", unicodedata.normalize("NFKC", text))
    cleaned = _IMAGE.sub(unwrap_image, cleaned)
    cleaned = _LINK.sub(unwrap_link, cleaned)
    cleaned = _REFERENCE.sub(drop, cleaned)
    cleaned = re.sub(r"<(https?://[^<>\s]+)>", r"\1", cleaned)
    cleaned = _TAG.sub(drop, cleaned)
    cleaned = _URL.sub(check_url, cleaned)
    return re.sub(r"[ \t]+(?=\n|$)", "", cleaned).strip(), tuple(removed)


def _allowed(url: str, allowed_links: Sequence[str]) -> bool:
    try:
        parts = urlsplit(url if "://" in url or ":" in url.partition("/")[0] else f"https://{url}")
    except ValueError:
        return False
    if parts.username or parts.password or "\\" in url or ".." in parts.path:
        return False
    return any(_below(parts.scheme, parts.netloc, parts.path, link) for link in allowed_links)


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
