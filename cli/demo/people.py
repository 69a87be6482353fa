"""The demo company's customers: made-up names and addresses, and those whose orders the order agents can look up."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from cli.demo.noise import umlauts_written_out, without_diacritics

ORDERS = Path(__file__).resolve().parents[2] / "agents" / "library" / "order_change" / "orders.json"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FAMILY = {
    "vi": _words("Nguyễn Trần Lê Phạm Hoàng Phan Vũ Đặng Bùi Đỗ Hồ Ngô Dương Lý Trịnh Mai Tạ Đinh"),
    "en": _words(
        "Ashdown Barlow Carver Dalton Ellwood Fenwick Garland Hartley Ingham Kendrick Lockhart Marsden Norwood Oakley "
        "Pryor Radley Sheldon Thorne Upton Wexley"
    ),
    "de": _words(
        "Ahrens Bergmann Claasen Dörfler Eberling Faßbender Grünwald Hölscher Jansen Kästner Lindner Möhring Nußbaum "
        "Ostermann Petersen Rühmann Steinbach Thoma Ulbrich Wiesner"
    ),
}
_GIVEN = {
    "vi": (
        *_words("Thị_Chi Thị_Dung Thị_Hạnh Thị_Hoa Thu_Hương Thị_Lan Thuỳ_Linh Khánh_Ly Thị_Mai Thị_Nga Bích_Ngọc"),
        *_words("Hồng_Nhung Minh_Phương Như_Quỳnh Thanh_Tâm Phương_Thảo Hoài_Thu Thị_Thuỷ Thu_Trang Tố_Uyên Tường_Vy"),
        *_words("Hải_Yến Thanh_An Văn_Bình Minh_Đức Hoàng_Giang Ngọc_Hà Văn_Hải Trung_Hiếu Quốc_Khánh Đức_Long"),
        *_words("Quang_Minh Văn_Nam Hồng_Phúc Anh_Quân Thái_Sơn Thành_Trung Anh_Tú Minh_Tuấn Quốc_Việt"),
    ),
    "en": _words(
        "Alice Ben Chloe Daniel Edith Frank Grace Harry Isla Jack Kate Liam Maya Nathan Olive Peter Rosie Simon Tess "
        "Victor Wendy Zoe Amir Bola Priya"
    ),
    "de": _words(
        "Anja Bernd Carla Dieter Elif Fritz Greta Hannes Ines Jörg Katrin Lukas Marlies Nils Olga Paul Renate Sven "
        "Tanja Uwe Vera Wolfgang Yusuf Zeynep Björn"
    ),
}


@dataclass(frozen=True)
class Person:
    """A customer: `name` as the company knows it, `call` as the customer signs."""

    name: str
    call: str
    address: str
    language: str


@cache
def customers(language: str, count: int, seed: int) -> tuple[Person, ...]:
    """Return `count` customers with addresses of their own; the same for the same arguments."""
    random = Random(f"people {language} {seed}")
    people: dict[str, Person] = {}
    while len(people) < count:
        family, given = random.choice(_FAMILY[language]), random.choice(_GIVEN[language])
        name = f"{family} {given.replace('_', ' ')}" if language == "vi" else f"{given} {family}"
        plain = without_diacritics(umlauts_written_out(name)).lower().split()
        address = f"{'.'.join(plain)}{random.randrange(10, 99)}@mail.example"
        people[address] = Person(name, given.split("_")[-1], address, language)
    return tuple(people.values())


@cache
def with_orders() -> tuple[tuple[Person, dict[str, tuple[str, ...]]], ...]:
    """Return the customers of the order agents' records, each with their order numbers by status."""
    found = []
    for record in json.loads(ORDERS.read_text(encoding="utf-8")):
        language, name = record["language"], record["name"]
        call = name.split()[-1] if language == "vi" else name.split()[0]
        by_status: dict[str, tuple[str, ...]] = {}
        for order in record["orders"]:
            by_status[order["status"]] = (*by_status.get(order["status"], ()), order["order_id"])
        found.append((Person(name, call, record["customer"], language), by_status))
    return tuple(found)
