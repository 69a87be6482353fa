"""Heads of made-up receipts as shops in Malaysia print them: names cut in two, logos, registration numbers, addresses
in every form, branches, stamps and titles around them. Nothing of a real receipt is in here."""

import random
from dataclasses import dataclass

from agents.documents.values import Line, Page, Reading

WORDS = (
    *(
        "MAJU",
        "SINAR",
        "MEGA",
        "PRIMA",
        "INDAH",
        "EVERGREEN",
        "GOLDEN",
        "SUNRISE",
        "LUCKY",
        "STAR",
        "UNITED",
        "PACIFIC",
    ),
    *("ORIENTAL", "CENTRAL", "MODERN", "ROYAL", "GRAND", "SILVER", "DIAMOND", "LOTUS", "BAMBOO", "OCEAN", "EASTERN"),
    *("FORTUNE", "HARMONY", "DELUXE", "HAPPY", "CITY", "FRESH", "SENG", "HUAT", "LEONG", "CHEONG", "HENG", "YONG"),
    *("SOON", "XING", "TONG", "JAYA"),
)
TRADES = (
    *("HARDWARE", "STATIONERY", "BOOK STORE", "MINI MARKET", "RESTAURANT", "CAFE", "BAKERY", "PHARMACY", "ELECTRICAL"),
    *("FURNITURE", "TYRE & BATTERY", "MOTOR", "AUTO PARTS", "OPTICAL", "GIFT & DECO", "TAILORING", "PET SHOP"),
    *("SEAFOOD RESTAURANT", "TEXTILE", "FROZEN FOOD", "SIGNAGE", "PRINTING", "COMPUTER", "TRADING", "KOPITIAM"),
)
MIDDLES = ("TRADING", "MARKETING", "HOLDINGS", "INDUSTRIES", "FOODS", "RETAIL", "SUPPLY", "RESOURCES", "INTERNATIONAL")
BRANCHES = ("", "", "", "", " (M)", " (KL)", " (JB)", " (KUCHAI)", " (SUNGAI LONG)")
FORMS = ("SDN BHD", "SDN BHD", "SDN. BHD.", "SDN.BHD.", "BHD", "S/B")
FRONTS = ("RESTORAN", "KEDAI MAKAN", "PERNIAGAAN", "SYARIKAT PERNIAGAAN", "PASARAYA", "KLINIK", "KEDAI BUKU")
STREETS = (
    "MERBAU",
    "BAYU",
    "SUTERA",
    "PERDANA",
    "KENARI",
    "DATO ONN",
    "TUN RAZAK",
    "BESAR",
    "DELIMA",
    "PJU 5",
    "SS 21",
)
AREAS = (
    *("TAMAN DESA", "TAMAN MOLEK", "BANDAR BARU UDA", "KAW PERINDUSTRIAN TAMPOI", "SECTION 14", "WANGSA LINK"),
    *("OFF JALAN KLANG LAMA", "SETAPAK", "MOUNT AUSTIN", "THE GARDENS MALL", "BATU 9", "UPTOWN 3", "GELANG PATAH"),
)
TOWNS = (
    *(("81100", "JOHOR BAHRU", "JOHOR"), ("81750", "MASAI", "JOHOR"), ("40150", "SHAH ALAM", "SELANGOR")),
    *(("43300", "SERI KEMBANGAN", "SELANGOR"), ("50450", "KUALA LUMPUR", ""), ("75200", "MELAKA", "")),
    *(
        ("14000", "BUKIT MERTAJAM", "PULAU PINANG"),
        ("70200", "SEREMBAN", "NEGERI SEMBILAN"),
        ("31400", "IPOH", "PERAK"),
    ),
)
TITLES = ("TAX INVOICE", "RECEIPT", "INVOICE", "CASH BILL", "SIMPLIFIED TAX INVOICE", "-INVOICE-", "OFFICIAL RECEIPT")
REGISTRATIONS = ("({})", "({})", "{}", "CO. REG : {}", "ROC NO: {}", "Company No: {}", "(Co No. {})", "SSM NO : {}")
NUMBERS = ("NO. {}", "NO {}", "{}", "LOT {}", "LOT PT {}", "UNIT {}", "NO.{}", "NO. {} & {}", "G-{}", "NO : {}")
WIDTH = 900.0


@dataclass(frozen=True)
class Head:
    """A receipt's reading and what is true of it."""

    reading: Reading
    company: str
    address: str


def head(number: int) -> Head:
    """Make the receipt of that number."""
    random_ = random.Random(f"head {number}")
    chance = random_.random
    company, registration = _name(random_), _registration(random_)
    inline = chance() < 0.25
    shown = f"{company} ({registration})" if inline else company
    rows: list[tuple[str, float]] = []
    if chance() < 0.12:
        rows.append((random_.choice(("tan chay yee", "paid", "Ref 3", "@ kk")), 40.0))
    if chance() < 0.1:
        rows.append((random_.choice(("*** COPY ***", "DUPLICATE", "WELCOME", "TAX INVOICE", "Original")), 26.0))
    if chance() < 0.08:
        rows.append((company.split()[0], 60.0))
    height = 26.0 * random_.choice((1.0, 1.0, 1.0, 1.3, 1.6))
    rows += [(text, height) for text in _cut_name(random_, shown, company)]
    if not inline and chance() < 0.7:
        rows.append((random_.choice(REGISTRATIONS).format(registration), 26.0))
    if chance() < 0.06:
        rows.append((random_.choice(("(FORMERLY KNOWN AS SOON LEONG TEXTILE)", "A member of LOTUS group")), 26.0))
    tax = f"GST ID : {random_.randint(10**11, 10**12):012d}"
    if chance() < 0.12:
        rows.append((tax, 26.0))
    address = _address(random_)
    tail = [f"TEL : 0{random_.randint(3, 9)}-{random_.randint(10**6, 10**8)}"] if chance() < 0.7 else []
    tail += [tax] if chance() < 0.5 else []
    tail += [f"BRANCH : {random_.choice(TOWNS)[1]}"] if tail and chance() < 0.1 else []
    tail += [random_.choice(TITLES)] if chance() < 0.7 else []
    tail += [f"Bill No : {random_.randint(10**4, 10**5)}", "Date : 14/03/2018 12:41", "1 LAMP 12.00", "TOTAL 12.00"]
    rows += [(text, 26.0) for text in (*address, *tail)]
    return Head(_print(random_, rows), company, " ".join(address))


def _name(random_: random.Random) -> str:
    base = " ".join(random_.sample(WORDS, random_.choice((1, 2, 2, 2, 3))))
    kind = random_.random()
    if kind < 0.45:
        middle = random_.choice(("", "", random_.choice(MIDDLES), random_.choice(TRADES)))
        return f"{f'{base} {middle}'.strip()}{random_.choice(BRANCHES)} {random_.choice(FORMS)}"
    if kind < 0.65:
        return f"{base} {random_.choice(TRADES)}"
    if kind < 0.75:
        return f"{base} {random_.choice(('TRADING', 'ENTERPRISE', '& CO', 'COMPANY'))}"
    return (
        f"{random_.choice(FRONTS)} {base}"
        if kind < 0.88
        else f"{base} {random_.choice(TRADES)} & {random_.choice(TRADES)}"
    )


def _registration(random_: random.Random) -> str:
    letter, kind = random_.choice("ADHKMVWX"), random_.randrange(4)
    if kind == 0:
        return f"{random_.randint(10**5, 10**6)}-{letter}"
    return (
        f"JM{random_.randint(10**5, 10**6):07d}-{letter}"
        if kind == 1
        else f"{random_.randint(10**6, 2 * 10**6):09d}-{letter}"
    )


def _cut_name(random_: random.Random, shown: str, company: str) -> list[str]:
    words = shown.split(" ")
    if len(company) <= 24 or random_.random() > 0.3:
        return [shown]
    place = random_.randint(2, max(2, len(company.split()) - 1))
    return [" ".join(words[:place]), " ".join(words[place:])]


def _address(random_: random.Random) -> list[str]:
    number = random_.choice(NUMBERS).format(random_.randint(1, 290), random_.randint(1, 290))
    street = f"{random_.choice(('JALAN', 'JALAN', 'JLN', 'LORONG', 'PERSIARAN'))} {random_.choice(STREETS)}"
    street += random_.choice(("", f" {random_.randint(1, 40)}", f" {random_.randint(1, 12)}/{random_.randint(1, 30)}"))
    before = ["GROUND FLOOR"] if random_.random() < 0.1 else []
    parts = [*before, f"{number}, {street}", *random_.sample(AREAS, random_.choice((0, 1, 1, 2)))]
    code, town, state = random_.choice(TOWNS)
    last = f"{code} {town}" + (
        random_.choice((", {}", ", {}.", " {}", ", {}, MALAYSIA")).format(state) if state else ""
    )
    style = random_.random()
    if style < 0.6:
        comma = random_.choice((",", "", ","))
        rows = [part + comma for part in parts] + [last]
    elif style < 0.85:
        rows = _wrapped(", ".join([*parts, last]), random_.choice((24, 30, 36, 42)))
    else:
        rows = [", ".join(parts) + ",", last]
    if random_.random() < 0.1:
        rows.append(f"({random_.choice(AREAS)})")
    return [row.title() for row in rows] if random_.random() < 0.3 else rows


def _wrapped(text: str, width: int) -> list[str]:
    rows = [""]
    for word in text.split(" "):
        if rows[-1] and len(rows[-1]) + 1 + len(word) > width:
            rows.append(word)
        else:
            rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def _print(random_: random.Random, rows: list[tuple[str, float]]) -> Reading:
    lines, top = [], 40.0
    for text, height in rows:
        wide = len(text) * height * 0.55
        left = (WIDTH - wide) / 2
        least = 0.99 if random_.random() < 0.8 else random_.choice((0.75, 0.85, 0.9, 0.95))
        lines.append(Line(text, left, top, left + wide, top + height, 0.98, least))
        top += height * 1.35
    return Reading("image/jpeg", (Page(1, WIDTH, top + 50, tuple(lines), "ocr"),), language="en")
