"""Papers as pictures: receipts, identity cards and scanned invoices, with the noise of phones and scanners."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from cli.demo.paper_facts import RATES, SHOPS, WARES, Row, canonical, day_printed, printed, tax_number
from cli.demo.paper_pdf import fonts
from cli.demo.people import Person

_RECEIPT = {
    "en": ("RECEIPT", "Date", "Till", "VAT No", "Total", "Cash", "Change", "VAT {} % included", "Thank you"),
    "de": (
        *("KASSENBON", "Datum", "Kasse", "USt-IdNr", "Summe", "Bar gegeben", "Rückgeld", "enthaltene MwSt {} %"),
        "Vielen Dank für Ihren Einkauf",
    ),
    "vi": (
        *("PHIẾU TÍNH TIỀN", "Ngày", "Thu ngân", "MST", "Tổng cộng", "Khách đưa", "Tiền thừa", "đã gồm VAT {} %"),
        "Cảm ơn quý khách, hẹn gặp lại",
    ),
}
_PROVINCES = {"001": "Hà Nội", "031": "Hải Phòng", "048": "Đà Nẵng", "046": "Huế"}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A clean picture and what stands on it, in canonical form."""

    image: Image.Image
    truth: dict[str, str]


def receipt(language: str, today: date, random: Random) -> Drawn:
    """Draw a till receipt."""
    title, day_word, till, tax_word, total_word, cash_word, change_word, included, thanks = _RECEIPT[language]
    shop, address = random.choice(SHOPS[language])
    own = tax_number(language, Random(f"shop {shop}"))
    day = today - timedelta(days=random.randrange(8, 60))
    unit = 1_000 if language == "vi" else 5
    rows = [
        Row(goods=goods, count=random.randrange(1, 4), price=random.randrange(12, 240) * unit)
        for goods in random.sample(WARES[language], random.randrange(2, 6))
    ]
    total = sum(row.total for row in rows)
    note = 500_000 if language == "vi" else 5_000
    paid = (total // note + 1) * note
    with_address = random.random() < 0.6
    lines: list[tuple[str, str]] = [(shop, "")]
    lines += [(part.strip(), "") for part in address.split(",", 1)] if with_address else []
    lines += [(f"{tax_word}: {own}", ""), (title, ""), ("-", "")]
    lines += [(f"{day_word}: {day_printed(day, language)}", f"{random.randrange(8, 21)}:{random.randrange(10, 60)}")]
    lines += [(f"{till} {random.randrange(1, 9)}", ""), ("-", "")]
    lines += [(f"{row.count} x {row.goods}", printed(row.total, language)) for row in rows]
    lines += [("-", ""), (total_word, printed(total, language, symbol=True))]
    lines += [(cash_word, printed(paid, language)), (change_word, printed(paid - total, language)), ("-", "")]
    lines += [(included.format(RATES[language]), ""), (thanks, "")]
    truth = {"company": shop, "date": day.isoformat(), "total": canonical(total, language), "tax_number": own}
    if with_address:
        truth["address"] = address
    return Drawn(image=_strip(lines, bold={shop, total_word}), truth=truth)


def _strip(lines: Sequence[tuple[str, str]], bold: set[str]) -> Image.Image:
    """Draw lines of (left, right) on a strip of paper; a line without right half is centred unless it is long."""
    width, step = 620, 42
    image = Image.new("L", (width, step * len(lines) + 90), 250)
    pen = ImageDraw.Draw(image)
    for place, (left, right) in enumerate(lines):
        top = 40 + place * step
        if left == "-":
            pen.line((30, top + step // 2, width - 30, top + step // 2), fill=60, width=2)
            continue
        name = "Sans-Bold" if left in bold else "Sans"
        face = ImageFont.truetype(str(fonts()[name]), 30 if place == 0 else 26)
        if right:
            pen.text((34, top), left, fill=25, font=face)
            pen.text((width - 34 - pen.textlength(right, font=face), top), right, fill=25, font=face)
        else:
            pen.text(((width - pen.textlength(left, font=face)) / 2, top), left, fill=25, font=face)
    return image


def identity_card(person: Person, today: date, random: Random) -> Drawn:
    """Draw a specimen in the manner of a Vietnamese citizen's card: a made-up person, a number built by the rules."""
    province, home = random.choice(tuple(_PROVINCES.items()))
    female = " Thị " in person.name
    born = date(random.randrange(1965, 2005), random.randrange(1, 13), random.randrange(1, 28))
    sign = (1 if female else 0) + (2 if born.year >= 2000 else 0)
    number = f"{province}{sign}{born.year % 100:02d}{random.randrange(10**6):06d}"
    expires = date(today.year + random.randrange(3, 12), born.month, born.day)
    address = f"{random.randrange(2, 90)} Trần Phú, {home}"
    image = Image.new("L", (1000, 640), 238)
    pen = ImageDraw.Draw(image)
    pen.rectangle((8, 8, 992, 632), outline=90, width=3)
    pen.rectangle((40, 190, 250, 460), outline=120, width=2)
    pen.text((70, 300), "MẪU", fill=150, font=ImageFont.truetype(str(fonts()["Sans-Bold"]), 60))
    rows = (
        (250, 30, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Sans-Bold", 28),
        (330, 80, "CĂN CƯỚC CÔNG DÂN", "Sans-Bold", 38),
        (330, 130, "Citizen Identity Card", "Sans", 24),
        (290, 190, f"Số / No.: {number}", "Sans-Bold", 34),
        (290, 250, "Họ và tên / Full name:", "Sans", 24),
        (290, 284, person.name.upper(), "Sans-Bold", 32),
        (290, 340, f"Ngày sinh / Date of birth: {born:%d/%m/%Y}", "Sans", 28),
        (290, 390, f"Giới tính / Sex: {'Nữ' if female else 'Nam'}   Quốc tịch / Nationality: Việt Nam", "Sans", 28),
        (290, 440, f"Nơi thường trú / Place of residence: {address}", "Sans", 26),
        (40, 560, f"Có giá trị đến / Date of expiry: {expires:%d/%m/%Y}", "Sans", 26),
    )
    for x, y, text, name, size in rows:
        pen.text((x, y), text, fill=30, font=ImageFont.truetype(str(fonts()[name]), size))
    truth = {
        "identity_number": number,
        "full_name": person.name.upper(),
        "birth_date": born.isoformat(),
        "sex": "Nữ" if female else "Nam",
        "nationality": "Việt Nam",
        "address": address,
        "expiry_date": expires.isoformat(),
    }
    return Drawn(image=image, truth=truth)


def page_of(pdf: Path) -> Image.Image:
    """Return the first page of a PDF as a scanner sees it: 170 dots an inch, grey."""
    document = pdfium.PdfDocument(pdf)
    try:
        image: Image.Image = document[0].render(scale=170 / 72).to_pil().convert("L")
    finally:
        document.close()
    return image


def scanned(image: Image.Image, random: Random, *, phone: bool) -> Image.Image:
    """Return the picture as it comes in: turned, uneven light, noise, blur; a phone is worse than a scanner."""
    turn = random.uniform(-2.2, 2.2) if phone else random.uniform(-0.7, 0.7)
    image = image.rotate(turn, expand=True, fillcolor=225, resample=Image.Resampling.BICUBIC)
    noise = np.random.default_rng(random.randrange(2**32))
    pixels = np.asarray(image, np.float32)
    if phone:
        shade = np.linspace(random.uniform(0.78, 0.9), 1.0, pixels.shape[1], dtype=np.float32)
        pixels = pixels * shade[None, :]
    pixels = pixels + noise.normal(0, 7 if phone else 4, pixels.shape).astype(np.float32)
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(random.uniform(0.5, 0.9) if phone else 0.4))
