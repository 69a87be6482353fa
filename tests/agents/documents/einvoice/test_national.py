"""FatturaPA and Vietnamese invoices are held to the checks that their authorities make."""

import pytest

from agents.documents.einvoice.reader import read_invoice
from agents.documents.einvoice.rules import check

ITALIAN = """<FatturaElettronica><FatturaElettronicaHeader><CedentePrestatore><DatiAnagrafici><IdFiscaleIVA>
<IdCodice>00743110157</IdCodice></IdFiscaleIVA><Anagrafica><Denominazione>Lampade SRL</Denominazione></Anagrafica>
</DatiAnagrafici></CedentePrestatore></FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali>
<DatiGeneraliDocumento><TipoDocumento>TD01</TipoDocumento><Divisa>EUR</Divisa><Data>2026-11-05</Data><Numero>42</Numero>
</DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><DettaglioLinee><Descrizione>Lampada</Descrizione>
<Quantita>2.00</Quantita><PrezzoUnitario>50.00</PrezzoUnitario><PrezzoTotale>100.00</PrezzoTotale>
<AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee><DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA>
<ImponibileImporto>100.00</ImponibileImporto><Imposta>22.00</Imposta></DatiRiepilogo></DatiBeniServizi>
</FatturaElettronicaBody></FatturaElettronica>"""
VIETNAMESE = """<HDon><DLHDon><TTChung><SHDon>42</SHDon><NLap>2026-11-05</NLap><DVTTe>VND</DVTTe></TTChung><NDHDon>
<NBan><Ten>Công ty Sao Mai</Ten><MST>0100109106</MST></NBan><DSHHDVu><HHDVu><ThTien>1000000</ThTien></HHDVu></DSHHDVu>
<TToan><TgTCThue>1000000</TgTCThue><TgTThue>100000</TgTThue><TgTTTBSo>1100000</TgTTTBSo></TToan></NDHDon></DLHDon></HDon>"""


def _rules(text: str) -> list[str]:
    invoice = read_invoice(text)
    assert invoice is not None
    return [one.rule for one in check(invoice)]


def test_valid_ones_break_no_rule_and_a_missing_total_is_summed_up() -> None:
    assert _rules(ITALIAN) == []
    assert _rules(VIETNAMESE) == []


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("<Imposta>22.00", "<Imposta>20.00", "00421"),
        ("<PrezzoTotale>100.00", "<PrezzoTotale>90.00", "00423"),
        ("<Numero>42", "<Numero>A", "00425"),
        ("<AliquotaIVA>22.00</AliquotaIVA></Dett", "<AliquotaIVA>0.00</AliquotaIVA></Dett", "00400"),
        (
            "<AliquotaIVA>22.00</AliquotaIVA></Dett",
            "<AliquotaIVA>22.00</AliquotaIVA><Natura>N4</Natura></Dett",
            "00401",
        ),
    ],
)
def test_italian_controls_are_named_by_their_numbers(before: str, after: str, rule: str) -> None:
    assert before in ITALIAN
    assert rule in _rules(ITALIAN.replace(before, after, 1))


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ("0100109106", "0100109107", "vn-MST"),
        ("<TgTTTBSo>1100000", "<TgTTTBSo>1200000", "vn-total"),
        ("<ThTien>1000000", "<ThTien>900000", "vn-TgTCThue"),
        ("<NLap>2026-11-05</NLap>", "", "vn-invoice_date"),
    ],
)
def test_vietnamese_faults_are_named(before: str, after: str, rule: str) -> None:
    assert rule in _rules(VIETNAMESE.replace(before, after, 1))


def test_an_encoding_that_does_not_exist_is_named() -> None:
    assert "XML-encoding" in _rules('<?xml version="1.0" encoding="UTF-8-W/O-BOM"?>' + VIETNAMESE)
