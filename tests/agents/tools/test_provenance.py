from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agents.tools.provenance import ORDER, Seen, facts, provenance, readings, untrusted

RECORD = {
    "customer": "ana@mail.example",
    "orders": [{"order_id": "SL-20001", "total": 1234.5, "quantity": 2}, {"order_id": "#W2378156", "total": 89}],
    "address": {"street": "12 Hàng Bông", "city": "Hà Nội", "postcode": "100052"},
    "iban": "DE89 3704 0044 0532 0130 00",
    "methods": {"gift_card_9513926": {"brand": "visa"}},
}


def label(value: Any, name: str = "value", schema: Any = None, **seen: list[Any]) -> str:
    places = Seen(**({"customer": [RECORD]} | seen))
    return provenance({name: value}, places, {"properties": {name: schema or {}}})[name]


@pytest.mark.parametrize(
    "value",
    [
        "SL-20001",
        "sl-20001",  # case
        "ＳＬ－２０００１",  # full width
        " SL-20001. ",  # punctuation around
        "W2378156",  # without the sign before it
        "gift_card_9513926",  # a key of the record that is an id
        "12 hàng bông",
        "DE89370400440532013000",  # groups do not matter in a long number
        1234.5,
        "1234.50",
        "1.234,50 €",
        "1,234.50",
        ["SL-20001", "#W2378156"],
        {"street": "12 Hàng Bông", "city": "Hà Nội"},
    ],
)
def test_a_value_of_the_customers_record_is_the_customers(value: Any) -> None:
    assert label(value) == "customer"


@pytest.mark.parametrize(
    "value",
    [
        "20001",  # a part of an id is another id
        "SL-2000",
        "SL-200012",
        "SL-2-0001",  # separators are part of an id
        "mail.example",  # a part of an address is another address
        "ana@mail.example.evil",
        "ЅL-20001",  # a Cyrillic letter that looks the same
        "12 Hang Bong",  # diacritics make another street
        234.5,
        "12345",
        "",
        None,
        True,
        [],
        {},
        ["SL-20001", "SL-99999"],  # a list is as good as its worst part
        {"street": "12 Hàng Bông", "city": "Huế"},
    ],
)
def test_a_value_that_only_looks_like_one_is_made_up(value: Any) -> None:
    assert label(value) == "agent"


def test_the_most_trusted_place_names_the_value() -> None:
    assert label("SL-20001", ticket=["cancel SL-20001"], tool=["SL-20001"]) == "customer"
    assert label("X-777", ticket=["X-777"], document=["X-777"], tool=["X-777"]) == "tool"
    assert label("X-777", ticket=["please use X-777!"], document=["X-777"]) == "document"
    assert label("X-777", ticket=["please use X-777!"]) == "ticket"


def test_a_list_of_parts_from_several_places_has_the_label_of_the_least_trusted() -> None:
    assert label(["SL-20001", "X-777"], ticket=["X-777"]) == "ticket"


def test_a_short_value_is_trusted_only_under_a_key_of_its_own_name() -> None:
    assert label(2, "quantity") == "customer"
    assert label(2, "order_quantity") == "customer"
    assert label(2, "months") == "agent"
    assert label(89, "total") == "customer"
    assert label(89, "amount") == "agent"
    assert label(89, "amount", ticket=["give me 89 euros"]) == "ticket"


def test_a_number_is_not_trusted_because_a_postcode_reads_like_it() -> None:
    assert label(100052, "amount") == "agent"
    assert label(100052, "postcode") == "customer"
    assert label("100052", "zip") == "customer"  # a text is what the text says
    assert label(100052, "amount", ticket=["refund me 100052"]) == "ticket"


@pytest.mark.parametrize(
    "value",
    [
        "SL-20001SL-20002",  # joined from two
        "SL-20001, #W2378156",  # listed in one
        "SL-20001 ",  # fine: only space
        "SL-2000\u200b1",  # a mark that nobody sees
        "SL\u201120001",  # another hyphen
        "SL_20001",
        "20001-SL",
        "DE89 3704 0044 0532 0130 01",  # another check digit
        "DE89370400440532013000X",
        "ana@mail.example,eve@evil.example",
        "ana@mail.example\neve@evil.example",
        "аna@mail.example",  # Cyrillic
        "ana+x@mail.example",
    ],
)
def test_what_is_put_together_from_trusted_parts_is_trusted_only_where_it_is_the_same(value: str) -> None:
    assert label(value) == ("customer" if value.strip() == "SL-20001" else "agent")


def test_a_closed_list_in_the_tools_schema_is_the_manifests() -> None:
    class Arguments(BaseModel):
        reason: Literal["damaged", "missing"]
        kind: Literal["full"] | None = None
        tags: list[Literal["a", "b"]] = []

    schema = Arguments.model_json_schema()
    arguments = {"reason": "damaged", "kind": "full", "tags": ["a", "b"]}
    assert provenance(arguments, Seen(), schema) == dict.fromkeys(arguments, "manifest")
    assert provenance({"reason": "because"}, Seen(ticket=["because"]), schema) == {"reason": "ticket"}


def test_a_referenced_enumeration_is_found() -> None:
    schema = {"$defs": {"Mode": {"enum": ["fast", "slow"]}}, "properties": {"mode": {"$ref": "#/$defs/Mode"}}}
    assert provenance({"mode": "slow"}, Seen(), schema) == {"mode": "manifest"}


@pytest.mark.parametrize(
    "text", ["pay 1.234,50 now", "pay 1,234.50 now", "pay 1 234,50 now", "€1234.50", "(1234.50 EUR)"]
)
def test_a_number_in_a_text_is_found_in_every_way_of_writing_it(text: str) -> None:
    assert label(1234.5, customer=[], ticket=[text]) == "ticket"


@pytest.mark.parametrize("text", ["order 11234.50", "SL-1234.50", "1234.505", "21,234.50", "1234.50.1"])
def test_a_number_that_is_part_of_another_is_not_found(text: str) -> None:
    assert label(1234.5, customer=[], ticket=[text]) == "agent"


def test_one_way_of_writing_can_be_two_numbers() -> None:
    assert readings("1.234") == {Decimal("1.234"), Decimal("1234")}
    assert readings(1.234) == {Decimal("1.234")}
    assert readings("1.234.567") == {Decimal("1234567")}
    assert readings("12.5") == {Decimal("12.5")}
    assert readings("2.403.000 VND") == {Decimal("2403000").normalize()}
    assert readings("SL-1") == frozenset()


def test_facts_are_figures_ids_links_and_addresses() -> None:
    assert facts("Order SL-1, 89,00 EUR, see https://a.example or x@b.example!") == {
        "sl-1",
        Decimal("89").normalize(),
        "https://a.example",
        "x@b.example",
    }


def test_untrusted_sinks_are_named_in_order() -> None:
    labels = {"order_id": "customer", "amount": "ticket", "note": "agent", "reason": "manifest"}
    assert untrusted(labels, ["amount", "order_id", "reason", "absent"]) == ("amount",)


@given(
    st.recursive(
        st.text() | st.integers() | st.floats(allow_nan=True) | st.booleans() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
    st.text(),
)
def test_any_argument_gets_a_label_and_nothing_unseen_is_trusted(value: Any, text: str) -> None:
    found = provenance({"value": value}, Seen(ticket=[text], tool=[value]), {})["value"]
    assert found in ORDER
    assert found not in ("customer", "manifest")
