"""What stands on the demo's papers: suppliers, shops, people, sums. All made up, with check digits that are right."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from stdnum import iban
from stdnum.de import vat as german
from stdnum.exceptions import ValidationError
from stdnum.gb import vat as british
from stdnum.vn import mst as vietnamese

RATES = {"en": 20, "de": 19, "vi": 10}
CURRENCIES = {"en": "GBP", "de": "EUR", "vi": "VND"}
_MINOR = {"en": 2, "de": 2, "vi": 0}


@dataclass(frozen=True)
class Supplier:
    """A company that sends invoices: its layout is its own."""

    name: str
    language: str
    street: str
    town: str
    layout: str
    prefix: str
    goods: tuple[str, ...]


SUPPLIERS = (
    Supplier(
        "Oakhurst Timber Ltd", "en", "14 Sawmill Lane", "Hereford HR4 9QX", "classic", "OT-",
        ("Oak boards, planed", "Beech legs, set of 4", "Linseed oil, 5 l", "Shelf brackets, brass"),
    ),
    Supplier(
        "Bluefell Ceramics Ltd", "en", "Unit 3, Kiln Yard", "Stoke-on-Trent ST4 2DN", "plain", "INV",
        ("Dinner plates, stoneware", "Espresso cups, set of 6", "Serving bowls, glazed", "Vases, matt white"),
    ),
    Supplier(
        "Spreewerk Leuchten GmbH", "de", "Gewerbehof 7", "12459 Berlin", "letter", "RE-",
        ("Stehlampe Lumo, Messing", "LED-Leuchtmittel E27", "Lampenschirme, Leinen", "Textilkabel, 50 m"),
    ),
    Supplier(
        "Hanse Textil Kontor GmbH", "de", "Am Speicher 21", "20457 Hamburg", "ruled", "",
        ("Bettbezüge, Leinen", "Kissenhüllen, Baumwolle", "Vorhangstoff, 30 m", "Badetücher, Frottier"),
    ),
    Supplier(
        "Công ty TNHH Gốm Bát Hà", "vi", "Số 12 xóm 5, xã Bát Hà", "Hà Nội", "form", "GBH",
        ("Bát ăn cơm men lam", "Đĩa tròn 25 cm", "Bình hoa men rạn", "Bộ ấm chén"),
    ),
    Supplier(
        "Công ty Cổ phần Gỗ Trường Xuân", "vi", "Lô C4, khu công nghiệp Phú Mỹ", "Bình Dương", "boxed", "TX/",
        ("Kệ gỗ sồi 5 tầng", "Bàn ăn gỗ keo", "Ghế băng ngoài trời", "Dầu lau gỗ 1 lít"),
    ),
)  # fmt: skip
BUYERS = {
    "en": ("Sao La Living UK Ltd", "9 Larkfield Yard", "London N1"),
    "de": ("Sao La Living GmbH", "Lindenhofallee 42", "10409 Berlin"),
    "vi": ("Công ty TNHH Sao La Living", "18 Phố Lụa", "Hà Nội"),
}
SHOPS = {
    "en": (
        ("Marlow & Finch Stationers", "27 Castle Street, Norwich NR2 1PD"),
        ("The Copper Kettle Café", "5 Quay Walk, Bristol BS1 4RT"),
        ("Greenway Hardware Ltd", "112 Mill Road, Leeds LS6 3AB"),
    ),
    "de": (
        ("Bäckerei Holzapfel", "Marktplatz 4, 14467 Potsdam"),
        ("Farben Rosenthal GmbH", "Ringstraße 88, 04109 Leipzig"),
        ("Wiesengrund Biomarkt", "Kirchweg 15, 50677 Köln"),
    ),
    "vi": (
        ("Nhà sách Lá Phong", "45 Phố Huế, Hai Bà Trưng, Hà Nội"),
        ("Quán cà phê Hiên Nhà", "8 Ngõ Trạm, Hoàn Kiếm, Hà Nội"),
        ("Cửa hàng Điện nước An Bình", "210 Nguyễn Văn Cừ, Long Biên, Hà Nội"),
    ),
}
WARES = {
    "en": ("Paper A4", "Pencils", "Tape", "Coffee", "Screws 4x40", "Paint roller", "Tea", "Envelopes"),
    "de": ("Brot", "Kaffee", "Wandfarbe", "Pinsel", "Apfelsaft", "Papier", "Schrauben", "Kreide"),
    "vi": ("Giấy A4", "Bút bi", "Cà phê sữa", "Băng dính", "Ổ cắm điện", "Bóng đèn", "Sổ tay", "Trà đào"),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of goods: amounts in the smallest unit of the currency."""

    goods: str
    count: int
    price: int

    @property
    def total(self) -> int:
        """Count times price."""
        return self.count * self.price

    def truth(self, language: str) -> dict[str, str]:
        """What a reader must find of the row, as columns are normalised."""
        return {
            "description": self.goods,
            "quantity": str(self.count),
            "price": canonical(self.price, language),
            "amount": canonical(self.total, language),
        }


@dataclass(frozen=True, kw_only=True)
class InvoiceFacts:
    """An invoice before it is drawn."""

    supplier: Supplier
    number: str
    day: date
    due: date
    order: str
    tax_number: str
    iban: str
    rows: tuple[Row, ...]
    net: int = field(init=False)
    vat: int = field(init=False)
    total: int = field(init=False)

    def __post_init__(self) -> None:
        net = sum(row.total for row in self.rows)
        vat = round(net * RATES[self.supplier.language] / 100)
        for name, value in (("net", net), ("vat", vat), ("total", net + vat)):
            object.__setattr__(self, name, value)

    def truth(self) -> dict[str, str]:
        """What a reader must find, in canonical form; only what is printed."""
        language = self.supplier.language
        found = {
            "invoice_number": self.number,
            "invoice_date": self.day.isoformat(),
            "due_date": self.due.isoformat(),
            "seller_name": self.supplier.name,
            "seller_tax_number": self.tax_number,
            "net": canonical(self.net, language),
            "vat": canonical(self.vat, language),
            "total": canonical(self.total, language),
            "lines": json.dumps([row.truth(language) for row in self.rows], ensure_ascii=False),
        }
        if self.iban:
            found["iban"] = self.iban
        if self.order:
            found["order_number"] = self.order
        return found


def invoice(supplier: Supplier, number: int, today: date, random: Random) -> InvoiceFacts:
    """Draw an invoice of a supplier; the tax number and bank account are the supplier's own, whatever is drawn."""
    own = Random(f"supplier {supplier.name}")
    day = today - timedelta(days=random.randrange(8, 90))
    unit = 5_000 if supplier.language == "vi" else 5
    rows = tuple(
        Row(goods=goods, count=random.randrange(1, 25), price=random.randrange(40, 900) * unit)
        for goods in random.sample(supplier.goods, random.randrange(1, len(supplier.goods) + 1))
    )
    return InvoiceFacts(
        supplier=supplier,
        number=f"{supplier.prefix}{day.year}-{1000 + number * 7 + random.randrange(7)}",
        day=day,
        due=day + timedelta(days=random.choice((14, 30))),
        order=f"PO-{random.randrange(10_000, 99_999)}" if random.random() < 0.5 else "",
        tax_number=tax_number(supplier.language, own),
        iban="" if supplier.language == "vi" else bank_account(supplier.language, own),
        rows=rows,
    )


def tax_number(language: str, random: Random) -> str:
    """Return a made-up tax number whose check digits are right, in compact form."""
    while True:
        if language == "vi":
            number, check = f"01{random.randrange(10**8):08d}", vietnamese.validate
        elif language == "de":
            number, check = f"DE{random.randrange(10**8, 10**9)}", german.validate
        else:
            number, check = f"GB{random.randrange(10**8, 10**9)}", british.validate
        try:
            check(number)
        except ValidationError:
            continue
        return number


def bank_account(language: str, random: Random) -> str:
    """Return a made-up IBAN with right check digits, of a bank that does not exist."""
    body = f"99{random.randrange(10**16):016d}" if language == "de" else f"ZZZZ{random.randrange(10**14):014d}"
    country = "DE" if language == "de" else "GB"
    return f"{country}{iban.calc_check_digits(f'{country}00{body}')}{body}"


def canonical(amount: int, language: str) -> str:
    """Return an amount as documents' fields are normalised: `1234.50 EUR`, `560000 VND`."""
    places = _MINOR[language]
    number = f"{amount / 100:.2f}" if places else str(amount)
    return f"{number} {CURRENCIES[language]}"


def printed(amount: int, language: str, *, symbol: bool = False) -> str:
    """Return an amount as it is printed in that country: `1.234,50 €`, `£1,234.50`, `560.000 đ`."""
    if language == "en":
        return f"{'£' if symbol else ''}{amount / 100:,.2f}"
    if language == "vi":
        return f"{amount:,}".replace(",", ".") + (" đ" if symbol else "")
    text = f"{amount / 100:,.2f}".translate(str.maketrans(",.", ".,"))
    return f"{text} €" if symbol else text


def day_printed(day: date, language: str) -> str:
    """Return a date as it is printed in that country."""
    months = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
    if language == "en":
        return f"{day.day} {(*months, 'October', 'November', 'December')[day.month - 1]} {day.year}"
    return f"{day:%d.%m.%Y}" if language == "de" else f"{day:%d/%m/%Y}"
