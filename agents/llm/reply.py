"""Make a model's reply fit to send: plain text, no images, links from the agent's allow-list only, and no address of
somebody else to write to."""

import re
from collections.abc import Sequence

from core.gate.links import LINK, is_allowed, plain

_IMAGE = re.compile(r"!\[([^\[\]]*)\]\s*(?:\([^)]*\)|\[[^\[\]]*\])")
_LINK = re.compile(r"\[([^\[\]]*)\]\s*\(\s*<?([^()\s>]*)>?[^()]*\)")
_REFERENCE = re.compile(r"^\s{0,3}\[[^\]]+\]:\s*\S+.*$", re.MULTILINE)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>")
_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[\w-]+")


def clean_reply(text: str, allowed_links: Sequence[str], known: str = "") -> tuple[str, tuple[str, ...]]:
    """Return the cleaned reply and what was taken out of it (images, links, markup, addresses), in order.

    A link stays where `allowed_links` allows it (core/gate/links.py), its text always, as text. An e-mail address
    stays where its host is allowed, or where it stands in `known`: the agent's instructions and the customer's own.
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
        if not is_allowed(target, allowed_links):
            removed.append(target)
            return str(label)
        return str(target) if label.strip() in ("", target) else f"{label} ({target})"

    def check_url(found: re.Match[str]) -> str:
        url = found.group(0).rstrip(".,;:!?")
        tail = found.group(0)[len(url) :]
        if is_allowed(url, allowed_links):
            return found.group(0)
        removed.append(url)
        return tail

    def check_address(found: re.Match[str]) -> str:
        address = found.group(0).rstrip(".")
        if address.casefold() in addresses or is_allowed(address.partition("@")[2], allowed_links):
            return found.group(0)
        removed.append(address)
        return found.group(0)[len(address) :]

    addresses = {found.group(0).rstrip(".").casefold() for found in _ADDRESS.finditer(known)}
    cleaned = plain(text)
    cleaned = _IMAGE.sub(unwrap_image, cleaned)
    cleaned = _LINK.sub(unwrap_link, cleaned)
    cleaned = _REFERENCE.sub(drop, cleaned)
    cleaned = re.sub(r"<(https?://[^<>\s]+)>", r"\1", cleaned)
    cleaned = _TAG.sub(drop, cleaned)
    cleaned = LINK.sub(check_url, cleaned)
    cleaned = _ADDRESS.sub(check_address, cleaned)
    return re.sub(r"[ \t]+(?=\n|$)", "", cleaned).strip(), tuple(removed)
