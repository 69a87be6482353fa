"""The details that a message names: products, dates, amounts, towns, people. All made up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from cli.demo.grammar import Slots

SHOPS = {"vi": "Hà Nội", "de": "Berlin", "en": "London"}
TOWNS = {
    "vi": ("Đà Nẵng", "Hải Phòng", "Huế", "Cần Thơ", "Nha Trang", "Vinh", "Nam Định", "Biên Hoà", "Đà Lạt", "Cầu Giấy"),
    "en": ("Leeds", "Bristol", "Cardiff", "York", "Norwich", "Glasgow", "Exeter", "Brighton", "Camden", "Bath"),
    "de": ("Potsdam", "Leipzig", "Hamburg", "Köln", "Dresden", "Kiel", "Ulm", "Bremen", "Spandau", "Kassel"),
}
STREETS = {
    "vi": ("{} ngõ 25 phố Vọng", "{} Nguyễn Trãi", "{} đường Láng", "căn {} toà B2", "{} Trần Phú"),
    "en": ("{} Linden Grove", "{} Mill Lane", "flat {}, Harbour Court", "{} Rowan Road", "{} Station Parade"),
    "de": ("Ahornweg {}", "Mühlenstraße {}", "Am Anger {}", "Lärchenallee {}", "Gartenstraße {}"),
}
DAYS = {
    "vi": ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
CODES = ("HELLO15", "HERBST10", "TET25", "SAOLA20", "WOHNEN5", "NHADEP50", "SUN12", "THANKYOU8")
COMPANIES = {
    "vi": ("Tâm Mộc Studio", "Bếp Nhà Sáu", "Nắng Hạ Homestay", "Xưởng Gỗ Lá Bàng"),
    "en": ("Fernhill Studio", "Two Herons Café", "Oatfield & Daughters", "Brightwater Lettings"),
    "de": ("Kranich Architekten", "Café Wiesengrund", "Lüders & Töchter", "Praxis am Anger"),
}


@dataclass(frozen=True)
class Product:
    """A thing the shops sell; `de` begins with the letter of its gender (m, f, n)."""

    en: str
    vi: str
    de: str
    euros: float
    electric: bool = False


PRODUCTS = (
    Product("floor lamp", "đèn cây", "f Stehlampe", 89),
    Product("desk lamp", "đèn bàn", "f Schreibtischlampe", 39),
    Product("wool rug", "thảm len", "m Wollteppich", 149),
    Product("oak shelf", "kệ gỗ sồi", "n Eichenregal", 129),
    Product("bookcase", "tủ sách", "m Bücherschrank", 219),
    Product("dining table", "bàn ăn", "m Esstisch", 399),
    Product("armchair", "ghế bành", "m Sessel", 279),
    Product("sofa", "ghế sofa", "n Sofa", 899),
    Product("duvet cover", "vỏ chăn", "m Bettbezug", 59),
    Product("cushion set", "bộ gối tựa", "n Kissenset", 35),
    Product("curtains set", "bộ rèm cửa", "n Vorhangset", 69),
    Product("cast-iron pan", "chảo gang", "f Gusspfanne", 65),
    Product("knife set", "bộ dao", "n Messerset", 79),
    Product("stock pot", "nồi hầm", "m Suppentopf", 55),
    Product("wall mirror", "gương treo tường", "m Wandspiegel", 95),
    Product("bath mat", "thảm phòng tắm", "f Badematte", 19),
    Product("coffee machine", "máy pha cà phê", "f Kaffeemaschine", 249, True),
    Product("kettle", "ấm siêu tốc", "m Wasserkocher", 45, True),
    Product("vacuum cleaner", "máy hút bụi", "m Staubsauger", 189, True),
    Product("robot vacuum", "robot hút bụi", "m Saugroboter", 329, True),
    Product("blender", "máy xay", "m Mixer", 69, True),
    Product("rice cooker", "nồi cơm điện", "m Reiskocher", 79, True),
    Product("humidifier", "máy tạo ẩm", "m Luftbefeuchter", 59, True),
    Product("speaker", "loa", "m Lautsprecher", 119, True),
    Product("headphones set", "tai nghe", "m Kopfhörer", 99, True),
    Product("fan heater", "máy sưởi", "m Heizlüfter", 55, True),
    Product("air purifier", "máy lọc không khí", "m Luftreiniger", 169, True),
    Product("toaster", "máy nướng bánh mì", "m Toaster", 39, True),
)
_ARTICLES = {
    "der": {"m": "der", "f": "die", "n": "das"},
    "den": {"m": "den", "f": "die", "n": "das"},
    "dem": {"m": "dem", "f": "der", "n": "dem"},
    "einen": {"m": "einen", "f": "eine", "n": "ein"},
}
_VI_I = ("mình",) * 8 + ("em",) * 5 + ("tôi",) * 5 + ("chị", "anh")
_VI_YOU = {"em": ("shop", "anh chị", "ad"), "chị": ("em", "shop"), "anh": ("em", "shop")}
_VI_PLEASE = ("ạ", "ạ", "nhé", "nha", "", "")
_VI_END = ("ạ", "ạ", "vậy", "nhỉ", "shop", "", "", "")


def slots(language: str, at: datetime, random: Random, *, name: str, order: str = "") -> Slots:
    """Return the slots of one message: what it names stays the same throughout."""
    product, device = random.choice(PRODUCTS), random.choice([p for p in PRODUCTS if p.electric])
    if product.electric:
        device = product
    values: dict[str, Callable[[], str] | str] = {
        "order": order or f"SL-4{random.randrange(1000, 9000)}",
        "date": lambda: day_month(at - timedelta(days=random.randrange(2, 30)), language, random),
        "soon": lambda: day_month(at + timedelta(days=random.randrange(3, 40)), language, random),
        "day": random.choice(DAYS[language]),
        "time": _clock(language, random),
        "amount": money(product.euros, language, random),
        "bit": money(max(4, round(product.euros * random.uniform(0.06, 0.2))), language, random),
        "city": SHOPS[language] if random.random() < 0.9 else random.choice(tuple(SHOPS.values())),
        "town": random.choice(TOWNS[language]),
        "street": random.choice(STREETS[language]).format(random.randrange(2, 160)),
        "company": random.choice(COMPANIES[language]),
        "code": random.choice(CODES),
        "repair": f"R-{random.randrange(3000, 9000)}",
        "phone": phone(language, random),
        "n": str(random.randrange(2, 9)),
        "name": name,
        "p": _noun(product, language),
        "e": _noun(device, language),
    }
    if language == "de":
        for article, forms in _ARTICLES.items():
            values[f"{article}_p"] = f"{forms[product.de[0]]} {product.de[2:]}"
            values[f"{article}_e"] = f"{forms[device.de[0]]} {device.de[2:]}"
    if language == "vi":
        pronoun = random.choice(_VI_I)
        values["I"] = pronoun
        values["u"] = random.choice(_VI_YOU.get(pronoun, ("shop", "shop", "ad", "bạn")))
        values["a"] = lambda: random.choice(_VI_END)
        values["x"] = lambda: random.choice(_VI_PLEASE)
    return values


def money(euros: float, language: str, random: Random) -> str:
    """Return a price of about `euros` as customers of that language write it."""
    if language == "vi":
        thousands = round(euros * 27)
        if thousands < 1000:
            return random.choice((f"{thousands}k", f"{thousands}.000đ", f"{thousands} nghìn"))
        return random.choice((f"{thousands / 1000:.1f}tr", f"{thousands // 1000}.{thousands % 1000:03d}.000đ"))
    if language == "de":
        return random.choice((f"{euros:.0f} €", f"{euros - 0.01:.2f} €".replace(".", ","), f"{euros:.0f} Euro"))
    return random.choice((f"£{euros * 0.85:.2f}", f"£{euros * 0.85:.0f}", f"{euros * 0.85:.0f} pounds"))


def phone(language: str, random: Random) -> str:
    """Return a telephone number from a range kept for fiction where there is one (Ofcom, Bundesnetzagentur)."""
    tail = random.randrange(100, 999)
    return {"en": f"07700 900{tail}", "de": f"030 23125 {tail}", "vi": f"0900 000 {tail}"}[language]


def day_month(day: datetime, language: str, random: Random) -> str:
    """Return a day as a customer writes it, without the year."""
    if language == "vi":
        return f"{day.day}/{day.month}"
    if language == "de":
        return random.choice((f"{day.day}. {MONTHS['de'][day.month - 1]}", f"{day.day:02d}.{day.month:02d}."))
    month = MONTHS["en"][day.month - 1]
    return random.choice((f"{day.day} {month}", f"{month} {day.day}", f"{day.day:02d}/{day.month:02d}"))


def _noun(product: Product, language: str) -> str:
    return product.de[2:] if language == "de" else str(getattr(product, language))


def _clock(language: str, random: Random) -> str:
    hour, minute = random.randrange(8, 20), random.choice((0, 15, 30, 45))
    if language == "vi":
        return f"{hour}h{minute:02d}" if minute else f"{hour}h"
    if language == "de":
        return f"{hour}:{minute:02d} Uhr"
    return random.choice((f"{hour}:{minute:02d}", f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}"))
