"""PDF papers with a text layer: invoices in six layouts, one for each supplier, and letters."""

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from cli.demo.paper_facts import BUYERS, RATES, InvoiceFacts, day_printed, printed

WORDS = {
    "en": {
        "invoice": "Invoice", "number": "Invoice number", "date": "Invoice date", "due": "Due date", "to": "Bill to",
        "order": "Order number", "tax": "VAT number", "goods": "Description", "count": "Quantity",
        "price": "Unit price", "sum": "Amount", "net": "Net amount", "vat": "VAT {} %",
        "total": "Total amount due", "bank": "IBAN",
        "thanks": "Please pay by the due date and quote the invoice number. Thank you for your business.",
    },
    "de": {
        "invoice": "Rechnung", "number": "Rechnungsnummer", "date": "Rechnungsdatum", "due": "Fällig am",
        "to": "Rechnungsempfänger", "order": "Bestellnummer", "tax": "USt-IdNr.", "goods": "Bezeichnung",
        "count": "Menge", "price": "Einzelpreis", "sum": "Betrag", "net": "Nettobetrag", "vat": "MwSt. {} %",
        "total": "Rechnungsbetrag", "bank": "IBAN",
        "thanks": "Bitte überweisen Sie den Betrag unter Angabe der Rechnungsnummer. Vielen Dank für Ihren Auftrag.",
    },
    "vi": {
        "invoice": "HÓA ĐƠN GIÁ TRỊ GIA TĂNG", "number": "Số hóa đơn", "date": "Ngày lập", "due": "Hạn thanh toán",
        "to": "Đơn vị mua hàng", "order": "Mã đơn hàng", "tax": "Mã số thuế", "goods": "Tên hàng hóa",
        "count": "Số lượng", "price": "Đơn giá", "sum": "Thành tiền", "net": "Cộng tiền hàng",
        "vat": "Tiền thuế GTGT {} %",
        "total": "Tổng cộng tiền thanh toán", "bank": "Số tài khoản",
        "thanks": "Đề nghị thanh toán bằng chuyển khoản trước hạn. Xin cảm ơn quý khách.",
    },
}  # fmt: skip
WIDTH, HEIGHT = A4


@cache
def fonts() -> dict[str, Path]:
    """Return the font files by name; all have the letters of the three languages. They are registered for PDF too."""
    sans, serif = files("font_source_sans_pro") / "files", files("font_source_serif_pro") / "files"
    found = {
        "Sans": Path(str(sans / "SourceSansPro-Regular.ttf")),
        "Sans-Bold": Path(str(sans / "SourceSansPro-Bold.ttf")),
        "Serif": Path(str(serif / "SourceSerifPro-Regular.ttf")),
        "Serif-Bold": Path(str(serif / "SourceSerifPro-Bold.ttf")),
    }
    for name, path in found.items():
        pdfmetrics.registerFont(TTFont(name, str(path)))
    return found


class Sheet:
    """A page with its origin at the top left, in millimetres."""

    def __init__(self, path: Path, title: str, face: str = "Sans") -> None:
        fonts()
        self.canvas = Canvas(str(path), pagesize=A4, invariant=1)
        self.canvas.setTitle(title)
        self.face = face

    def text(self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False, align: str = "left") -> None:
        """Print a line: `align` left, right or centre at x."""
        self.canvas.setFont(f"{self.face}-Bold" if bold else self.face, size)
        draw = {"left": self.canvas.drawString, "right": self.canvas.drawRightString}
        draw.get(align, self.canvas.drawCentredString)(x * mm, HEIGHT - y * mm, text)

    def lines(self, x: float, y: float, texts: Sequence[str], *, size: float = 10, step: float = 5) -> float:
        """Print lines one below the other; return where the next would stand."""
        for text in texts:
            self.text(x, y, text, size=size)
            y += step
        return y

    def rule(self, y: float, left: float = 20, right: float = 190, width: float = 0.5) -> None:
        """Draw a horizontal line."""
        self.canvas.setLineWidth(width)
        self.canvas.line(left * mm, HEIGHT - y * mm, right * mm, HEIGHT - y * mm)

    def box(self, x: float, y: float, width: float, height: float) -> None:
        """Draw a frame."""
        self.canvas.rect(x * mm, HEIGHT - (y + height) * mm, width * mm, height * mm)

    def save(self) -> None:
        """Write the file."""
        self.canvas.showPage()
        self.canvas.save()


def draw_invoice(facts: InvoiceFacts, path: Path) -> None:
    """Write an invoice as its supplier prints it."""
    serif = facts.supplier.layout in ("classic", "ruled", "form")
    sheet = Sheet(path, f"{WORDS[facts.supplier.language]['invoice']} {facts.number}", "Serif" if serif else "Sans")
    _LAYOUTS[facts.supplier.layout](sheet, facts)
    sheet.save()


def _heads(facts: InvoiceFacts) -> list[tuple[str, str]]:
    language = facts.supplier.language
    words = WORDS[language]
    pairs = [
        (words["number"], facts.number),
        (words["date"], day_printed(facts.day, language)),
        (words["due"], day_printed(facts.due, language)),
    ]
    return [*pairs, (words["order"], facts.order)] if facts.order else pairs


def _sums(facts: InvoiceFacts) -> list[tuple[str, str]]:
    language = facts.supplier.language
    words = WORDS[language]
    return [
        (words["net"], printed(facts.net, language, symbol=True)),
        (words["vat"].format(RATES[language]), printed(facts.vat, language, symbol=True)),
        (words["total"], printed(facts.total, language, symbol=True)),
    ]


def _table(sheet: Sheet, facts: InvoiceFacts, y: float, *, rules: bool, step: float = 7) -> float:
    language = facts.supplier.language
    words = WORDS[language]
    sheet.text(20, y, words["goods"], bold=True)
    for x, name in ((120, "count"), (155, "price"), (190, "sum")):
        sheet.text(x, y, words[name], bold=True, align="right")
    sheet.rule(y + 2)
    for row in facts.rows:
        y += step
        sheet.text(20, y, row.goods)
        sheet.text(120, y, str(row.count), align="right")
        sheet.text(155, y, printed(row.price, language), align="right")
        sheet.text(190, y, printed(row.total, language), align="right")
        if rules:
            sheet.rule(y + 2, width=0.2)
    return y + step


def _totals(sheet: Sheet, facts: InvoiceFacts, y: float, *, left: float = 120, right: float = 190) -> float:
    pairs = _sums(facts)
    for place, (label, amount) in enumerate(pairs):
        last = place == len(pairs) - 1
        sheet.text(left, y, label, bold=last)
        sheet.text(right, y, amount, bold=last, align="right")
        y += 6.5
    return y


def _classic(sheet: Sheet, facts: InvoiceFacts) -> None:
    supplier, words = facts.supplier, WORDS[facts.supplier.language]
    sheet.text(20, 24, supplier.name, size=18, bold=True)
    sheet.lines(20, 31, [supplier.street, supplier.town, f"{words['tax']}: {facts.tax_number}"], size=9)
    sheet.text(190, 24, words["invoice"].upper(), size=16, align="right")
    y = 52.0
    for label, value in _heads(facts):
        sheet.text(120, y, f"{label}:")
        sheet.text(190, y, value, align="right")
        y += 6
    sheet.lines(20, 52, [words["to"], *BUYERS[supplier.language]])
    y = _totals(sheet, facts, _table(sheet, facts, 90, rules=False) + 4)
    sheet.lines(20, y + 12, [f"{words['bank']}: {_spaced(facts.iban)}", words["thanks"]], size=9)


def _plain(sheet: Sheet, facts: InvoiceFacts) -> None:
    supplier, words = facts.supplier, WORDS[facts.supplier.language]
    sheet.text(105, 25, supplier.name, size=20, align="centre")
    sheet.text(105, 32, f"{supplier.street}, {supplier.town}", size=9, align="centre")
    sheet.text(20, 50, f"{words['invoice']}", size=14, bold=True)
    y = sheet.lines(20, 58, [f"{label}: {value}" for label, value in _heads(facts)], step=5.5)
    y = sheet.lines(20, y + 5, [words["to"], *BUYERS[supplier.language]])
    y = _totals(sheet, facts, _table(sheet, facts, y + 8, rules=True) + 5, left=130)
    footer = f"{words['tax']} {facts.tax_number}   {words['bank']} {_spaced(facts.iban)}"
    sheet.text(105, 275, footer, size=8, align="centre")


def _letter(sheet: Sheet, facts: InvoiceFacts) -> None:
    supplier, words = facts.supplier, WORDS[facts.supplier.language]
    sheet.text(25, 50, f"{supplier.name} · {supplier.street} · {supplier.town}", size=7)
    sheet.lines(25, 58, BUYERS[supplier.language])
    sheet.text(185, 25, supplier.name, size=15, bold=True, align="right")
    y = 58.0
    for label, value in _heads(facts):
        sheet.text(125, y, label, size=9)
        sheet.text(160, y, value, size=9)
        y += 5.5
    sheet.text(25, 100, f"{words['invoice']}", size=15, bold=True)
    y = _totals(sheet, facts, _table(sheet, facts, 112, rules=False) + 6)
    sheet.text(25, y + 8, words["thanks"], size=9)
    footer = [f"{supplier.name}, {supplier.street}, {supplier.town}", f"{words['tax']} {facts.tax_number}"]
    sheet.lines(25, 272, [*footer, f"{words['bank']} {_spaced(facts.iban)}"], size=8, step=4)


def _ruled(sheet: Sheet, facts: InvoiceFacts) -> None:
    supplier, words = facts.supplier, WORDS[facts.supplier.language]
    sheet.text(20, 25, supplier.name, size=16, bold=True)
    sheet.text(20, 31, f"{supplier.street}, {supplier.town}, {words['tax']} {facts.tax_number}", size=9)
    sheet.rule(36, width=1.5)
    sheet.text(20, 47, words["invoice"], size=18)
    x = 20.0
    for label, value in _heads(facts):
        sheet.text(x, 57, label, size=8)
        sheet.text(x, 62, value, bold=True, size=9)
        x += 44
    sheet.lines(20, 74, [words["to"], *BUYERS[supplier.language]])
    y = _table(sheet, facts, 105, rules=True)
    sheet.rule(y, left=115)
    y = _totals(sheet, facts, y + 7, left=115)
    sheet.rule(y - 3, left=115, width=1.5)
    sheet.lines(20, y + 10, [words["thanks"], f"{words['bank']}: {_spaced(facts.iban)}"], size=9)


def _form(sheet: Sheet, facts: InvoiceFacts) -> None:
    supplier, words = facts.supplier, WORDS[facts.supplier.language]
    sheet.text(105, 22, words["invoice"], size=15, bold=True, align="centre")
    sheet.text(105, 29, f"{words['date']}: {day_printed(facts.day, 'vi')}", align="centre")
    sheet.text(190, 36, f"{words['number']}: {facts.number}", align="right")
    seller = [f"Đơn vị bán hàng: {supplier.name}", f"{words['tax']}: {facts.tax_number}"]
    y = sheet.lines(20, 45, [*seller, f"Địa chỉ: {supplier.street}, {supplier.town}"], step=6)
    sheet.rule(y - 2)
    buyer, street, town = BUYERS["vi"]
    y = sheet.lines(20, y + 4, [f"{words['to']}: {buyer}", f"Địa chỉ: {street}, {town}"], step=6)
    extra = [f"{label}: {value}" for label, value in _heads(facts)[2:]]
    y = sheet.lines(20, y, [*extra, "Hình thức thanh toán: chuyển khoản"], step=6)
    y = _totals(sheet, facts, _table(sheet, facts, y + 6, rules=True) + 3, left=105)
    sheet.text(50, y + 15, "Người mua hàng", align="centre")
    sheet.text(160, y + 15, "Người bán hàng", align="centre")
    sheet.text(20, y + 45, words["thanks"], size=9)


def _boxed(sheet: Sheet, facts: InvoiceFacts) -> None:
    supplier, words = facts.supplier, WORDS[facts.supplier.language]
    sheet.box(15, 14, 180, 32)
    sheet.text(20, 23, supplier.name, size=14, bold=True)
    sheet.lines(20, 30, [f"Địa chỉ: {supplier.street}, {supplier.town}", f"{words['tax']}: {facts.tax_number}"], size=9)
    sheet.text(105, 58, words["invoice"], size=15, bold=True, align="centre")
    y = 70.0
    for label, value in _heads(facts):
        sheet.text(20, y, f"{label}:")
        sheet.text(60, y, value, bold=True)
        y += 6
    buyer, street, town = BUYERS["vi"]
    y = sheet.lines(20, y + 3, [f"{words['to']}: {buyer}", f"Địa chỉ: {street}, {town}"], step=6)
    y = _table(sheet, facts, y + 8, rules=True)
    sheet.box(100, y - 2, 92, 24)
    y = _totals(sheet, facts, y + 4, left=104, right=189)
    sheet.text(20, y + 12, words["thanks"], size=9)


_LAYOUTS: dict[str, Callable[[Sheet, InvoiceFacts], None]] = {
    "classic": _classic,
    "plain": _plain,
    "letter": _letter,
    "ruled": _ruled,
    "form": _form,
    "boxed": _boxed,
}


def draw_letter(paragraphs: Sequence[str], path: Path) -> None:
    """Write a letter: sender, addressee, date, subject, text, each a paragraph of its own."""
    sheet = Sheet(path, paragraphs[0], "Serif")
    y = 30.0
    for paragraph in paragraphs:
        for line in _wrapped(paragraph, 92):
            sheet.text(22, y, line, size=11)
            y += 6
        y += 4
    sheet.save()


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _spaced(number: str) -> str:
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))
