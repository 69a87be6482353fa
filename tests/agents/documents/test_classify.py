"""Documents are told apart by what is printed on them; where nothing speaks, the answer is unknown."""

import pytest

from agents.documents.classify import Kind, classify
from agents.documents.routing import route_document
from agents.documents.values import Code, Embedded, Reading, assemble, flow
from agents.manifest import Accepts, Manifest

TEXTS = {
    "invoice": "Rechnung\nRechnungsnummer: 4711\nRechnungsdatum: 05.11.2026\nEinzelpreis 5,00 €\nNetto 10,00 €\n"
    "MwSt. 1,90 €\nGesamtbetrag 11,90 €\nZahlbar bis 19.11.2026\nIBAN DE89",
    "receipt": "Shop\nReceipt 5\nCashier: An\nLamp 9.00\nBulb 2.00\nTotal 11.00\nCash 20.00\nChange 9.00\nThank you",
    "contract": "HỢP ĐỒNG MUA BÁN\nĐiều 1. Bên A và Bên B thỏa thuận\nĐiều khoản chấm dứt" + " nội dung" * 120,
    "bank statement": "Kontoauszug\nAlter Saldo 100,00\nBuchung Valuta Soll Haben\n1,00\n2,00\n3,00\n4,00\n5,00\n6,00\n"
    "Neuer Saldo 79,00",
    "letter": "Dear Sir or Madam,\nI write to you about my move next month. " + "Please note my new address. " * 12
    + "\nKind regards\nAn",
    "complaint": "Beschwerde\nSehr geehrtes Team, ich bin sehr enttäuscht, die Lampe ist defekt, ich verlange Ersatz "
    "oder eine Erstattung. " + "Das ist unzumutbar für mich. " * 6,
    "form": "Return form\nPlease fill in block letters\nName: ______________\nSignature ____________",
    "passport": "PASSPORT\nDate of birth 01 FEB 1990\nP<VNMNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<<<<<<<<<<<",
    "unknown": "asdf qwer",
}  # fmt: skip


def typed(text: str) -> Reading:
    return assemble([flow(text.splitlines(), 1, "text")], "text/plain")


@pytest.mark.parametrize("kind", TEXTS)
def test_each_type_is_known_by_its_words(kind: str) -> None:
    found = classify(typed(TEXTS[kind]))
    assert found.type == kind
    assert found.score > (0.4 if kind == "unknown" else 0.5)
    assert sum(found.scores.values()) == pytest.approx(1, abs=0.01)


def test_xml_and_codes_speak_louder_than_words() -> None:
    xml = Embedded("factur-x.xml", "application/xml", "<rsm:CrossIndustryInvoice xmlns:rsm='x'/>")
    assert classify(assemble([flow(["Receipt"], 1, "pdf"), xml], "application/pdf")).type == "e-invoice"
    code = Code("qr", "001090012345||A|01011990|Nam|HN|01012021", 1)
    assert classify(assemble([flow(["blurred"], 1, "ocr"), code], "image/png")).type == "id card"


def test_an_empty_page_is_unknown() -> None:
    assert classify(assemble([], "application/pdf")).type == "unknown"


def made(name: str, types: tuple[str, ...], languages: tuple[str, ...] = ("en",)) -> Manifest:
    return Manifest(
        name=name, kind="processor", summary="Reads things", owner="me", engine="extract",
        accepts=Accepts(document_types=types), languages=languages,
    )  # fmt: skip


def test_the_processor_that_accepts_the_type_and_the_language_is_chosen() -> None:
    manifests = [
        made("a_invoices", ("invoice",), ("en",)),
        made("b_invoices", ("invoice",), ("vi",)),
        made("cards", ("id card",)),
    ]
    route = route_document(Kind("invoice", 0.9), "vi", manifests)
    assert (route.agent, route.runner_up, route.intent) == ("b_invoices", "a_invoices", "invoice")


def test_unknown_and_unwanted_types_go_to_a_person() -> None:
    assert route_document(Kind("unknown", 0.9), "", []).agent is None
    assert "no processor accepts" in route_document(Kind("contract", 0.9), "", []).reason


def test_a_long_comment_before_an_e_invoice_does_not_hide_it() -> None:
    text = f"<!-- <Order/> {'Licensed under the Apache License. ' * 300} --><rsm:CrossIndustryInvoice/>"
    reading = Reading(media_type="application/xml", embedded=(Embedded("a.xml", "application/xml", text),))
    assert classify(reading).type == "e-invoice"
    order = Embedded("a.xml", "application/xml", "<!-- an <Invoice> follows later --><Order/>")
    assert classify(Reading(media_type="application/xml", embedded=(order,))).type != "e-invoice"
