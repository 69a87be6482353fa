"""Generated documents with known contents: invoices and letters as text PDFs in three languages, and their scans.

Companies, people and goods are invented. Fonts come from wheels that hold all Vietnamese letters.
"""

import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

Grey = np.ndarray[Any, Any]  # height x width (x 3 in colour), 8 bits

FONTS = (
    *(f"SourceSansPro-{style}" for style in ("Regular", "Light", "Semibold", "It", "Bold")),
    *(f"SourceSerifPro-{style}" for style in ("Regular", "Light", "Semibold", "Black", "Bold")),
)  # those of the wheels that have all Vietnamese letters; Source Serif's italics lack some
LANGUAGES = ("en", "de", "vi")
SELLERS = {
    "en": (
        ("Harbour Lamps Ltd", "14 Tanner Street, London SE1 3LD"),
        ("Northgate Textiles Ltd", "3 Mill Lane, Leeds LS1 4AP"),
    ),
    "de": (
        ("Nordlicht Handels GmbH", "Lindenstraße 12, 10969 Berlin"),
        ("Möbelwerk Süd GmbH", "Marktplatz 3, 80331 München"),
    ),
    "vi": (
        ("Công ty TNHH Gốm Bát Tràng Xanh", "Số 18 phố Hàng Bài, Hoàn Kiếm, Hà Nội"),
        ("Công ty CP Điện máy Sao Mai", "25 đường Lê Lợi, Quận 1, TP. Hồ Chí Minh"),
    ),
}
GOODS = {
    "en": ("Desk lamp Aurora", "Cotton blanket, grey", "Kettle 1.7 l", "Bluetooth speaker", "Bamboo shelf"),
    "de": ("Schreibtischlampe", "Baumwolldecke, grau", "Wasserkocher 1,7 l", "Lautsprecher", "Bambusregal"),
    "vi": ("Đèn bàn Aurora", "Chăn bông màu xám", "Ấm siêu tốc 1,7 lít", "Loa bluetooth", "Kệ tre ba tầng"),
}
WORDS = {
    "en": (
        *("INVOICE", "Invoice number:", "Invoice date:", "Due date:", "Description", "Qty", "Unit price", "Amount"),
        *("Subtotal", "VAT 20 %", "Total amount due", "Please pay by bank transfer.", "Page"),
    ),
    "de": (
        *("RECHNUNG", "Rechnungsnummer:", "Rechnungsdatum:", "Fällig am:", "Bezeichnung", "Menge", "Einzelpreis"),
        *("Betrag", "Nettobetrag", "MwSt. 19 %", "Gesamtbetrag", "Bitte überweisen Sie den Betrag.", "Seite"),
    ),
    "vi": (
        *("HÓA ĐƠN", "Số hóa đơn:", "Ngày lập:", "Hạn thanh toán:", "Tên hàng hóa", "SL", "Đơn giá", "Thành tiền"),
        *("Cộng tiền hàng", "Thuế GTGT 10 %", "Tổng cộng tiền thanh toán", "Quý khách vui lòng chuyển khoản.", "Trang"),
    ),
}
RATES = {"en": 20, "de": 19, "vi": 10}
LETTERS = {
    "en": "Dear team, I bought a lamp in your London shop and it stopped working after two days. Please tell me how I "
    "can send it back and when I will have my money. I have kept the receipt and the box.",
    "de": "Sehr geehrte Damen und Herren, ich habe in Ihrem Geschäft in Berlin eine Lampe gekauft, die nach zwei Tagen "
    "nicht mehr leuchtet. Bitte teilen Sie mir mit, wie ich sie zurückgeben kann und wann ich mein Geld erhalte.",
    "vi": "Kính gửi quý công ty, tôi đã mua một chiếc đèn bàn tại cửa hàng ở Hà Nội nhưng sau hai ngày đèn không sáng "
    "nữa. Xin cho biết cách đổi trả hàng và khi nào tôi được hoàn tiền. Tôi vẫn giữ hóa đơn và hộp đựng.",
}
CLOSINGS = {"en": "Kind regards", "de": "Mit freundlichen Grüßen", "vi": "Trân trọng"}


@dataclass(frozen=True)
class Made:
    """A generated file and the true values of its fields (none for letters)."""

    filename: str
    data: bytes
    truth: dict[str, str]
    pages: int
    text: str = ""


@lru_cache(maxsize=16)
def register(font: str) -> str:
    """Make a font of the wheels known to reportlab; returns its name."""
    pdfmetrics.registerFont(TTFont(font, str(font_file(font))))
    return font


def font_file(font: str) -> Path:
    """Return the file of a font of the two font wheels."""
    package = "font_source_sans_pro" if "Sans" in font else "font_source_serif_pro"
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(package)
    return Path(spec.submodule_search_locations[0]) / "files" / f"{font}.ttf"


def money(value: int, language: str) -> str:
    """Print a sum given in cents (in dong for Vietnamese) the way the language does."""
    if language == "vi":
        return f"{value:,}".replace(",", ".") + " đ"
    whole = f"{value / 100:,.2f}"
    return whole.replace(",", "_").replace(".", ",").replace("_", ".") + " €" if language == "de" else f"£{whole}"


def day(value: date, language: str) -> str:
    """Print a date the way the language does."""
    if language == "en":
        return f"{value.day} {value:%B %Y}"
    return f"{value:%d.%m.%Y}" if language == "de" else f"{value:%d/%m/%Y}"


def invoice(number: int, language: str, pages: int = 1, font: str = "") -> Made:
    """Make an invoice of so many pages."""
    random_ = random.Random(f"invoice {number} {language}")
    face = register(font or FONTS[number % len(FONTS)])
    words = WORDS[language]
    name, address = random_.choice(SELLERS[language])
    issued = date(2026, 1, 1) + timedelta(days=random_.randrange(300))
    label = f"{random_.choice(('RE', 'INV', 'HD'))}-2026-{number:05d}"
    rows = _rows(random_, language, 12 * pages)
    net = sum(amount for _, _, _, amount in rows)
    vat = round(net * RATES[language] / 100)
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    printed: list[str] = []

    def put(left: float, top: float, text: str, size: float = 10, *, right: bool = False) -> None:
        canvas.setFont(face, size)
        (canvas.drawRightString if right else canvas.drawString)(left, A4[1] - top, text)
        printed.append(text)

    for page in range(pages):
        top = 200.0
        put(50, 60, name, 15)
        put(50, 78, address)
        if page == 0:
            put(50, 120, words[0], 18)
            for line, (what, value) in enumerate(
                (
                    (words[1], label),
                    (words[2], day(issued, language)),
                    (words[3], day(issued + timedelta(14), language)),
                )
            ):
                put(340, 110 + 16 * line, what)
                put(470, 110 + 16 * line, value)
        for left, text in zip((50, 300, 400, 545), words[4:8], strict=True):
            put(left, top, text, 9, right=left > 350)
        for what, count, price, amount in rows[page * 12 : page * 12 + 12]:
            top += 20
            put(50, top, what)
            put(300, top, str(count))
            put(400, top, money(price, language), right=True)
            put(545, top, money(amount, language), right=True)
        if page == pages - 1:
            for text, amount in ((words[8], net), (words[9], vat), (words[10], net + vat)):
                top += 24
                put(330, top, text)
                put(545, top, money(amount, language), right=True)
            put(50, top + 40, words[11], 9)
            put(50, 790, f"{name} · IBAN DE89 3704 0044 0532 0130 00", 8)
        put(545, 820, f"{words[12]} {page + 1}", 8, right=True)
        canvas.showPage()
    canvas.save()
    truth = {"invoice_number": label, "invoice_date": issued.isoformat(), "seller_name": name,
             "total": f"{(net + vat) / (1 if language == 'vi' else 100):.2f}"}  # fmt: skip
    return Made(f"{label}.pdf", out.getvalue(), truth, pages, "\n".join(printed))


def _rows(random_: random.Random, language: str, most: int) -> list[tuple[str, int, int, int]]:
    rows = []
    for _ in range(random_.randint(most - 6, most)):
        count = random_.randint(1, 9)
        price = random_.randint(20, 2_000) * 1_000 if language == "vi" else random_.randint(199, 29_999)
        rows.append((random_.choice(GOODS[language]), count, price, count * price))
    return rows


def letter(number: int, language: str, pages: int = 1, font: str = "") -> Made:
    """Make a customer's letter."""
    face = register(font or FONTS[number % len(FONTS)])
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, pageCompression=1)
    printed: list[str] = []
    for page in range(pages):
        top = 80.0
        canvas.setFont(face, 11)
        words = (f"{number}. " if page == 0 else "") + LETTERS[language]
        lines = [*_wrap(" ".join([words] * (2 if pages > 1 else 1)), 85), "", CLOSINGS[language], f"Kh. {number:04d}"]
        for line in lines:
            canvas.drawString(60, A4[1] - top, line)
            printed.append(line)
            top += 18
        canvas.showPage()
    canvas.save()
    return Made(f"letter-{number:05d}.pdf", out.getvalue(), {}, pages, "\n".join(printed))


def _wrap(text: str, width: int) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if len(line) + len(word) > width:
            lines.append(line)
            line = ""
        line = f"{line} {word}".strip()
    return [*lines, line]


def mixed(number: int) -> Made:
    """Return the document of a number: three invoices to one letter, one to three pages, languages in turn."""
    language = LANGUAGES[number % 3]
    pages = (1, 1, 2, 1, 3, 1)[number % 6]
    make: Callable[..., Made] = letter if number % 4 == 3 else invoice
    return make(number, language, pages)


def clean(pdf: bytes, long_side: int = 1600) -> Grey:
    """Return the first page as a clean grey picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]
        grey: Grey = page.render(scale=long_side / max(page.get_size()), grayscale=True).to_numpy().copy()
    finally:
        document.close()
    return grey.reshape(grey.shape[0], grey.shape[1])


def picture(pdf: bytes, number: int, quality: str = "scan", long_side: int = 1600) -> Grey:
    """Return the first page as a scan (a little noise and tilt) or a phone's photo (shadow, blur, perspective)."""
    return degrade(clean(pdf, long_side), number, quality)


def degrade(grey: Grey, number: int, quality: str) -> Grey:
    """Make a clean grey page look scanned or photographed; returns blue-green-red."""
    random_ = np.random.default_rng(number)
    height, width = grey.shape
    angle = random_.uniform(-1.2, 1.2) if quality == "scan" else random_.uniform(-6, 6)
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0 if quality == "scan" else 0.94)
    page: Grey = cv2.warpAffine(grey, turn, (width, height), borderValue=255 if quality == "scan" else 150).astype(
        np.float32
    )
    if quality == "photo":
        inset = random_.uniform(0, 0.04, 8) * width
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        moved = corners + np.array(
            [[inset[0], inset[1]], [-inset[2], inset[3]], [-inset[4], -inset[5]], [inset[6], -inset[7]]]
        )
        matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
        page = cv2.warpPerspective(page, matrix, (width, height), borderValue=120)
        across = np.linspace(random_.uniform(0.55, 0.8), 1, width)[None, :]
        page = cv2.GaussianBlur(page, (0, 0), random_.uniform(0.4, 0.9)) * across
    page += random_.normal(0, 4 if quality == "scan" else 8, page.shape)
    return cv2.cvtColor(np.clip(page, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def jpeg(image: Grey, quality: int = 85) -> bytes:
    """Encode a picture."""
    return bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
