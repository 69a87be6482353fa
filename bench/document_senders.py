"""Generated suppliers, each with a layout and words of its own, many of them words that no label list knows: what
per-sender memory is measured on. Names, numbers and goods are invented; check digits are right."""

import io
import random
from dataclasses import dataclass
from datetime import date, timedelta

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from stdnum import iban as iban_numbers

from bench.document_files import FONTS, GOODS, RATES, day, money, register

Placed = tuple[float, float, str]  # points from the left and the top, text
WORDS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "invoice_number": ("Invoice number", "Our ref", "Document", "Voucher", "Charge sheet", "Invoice no."),
        "invoice_date": ("Invoice date", "Dated", "Raised", "Tax point", "Issued"),
        "due_date": ("Due date", "Settle by", "Terms end", "Please remit before"),
        "net": ("Subtotal", "Goods", "Taxable", "Before duty"),
        "vat": ("VAT 20 %", "Duty 20 %", "Tax at 20 %", "VAT"),
        "total": ("Total amount due", "To remit", "Sum payable", "Please pay", "Grand total"),
        "other": ("Order", "Account", "Delivery note", "Route"),
    },
    "de": {
        "invoice_number": ("Rechnungsnummer", "Unser Zeichen", "Belegkennung", "Vorgang", "Faktura"),
        "invoice_date": ("Rechnungsdatum", "Ausgestellt", "Berlin, den", "Erstellt am", "Vom"),
        "due_date": ("Fällig am", "Ziel", "Skontofrei bis", "Zahlung erbeten bis"),
        "net": ("Nettobetrag", "Waren", "Bemessung", "Positionen gesamt"),
        "vat": ("MwSt. 19 %", "Steuer 19 %", "Abgabe 19 %", "USt"),
        "total": ("Gesamtbetrag", "Bitte überweisen", "Forderung", "Ihr Betrag", "Zu zahlen"),
        "other": ("Bestellung", "Kunde", "Lieferschein", "Tour"),
    },
    "vi": {
        "invoice_number": ("Số hóa đơn", "Mã chứng từ", "Ký hiệu phiếu", "Chứng từ"),
        "invoice_date": ("Ngày lập", "Xuất ngày", "Lập hôm", "Ngày chứng từ"),
        "due_date": ("Hạn thanh toán", "Thu trước", "Kỳ thu", "Chuyển khoản trước"),
        "net": ("Cộng tiền hàng", "Giá trị hàng", "Trước thuế", "Hàng hóa"),
        "vat": ("Thuế GTGT 10 %", "Thuế 10 %", "Khoản thuế", "Thuế suất 10 %"),
        "total": ("Tổng cộng tiền thanh toán", "Quý khách trả", "Phải thu", "Số tiền thu"),
        "other": ("Đơn đặt", "Mã khách", "Phiếu giao", "Tuyến"),
    },
}
TITLES = {
    "en": ("INVOICE", "STATEMENT OF CHARGES"),
    "de": ("RECHNUNG", "LEISTUNGSBELEG"),
    "vi": ("HÓA ĐƠN", "PHIẾU THU"),
}
NAMES = {
    "en": ("Merrow", "Tarn", "Ashby", "Quill", "Larkspur", "Fenwick", "Oldroyd"),
    "de": ("Havel", "Birke", "Kranich", "Elster", "Linde", "Falke", "Dohle"),
    "vi": ("Minh Long", "Hải Âu", "Tân Phong", "Bích Ngọc", "Trường Sơn", "Hồng Hà", "Thiên An"),
}
FORMS = {"en": "{} Supplies Ltd", "de": "{} Handel GmbH", "vi": "Công ty TNHH {}"}
PLAIN = {"en": "{} & daughters", "de": "{} und Töchter", "vi": "Nhà {}"}  # nothing says that this is a company
BANKS = {"en": ("GB", "NWBK601613"), "de": ("DE", "37040044"), "vi": ("DE", "50010517")}


@dataclass(frozen=True)
class Sender:
    """One supplier: what it is called, the words it prints, and where."""

    number: int
    language: str
    name: str
    title: str
    words: dict[str, str]
    account: str
    font: str
    style: str  # beside | above | inline
    name_at: tuple[float, float]
    block_at: tuple[float, float]
    sums_at: float
    prefix: str


def sender(number: int) -> Sender:
    """Make a supplier; the same number always makes the same one."""
    random_ = random.Random(f"sender {number}")
    language = ("en", "de", "vi")[number % 3]
    words = {name: random_.choice(choices) for name, choices in WORDS[language].items()}
    country, bank = BANKS[language]
    length = 22 - 4 - len(bank)
    body = bank + "".join(random_.choice("0123456789") for _ in range(length))
    account = next(a for n in range(2, 99) if iban_numbers.is_valid(a := f"{country}{n:02d}{body}"))
    shape = FORMS if random_.random() < 0.6 else PLAIN
    return Sender(
        number=number,
        language=language,
        name=shape[language].format(random_.choice(NAMES[language])),
        title=random_.choice(TITLES[language]),
        words=words,
        account=account,
        font=FONTS[number % len(FONTS)],
        style=random_.choice(("beside", "above", "inline")),
        name_at=random_.choice(((50, 60), (330, 60), (50, 770), (50, 120))),
        block_at=random_.choice(((50, 190), (330, 150), (50, 230))),
        sums_at=random_.choice((380, 430, 520)),
        prefix=random_.choice(("", "RE-", "INV/", "K", "26-")),
    )


def document(of: Sender, number: int) -> tuple[bytes, dict[str, str]]:
    """Make one invoice of a supplier: the PDF, and the printed value of each field."""
    random_ = random.Random(f"document {of.number} {number}")
    issued = date(2026, 1, 5) + timedelta(days=random_.randrange(280))
    due = issued + timedelta(days=random_.choice((14, 30)))
    unit = 1000 if of.language == "vi" else 1
    rows = [(random_.choice(GOODS[of.language]), random_.randint(1, 9), random_.randint(300, 90_000) * unit)
            for _ in range(random_.randint(2, 6))]  # fmt: skip
    net = sum(count * price for _, count, price in rows)
    vat = round(net * RATES[of.language] / 100)
    truth = {
        "invoice_number": f"{of.prefix}{random_.randint(10_000, 99_999)}",
        "invoice_date": day(issued, of.language),
        "due_date": day(due, of.language),
        "seller_name": of.name,
        "net": money(net, of.language),
        "vat": money(vat, of.language),
        "total": money(net + vat, of.language),
        "iban": of.account,
    }
    placed = [(*of.name_at, of.name), (50.0, 150.0 if of.block_at[0] > 300 else 165.0, of.title)]
    heads = [(of.words[name], truth[name]) for name in ("invoice_number", "invoice_date", "due_date")]
    heads.insert(of.number % 3, (of.words["other"], str(random_.randint(10_000, 99_999))))
    placed += _pairs(heads, of.block_at, of.style)
    top = 300.0
    for what, count, price in rows:
        placed += [(50.0, top, what), (330.0, top, str(count)), (470.0, top, money(count * price, of.language))]
        top += 18
    for place, name in enumerate(("net", "vat", "total")):
        at = of.sums_at + 18 * place
        placed += [(330.0, at, of.words[name]), (470.0, at, truth[name])]
    placed.append((50.0, 800.0, f"IBAN {of.account}"))
    return _drawn(placed, of.font), truth


def _pairs(pairs: list[tuple[str, str]], at: tuple[float, float], style: str) -> list[Placed]:
    left, top = at
    if style == "above":
        corners = [(left + 118 * (n % 2), top + 34 * (n // 2)) for n in range(len(pairs))]
        return [one for (x, y), (word, value) in zip(corners, pairs, strict=True)
                for one in ((x, y, word), (x, y + 14, value))]  # fmt: skip
    if style == "inline":
        return [(left, top + 16 * n, f"{word} {value}") for n, (word, value) in enumerate(pairs)]
    return [one for n, (word, value) in enumerate(pairs)
            for one in ((left, top + 16 * n, word), (left + 130, top + 16 * n, value))]  # fmt: skip


def _drawn(placed: list[Placed], font: str) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=True)
    canvas.setFont(register(font), 10)
    for left, top, text in placed:
        canvas.drawString(left, A4[1] - top, text)
    canvas.showPage()
    canvas.save()
    return target.getvalue()
