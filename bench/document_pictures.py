"""Generated pictures with known text: shop receipts in three languages and Vietnamese identity cards with their QR."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from bench.document_files import FONTS, Grey, font_file

FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương")
MIDDLE = ("Văn", "Thị", "Đức", "Ngọc", "Minh", "Quốc", "Hữu", "Thùy", "Kim", "Bảo")
GIVEN = (
    "An",
    "Bình",
    "Cường",
    "Dũng",
    "Hạnh",
    "Hương",
    "Khánh",
    "Lan",
    "Mỹ",
    "Nghĩa",
    "Phượng",
    "Quỳnh",
    "Tuấn",
    "Yến",
)
PLACES = (
    "Hoàn Kiếm, Hà Nội",
    "Ninh Kiều, Cần Thơ",
    "Hải Châu, Đà Nẵng",
    "Lê Chân, Hải Phòng",
    "Thủ Đức, TP. Hồ Chí Minh",
)
STREETS = (
    "phố Hàng Bài",
    "đường Lê Lợi",
    "ngõ Thổ Quan",
    "đường Nguyễn Huệ",
    "phố Trần Hưng Đạo",
    "đường Điện Biên Phủ",
)
SHOPS = {
    "vi": ("CỬA HÀNG SAO LA LIVING", "Số 18 phố Hàng Bài, Hoàn Kiếm, Hà Nội", "MST: 0100109106"),
    "de": ("SAO LA LIVING GMBH", "Torstraße 5, 10119 Berlin", "USt-IdNr. DE136695976"),
    "en": ("SAO LA LIVING LTD", "12 Brick Lane, London E1 6RF", "VAT No GB 980 7806 84"),
}
GOODS = {
    "vi": ("Đèn bàn", "Ấm siêu tốc", "Kệ tre", "Loa bluetooth", "Chăn bông", "Bát sứ", "Nồi cơm điện"),
    "de": ("Tischlampe", "Wasserkocher", "Bambusregal", "Lautsprecher", "Wolldecke", "Schüssel", "Reiskocher"),
    "en": ("Table lamp", "Kettle", "Bamboo shelf", "Speaker", "Blanket", "Bowl", "Rice cooker"),
}
WORDS = {
    "vi": ("HÓA ĐƠN BÁN LẺ", "Ngày:", "Thu ngân:", "Tổng cộng:", "Tiền mặt:", "Tiền thừa:", "Cảm ơn quý khách!"),
    "de": ("KASSENBON", "Datum:", "Kasse:", "Summe EUR", "Bar gegeben", "Rückgeld", "Vielen Dank für Ihren Einkauf!"),
    "en": ("RECEIPT", "Date:", "Cashier:", "TOTAL", "Cash", "Change", "Thank you for shopping!"),
}


@dataclass(frozen=True)
class Picture:
    """A clean grey picture, the lines printed on it, the true values of its fields, and what its QR code says."""

    grey: Grey
    lines: tuple[str, ...]
    truth: dict[str, str]
    code: str = ""


def receipt(number: int, language: str = "vi", font: str = "") -> Picture:
    """Draw a shop receipt."""
    random_ = random.Random(f"receipt {number} {language}")
    shop, words = SHOPS[language], WORDS[language]
    day = date(2026, 1, 1) + timedelta(days=random_.randrange(300))
    step = 1_000 if language == "vi" else 1
    rows = []
    for _ in range(random_.randint(2, 7)):
        price = random_.randint(15, 900) * step if language == "vi" else random_.randint(199, 9_999)
        rows.append((random_.choice(GOODS[language]), price))
    total = sum(price for _, price in rows)
    given = -(-total // (50_000 if language == "vi" else 1_000)) * (50_000 if language == "vi" else 1_000)
    printed_day = f"{day:%d/%m/%Y}" if language != "de" else f"{day:%d.%m.%Y}"
    body: list[tuple[str, str]] = [(shop[0], ""), (shop[1], ""), (shop[2], ""), (words[0], "")]
    body += [(f"{words[1]} {printed_day} {random_.randint(8, 20):02d}:{random_.randint(0, 59):02d}", "")]
    body += [(f"{words[2]} {random_.choice(GIVEN)}", "")]
    body += [(what, _sum(price, language)) for what, price in rows]
    body += [(words[3], _sum(total, language)), (words[4], _sum(given, language))]
    body += [(words[5], _sum(given - total, language)), (words[6], "")]
    face = ImageFont.truetype(str(font_file(font or _font(number))), 26)
    width, step_down = 620, 44
    image = Image.new("L", (width, 60 + step_down * len(body)), 255)
    pen = ImageDraw.Draw(image)
    for place, (left, right) in enumerate(body):
        top = 30 + step_down * place
        if right:
            pen.text((40, top), left, fill=20, font=face)
            pen.text((width - 40 - pen.textlength(right, font=face), top), right, fill=20, font=face)
        else:
            pen.text(((width - pen.textlength(left, font=face)) / 2, top), left, fill=20, font=face)
    printed = tuple(f"{left} {right}".strip() for left, right in body)
    money = f"{total:.2f}" if language == "vi" else f"{total / 100:.2f}"
    truth = {"company": shop[0], "address": shop[1], "date": day.isoformat(), "total": money}
    return Picture(np.asarray(image).copy(), printed, truth)


def _sum(value: int, language: str) -> str:
    if language == "vi":
        return f"{value:,}".replace(",", ".")
    return f"{value / 100:.2f}".replace(".", ",") if language == "de" else f"{value / 100:.2f}"


def _font(number: int) -> str:
    return FONTS[number % len(FONTS)]


def identity_card(number: int, font: str = "") -> Picture:
    """Draw the front of a Vietnamese identity card; names and numbers are invented."""
    random_ = random.Random(f"card {number}")
    born = date(1960, 1, 1) + timedelta(days=random_.randrange(16_000))
    woman = random_.random() < 0.5
    person = f"{random_.choice(FAMILY)} {'Thị' if woman else random_.choice(MIDDLE)} {random_.choice(GIVEN)}".upper()
    card = f"{random_.randint(1, 96):03d}{int(woman) + (2 if born.year >= 2000 else 0)}{born.year % 100:02d}"
    card += f"{random_.randrange(10**6):06d}"
    home = f"Số {random_.randint(1, 200)} {random_.choice(STREETS)}, {random_.choice(PLACES)}"
    until, issued = born.replace(year=born.year + 60, day=1), date(2021, 8, 20)
    sex = "Nữ" if woman else "Nam"
    code = f"{card}|{random_.randrange(10**8):09d}|{person.title()}|{born:%d%m%Y}|{sex}|{home}|{issued:%d%m%Y}"
    lines = (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "Độc lập - Tự do - Hạnh phúc",
        "CĂN CƯỚC CÔNG DÂN",
        f"Số / No.: {card}",
        f"Họ và tên / Full name: {person}",
        f"Ngày sinh / Date of birth: {born:%d/%m/%Y}",
        f"Giới tính / Sex: {sex}   Quốc tịch / Nationality: Việt Nam",
        f"Nơi thường trú / Place of residence: {home}",
        f"Có giá trị đến / Date of expiry: {until:%d/%m/%Y}",
    )
    image = Image.new("L", (1180, 740), 246)
    pen = ImageDraw.Draw(image)
    face = ImageFont.truetype(str(font_file(font or _font(number))), 28)
    for place, line in enumerate(lines):
        pen.text((250 if place < 3 else 60, 40 + 70 * place), line, fill=30, font=face)
    drawn = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_image(scale=4)
    image.paste(Image.fromarray(np.asarray(drawn)).convert("L").resize((230, 230)), (920, 20))
    truth = {"identity_number": card, "full_name": person.title(), "birth_date": born.isoformat(), "address": home}
    return Picture(np.asarray(image).copy(), lines, truth, code)
