import pytest

from core.gate.links import foreign_links, is_allowed

ALLOWED = ("shop.example", "https://help.example/faq")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see https://shop.example/a, www.shop.example and https://help.example/faq/1.", []),
        ("see https://help.example/other", ["https://help.example/other"]),
        ("see evil.com/a and javascript:alert", ["evil.com/a", "javascript:alert"]),
        ("a\u200bb https://shop\u200b.example.evil.com", ["https://shop.example.evil.com"]),
        ("Nr.12, z.B. am 3.11.2026, Gr. M/L, Hallo.In Ordnung", []),
    ],
)
def test_what_a_readers_program_would_make_a_link_is_found(text: str, links: list[str]) -> None:
    assert foreign_links(text, ALLOWED) == links


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://shop.example", True),
        ("https://a.shop.example/x", True),
        ("https://evilshop.example", False),
        ("https://shop.example:8443", False),
        ("https://shop.example@evil.com", False),
        ("https://help.example/faq%2f..%2fadmin", False),
        ("http://help.example/faq", False),
        ("ftp://shop.example", False),
        ("https://[::1", False),
    ],
)
def test_a_link_is_allowed_by_its_host_or_its_path(url: str, allowed: bool) -> None:
    assert is_allowed(url, ALLOWED) is allowed
