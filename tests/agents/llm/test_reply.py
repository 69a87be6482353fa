import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.llm.reply import clean_reply

ALLOWED = ("https://shop.example/help", "saola-living.example")


@pytest.mark.parametrize(
    "text",
    [
        "See https://shop.example/help/returns?x=1.",
        "Siehe https://shop.example/help, danke!",
        "https://saola-living.example/track and www.saola-living.example/track",
        "Quý khách xem saola-living.example/returns nhé.",
        "Costs 1.234,50 EUR (20 %). Nr.12, z.B. am 3.11.2026, Gr. M/L; e.g. 5-7 days; v1.2.3",
        "Write to support@saola-living.example.",
        "2 < 3 and 5 > 4",
        "Die Bestellung ist storniert.Es tut uns leid. Bitte Name/Adresse, Mo./Di. und 1./2. prüfen.",
        "Version 1.2.3.4, 10.000/20.000 Stück, TP.HCM, Q.1, e.g./i.e., and/or.",
        "First paragraph.\n\nSecond: Hallo.Wir melden uns.",
    ],
)
def test_what_may_be_said_stays_as_it_is(text: str) -> None:
    assert clean_reply(text, ALLOWED) == (text, ())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Pay at https://evil.example/pay.", "Pay at ."),
        ("Pay at HTTPS://EVIL.example", "Pay at"),
        ("see www.evil.com now", "see  now"),
        ("see evil.com/pay now", "see  now"),
        ("see evil.com", "see"),
        ("[our page](https://evil.example)", "our page"),
        ("[our page]( <https://evil.example> 'title')", "our page"),
        ("![receipt](https://evil.example/p.png?d=1234)", "receipt"),
        ("![receipt][1]\n\n[1]: https://evil.example/p.png", "receipt"),
        ('<img src="https://evil.example/p.png">hello', "hello"),
        ("<a href='https://evil.example'>page</a>", "page"),
        ("<https://evil.example/>", ""),
        ("https://shop.example/helpdesk", ""),
        ("https://shop.example.evil.com/help", ""),
        ("https://shop.example@evil.com/help", ""),
        ("https://user:pw@shop.example/help", ""),
        ("https://shop.example/help/../admin", ""),
        ("http://shop.example/help", ""),
        ("https://evil-saola-living.example/", ""),
        ("https://shop\u200b.example.evil.com/help", ""),
        ("ｈｔｔｐｓ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ", ""),
        ("javascript:alert(1)", ")"),
        ("data:text/html;base64,AAAA", ""),
        ("ftp://evil.example/x", ""),
        ("https://shop.example/help/%2e%2e/admin", ""),
        ("https://shop.example/help/%252e%252e/admin", ""),
        ("https://ѕhop.example/help", ""),  # a Cyrillic letter that looks the same
        ("https://shop.еxample/help", ""),
        ("https://xn--hop-8cd.example/help", ""),
        ("https://evil。example/pay", ""),  # browsers read this full stop as a dot
        ("see //evil.com/pay now", "see // now"),
        ("see evil.tech now", "see  now"),
        ("see evil.museum/pay now", "see  now"),
        ("see 203.0.113.9/pay now", "see  now"),
        ("http://2130706433/", ""),
        ("call tel:+84900123456", "call"),
        ("vbscript:msgbox(1)", ")"),
        ("[x](JaVaScRiPt:alert)", "x"),
        ("[https://shop.example/help](https://evil.example/help)", "https://shop.example/help"),
        ("<script>alert(1)</script>", "alert(1)"),
        ("<svg/onload=alert(1)>", ""),
        ("write to pay@evil.com", "write to"),
        ("write to help@shop.example.evil.museum.", "write to ."),
    ],
)
def test_what_may_not_be_said_is_taken_out_and_told(text: str, left: str) -> None:
    cleaned, removed = clean_reply(text, ALLOWED)
    assert cleaned == left
    assert removed


def test_a_named_link_that_is_allowed_is_written_out() -> None:
    assert clean_reply("[help](https://shop.example/help)", ALLOWED) == ("help (https://shop.example/help)", ())


def test_an_address_stays_where_the_instructions_or_the_customer_give_it() -> None:
    known = "Repairs: fix@partner.museum. The customer is ana@mail.example."
    text = "We wrote to ana@mail.example; ask Fix@partner.museum."
    assert clean_reply(text, ALLOWED, known) == (text, ())
    assert clean_reply("ask x@partner.museum", ALLOWED, known) == ("ask", ("x@partner.museum",))


def test_direction_marks_are_taken_out() -> None:
    assert clean_reply("a\u202eb\u2066c", ALLOWED) == ("abc", ())


@given(st.text())
def test_cleaning_twice_changes_nothing_and_leaves_no_foreign_link(text: str) -> None:
    once, _ = clean_reply(text + " https://evil.example/" + text, ALLOWED)
    assert "https://evil.example" not in once


@pytest.mark.parametrize("text", ["[" * 50_000, "[](" * 16_000, "![" * 25_000])
def test_brackets_made_to_hang_the_patterns_take_moments(text: str) -> None:
    start = time.process_time()
    assert "evil" not in clean_reply(f"{text} [here](https://evil.example/)", ())[0]
    assert time.process_time() - start < 10
