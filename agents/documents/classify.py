"""What kind of document a reading is: a score for each type from what is printed on it, and `unknown` as a real answer.

Each type has signs with weights (natural logarithms of odds); `unknown` has a fixed weight, so that a page on which
nothing speaks is unknown. The scores are a softmax over the sums.
"""

import re
from dataclasses import dataclass, field
from math import exp

from agents.documents.extract.amounts import find_amounts
from agents.documents.extract.text import fold
from agents.documents.values import Reading

TYPES = (
    *("receipt", "invoice", "e-invoice", "id card", "passport", "contract", "bank statement", "form", "letter"),
    *("complaint", "unknown"),
)
UNKNOWN_WEIGHT = 1.6
SHARP = 1.6  # the plain sums were less sure than they were right: 0.82 against 0.94 on scanned receipts
Sign = tuple[str, float]


@dataclass(frozen=True)
class Kind:
    """The most likely type with its score (0 to 1), and the scores of all types."""

    type: str
    score: float
    scores: dict[str, float] = field(default_factory=dict)


SIGNS: dict[str, tuple[Sign, ...]] = {
    "receipt": (
        (r"\b(?:cash|change|tunai|kassenbon|bar gegeben|ruckgeld|gegeben|tien thua|khach dua|wechselgeld)\b", 1.4),
        (
            r"\b(?:receipt|quittung|kassenbon|phieu thanh toan|phieu tinh tien|bien lai|kassenbeleg|"
            r"bon-?nr|beleg-?nr)\b",
            1.6,
        ),
        (r"\b(?:cashier|kassierer|kasse|thu ngan|bediener|counter|pos)\b", 1.0),
        (r"\b(?:thank you|please come again|vielen dank fur ihren einkauf|cam on quy khach|hen gap lai)\b", 1.0),
        (r"\b(?:rounding|subtotal|sub total|zwischensumme)\b", 0.4),
        (r"\b(?:total|summe|tong cong|tong tien)\b", 0.8),
        (r"\b(?:visa|mastercard|girocard|ec-?karte|kartenzahlung|terminal)\b", 0.6),
        (r"\bsimplified tax invoice\b|\bcash bill\b", 1.0),
    ),
    "invoice": (
        (r"\b(?:invoice|rechnung|hoa don|facture|factuur|faktura|fattura)\b", 1.6),
        (r"\b(?:invoice (?:no|number|date)|rechnungs(?:nummer|datum|-nr)|hoa don gia tri gia tang|so hoa don)\b", 1.4),
        (r"\b(?:due date|payment terms|zahlbar|fallig|zahlungsziel|han thanh toan|bill to|rechnungsempfanger)\b", 1.0),
        (r"\b(?:iban|bic|swift|bankverbindung|so tai khoan|bank account)\b", 0.7),
        (r"\b(?:vat|mwst|ust|thue gtgt|gst|tva|btw)\b", 0.5),
        (r"\b(?:net|netto|subtotal|cong tien hang|total ht)\b", 0.4),
        (r"\b(?:unit price|einzelpreis|don gia|qty|quantity|menge|so luong)\b", 0.5),
    ),
    "id card": (
        (
            r"can cuoc|chung minh nhan dan|citizen identity|identity card|personalausweis|"
            r"carte nationale|socialist republic",
            3.0,
        ),
        (r"\b(?:date of birth|ngay sinh|geburtsdatum)\b", 1.0),
        (r"\b(?:place of origin|que quan|noi thuong tru|place of residence|augenfarbe)\b", 1.2),
        (r"\b(?:surname|given names?|vornamen|ho va ten|card no|so the|gultig bis)\b", 0.7),
    ),
    "passport": (
        (r"\b(?:passport|reisepass|ho chieu|passeport)\b", 2.6),
        (r"p<[a-z<]{3}[a-z<]{10,}", 4.0),
        (r"\b(?:date of birth|ngay sinh|geburtsdatum|date of expiry|nationality)\b", 0.8),
        (r"\b(?:surname|given names?|vornamen|ho va ten)\b", 0.7),
        (r"\b(?:date of expiry|staatsangehorigkeit|quoc tich|nationality)\b", 0.6),
    ),
    "contract": (
        (r"\b(?:contract|agreement|vertrag|hop dong|kaufvertrag|mietvertrag|lease)\b", 1.8),
        (
            r"\b(?:hereinafter|the parties|parties agree|vertragsparteien|nachfolgend|ben a|ben b|"
            r"dieu khoan|dieu \d)\b",
            1.6,
        ),
        (r"\b(?:termination|kundigung|governing law|gerichtsstand|cham dut|hieu luc)\b", 0.9),
        (r"(?:^|\n)\s*(?:§\s?\d|article \d|clause \d|dieu \d)", 1.0),
    ),
    "bank statement": (
        (r"\b(?:account statement|bank statement|kontoauszug|sao ke|statement of account)\b", 3.0),
        (r"\b(?:opening balance|closing balance|alter saldo|neuer saldo|so du dau|so du cuoi|kontostand)\b", 1.8),
        (r"\b(?:debit|credit|soll|haben|ghi no|ghi co|buchung|valuta|wert)\b", 0.7),
    ),
    "form": (
        (r"\b(?:application form|form|formular|antrag|mau don|to khai|registration form|don dang ky)\b", 1.3),
        (r"_{4,}|\.{6,}|\[ ?\]|☐|□", 1.3),
        (
            r"\b(?:please (?:fill|complete|tick)|bitte ausfullen|in block letters|ky va ghi ro|"
            r"unterschrift|signature|ky ten)\b",
            1.0,
        ),
        (
            r"\b(?:return form|rucksendeformular|widerrufsformular|phieu doi tra|phieu bao hanh|"
            r"warranty (?:card|form))\b",
            2.0,
        ),
    ),
    "letter": (
        (r"\b(?:dear (?:sir|madam|mr|mrs|ms|customer|team)|sehr geehrte|kinh gui|kinh thua|dear \w+,)", 1.7),
        (r"\b(?:sincerely|kind regards|best regards|mit freundlichen grussen|tran trong|yours faithfully)\b", 1.5),
        (r"\b(?:betreff|subject|re:|v/v|ve viec)\b", 0.5),
    ),
    "complaint": (
        (r"\b(?:complain|complaint|beschwerde|reklamation|khieu nai|to cao)\w*", 1.9),
        (
            r"\b(?:disappoint|unaccept|angry|terrible|enttauscht|verargert|unzumutbar|that vong|"
            r"buc xuc|te hai|khong hai long)\w*",
            1.2,
        ),
        (r"\b(?:refund|compensat|erstattung|schadenersatz|hoan tien|boi thuong|ersatz|replacement)\w*", 0.8),
        (r"\b(?:broken|defect|damaged|defekt|kaputt|beschadigt|hong|vo|loi|bi loi)\b", 0.5),
    ),
}
_COMPILED = {name: tuple((re.compile(sign), weight) for sign, weight in signs) for name, signs in SIGNS.items()}
INVOICE_XML = re.compile(
    r"<(?:\w+:)?(?:CrossIndustryInvoice|CrossIndustryDocument|Invoice|CreditNote|FatturaElettronica|HDon)\b"
)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)  # a licence of several pages may stand before the invoice begins
HEAD = 100_000  # characters in which the invoice must begin


def classify(reading: Reading) -> Kind:
    """Return the type of a document."""
    if any(INVOICE_XML.search(COMMENT.sub("", one.text[:HEAD])) for one in reading.embedded):
        return Kind("e-invoice", 0.99, {"e-invoice": 0.99})
    text = fold(reading.text[:20_000])
    sums = {name: sum(w for sign, w in signs if sign.search(text)) for name, signs in _COMPILED.items()}
    _shape(reading, text, sums)
    _codes(reading, sums)
    sums["unknown"] = UNKNOWN_WEIGHT
    highest = max(sums.values())
    odds = {name: exp(SHARP * (value - highest)) for name, value in sums.items()}
    whole = sum(odds.values())
    scores = {name: round(value / whole, 4) for name, value in odds.items()}
    best = max(scores, key=lambda name: scores[name])
    return Kind(best, scores[best], scores)


def _shape(reading: Reading, text: str, sums: dict[str, float]) -> None:
    """Proportions say much: receipts are narrow and full of amounts, letters are full of words."""
    if not reading.pages or not text.strip():
        sums.clear()
        return
    first = reading.pages[0]
    words = len(text.split())
    amounts = sum(1 for line in first.lines if any(one.quality >= 0.9 for one in find_amounts(line.text)))
    narrow = first.height > 1.6 * first.width and first.reader.startswith(("ocr", "pdf"))
    sums["receipt"] += 0.9 * narrow + 0.5 * (amounts >= 3) - 1.2 * (amounts == 0) - 1.0 * (words > 500)
    sums["invoice"] += 0.4 * (amounts >= 3) - 1.2 * (amounts == 0) - 0.3 * narrow
    sums["bank statement"] += 0.6 * (amounts >= 6) - 1.5 * (amounts < 2)
    sums["letter"] += 0.8 * (words > 60 and amounts < 3) - 0.6 * (amounts > 5)
    sums["complaint"] += 0.4 * (words > 30 and amounts < 4) - 1.0 * (amounts > 6)
    sums["contract"] += 0.6 * (words > 400) - 1.0 * (words < 120)
    sums["id card"] -= 1.5 * (words > 200)
    sums["passport"] -= 1.5 * (words > 250)
    if reading.media_type == "message/rfc822":
        sums["letter"] += 1.0


def _codes(reading: Reading, sums: dict[str, float]) -> None:
    for code in reading.codes:
        if code.kind == "qr" and re.match(r"^\d{12}\|", code.text):
            sums["id card"] = sums.get("id card", 0.0) + 5.0
        if code.kind == "mrz":
            name = "passport" if code.text.startswith("P") else "id card"
            sums[name] = sums.get(name, 0.0) + 5.0
