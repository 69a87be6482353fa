"""Where an address ends: names of branches, telephone numbers and goods are no part of it."""

from dataclasses import replace

import pytest

from agents.documents.extract.layout import lay_out
from agents.documents.extract.merchant import find_company
from agents.documents.extract.postal import find_address
from agents.documents.values import Line, Reading, flow


def _read(*rows: str) -> tuple[str, str]:
    sheet = lay_out(Reading("text/plain", (flow(rows, 1, "txt"),)))
    company = find_company(sheet)[0]
    place = find_address(sheet, company.cells)
    return company.text, place.text if place else ""


@pytest.mark.parametrize(
    ("rows", "company", "address"),
    [
        (("WARUNG BOOKS CO. (M) SDN BHD", "(Co. No. 113999-W)", "No 8, Jalan 7/118B, Desa Tun Razak",
          "56000 Kuala Lumpur, Malaysia", "Shah Alam Outlet", "Tel : 03-55555555"),
         "WARUNG BOOKS CO. (M) SDN BHD", "No 8, Jalan 7/118B, Desa Tun Razak 56000 Kuala Lumpur, Malaysia"),
        (("KILAT HANDICRAFT & TAILORING", "(1251000-H)", "19, JALAN KANCIL", "PUDU", "55100 KUALA LUMPUR", "TEL 03-1"),
         "KILAT HANDICRAFT & TAILORING", "19, JALAN KANCIL PUDU 55100 KUALA LUMPUR"),
        (("MAJU JAYA MOTOR", "NO 4, JALAN BUNGA 2,", "81750 MASAI, JOHOR TEL: 07-3333333", "CASH BILL"),
         "MAJU JAYA MOTOR", "NO 4, JALAN BUNGA 2, 81750 MASAI, JOHOR"),
        (("SUNNY SIDE", "SEAFOOD RESTAURANT SDN BHD", "200801012345 (812345-X)", "12, JALAN IPOH",
          "51200 KUALA LUMPUR"),
         "SUNNY SIDE SEAFOOD RESTAURANT SDN BHD", "12, JALAN IPOH 51200 KUALA LUMPUR"),
        (("CÔNG TY TNHH THƯƠNG MẠI DỊCH VỤ", "HOA SEN VÀNG",
          "Đ/c: 25 đường Lê Lợi, Quận 1, TP. Hồ Chí Minh", "ĐT: 028 38222222"),
         "CÔNG TY TNHH THƯƠNG MẠI DỊCH VỤ HOA SEN VÀNG", "25 đường Lê Lợi, Quận 1, TP. Hồ Chí Minh"),
        (("Blumenhaus Adler GmbH & Co. KG", "Marktplatz 3", "80331 München", "Tel. 089 123456", "Kassenbon"),
         "Blumenhaus Adler GmbH & Co. KG", "Marktplatz 3 80331 München"),
        (("LUCKY STAR TRADING SDN BHD 201901000005 (1312525-A)", "LOT 10427, JALAN 2,", "43000 KAJANG", "GST NO: 1"),
         "LUCKY STAR TRADING SDN BHD", "LOT 10427, JALAN 2, 43000 KAJANG"),
        (("The Copper Pot", "5 Quay Walk", "Bristol BS1 4RT", "VAT No: GB575781635"),
         "The Copper Pot", "5 Quay Walk Bristol BS1 4RT"),
        (("Biomarkt Wiese", "Kirchweg 15", "50677 Köln", "USt-IdNr: DE552050568"),
         "Biomarkt Wiese", "Kirchweg 15 50677 Köln"),
        (("Quán cà phê Hiên Nhà", "8 Ngõ Trạm", "Hoàn Kiếm, Hà Nội", "MST: 0152146684"),
         "Quán cà phê Hiên Nhà", "8 Ngõ Trạm Hoàn Kiếm, Hà Nội"),
        (("Co. Registration No. 123456-X", "GREEN LEAF ENTERPRISE", "5, JALAN SS 2/1",
          "47300 PETALING JAYA", "SELANGOR"),
         "GREEN LEAF ENTERPRISE", "5, JALAN SS 2/1 47300 PETALING JAYA SELANGOR"),
        (("ADLER TRADING SDN BHD", "HEAD OFFICE : NO. 12, JALAN SUBANG 5,", "47500 SUBANG JAYA, SELANGOR"),
         "ADLER TRADING SDN BHD", "NO. 12, JALAN SUBANG 5, 47500 SUBANG JAYA, SELANGOR"),
        (("GREEN LEAF ENTERPRISE", "JM0325965-V LOT 12, JALAN SUBANG 5,", "47500 SUBANG JAYA, SELANGOR"),
         "GREEN LEAF ENTERPRISE", "LOT 12, JALAN SUBANG 5, 47500 SUBANG JAYA, SELANGOR"),
        (("ADLER TRADING SDN BHD", "(812345-X), 5 JALAN SUBANG,", "47500 SUBANG JAYA, SELANGOR"),
         "ADLER TRADING SDN BHD", "5 JALAN SUBANG, 47500 SUBANG JAYA, SELANGOR"),
        (("ADLER TRADING SDN BHD", "OUTLET 12", "NO. 5, JALAN SUBANG,", "47500 SUBANG JAYA, SELANGOR"),
         "ADLER TRADING SDN BHD", "NO. 5, JALAN SUBANG, 47500 SUBANG JAYA, SELANGOR"),
        (("ADLER TRADING SDN BHD", "JOHOR BAHRU", "NO. 5, JALAN SUBANG,", "81100 JOHOR BAHRU, JOHOR"),
         "ADLER TRADING SDN BHD", "NO. 5, JALAN SUBANG, 81100 JOHOR BAHRU, JOHOR"),
    ],
)  # fmt: skip
def test_name_and_address_of_a_head(rows: tuple[str, ...], company: str, address: str) -> None:
    assert _read(*rows) == (company, address)


def test_a_name_with_a_legal_form_and_a_number_is_surer_than_a_bare_word() -> None:
    known = lay_out(Reading("text/plain", (flow(("ADLER TRADING SDN BHD", "(812345-X)", "NO 1, JALAN 2"), 1, "txt"),)))
    bare = lay_out(Reading("text/plain", (flow(("GEOVENTURE", "SINCE 1980", "BEST FOOD IN TOWN"), 1, "txt"),)))
    assert find_company(known)[0].sure > 0.95
    assert find_company(bare)[0].sure < 0.7


HEAD = ("ADLER TRADING SDN BHD", "(812345-X)", "LOT 12, JALAN SUBANG 5,", "47500 SUBANG JAYA, SELANGOR")


def _score(*rows: str) -> float:
    sheet = lay_out(Reading("text/plain", (flow(rows, 1, "txt"),)))
    place = find_address(sheet, find_company(sheet)[0].cells)
    assert place is not None and place.text.startswith("LOT 12, JALAN SUBANG 5, 47500 SUBANG JAYA")
    return place.sure


@pytest.mark.parametrize("more", ["BRANCH: LOT 5, JALAN KOTA, 43000 KAJANG", "1181-TMN SERI JAYA"])
def test_a_second_address_or_a_branch_leaves_in_doubt_what_the_address_is(more: str) -> None:
    plain = _score(*HEAD, "TEL: 03-87334455", "CASH BILL")
    assert plain > 0.95
    assert _score(*HEAD, more, "TEL: 03-87334455", "CASH BILL") < plain - 0.05


def test_a_word_that_is_printed_twice_was_hardly_misread() -> None:
    page = flow((*HEAD, "TEL: 03-87334455", "CASH BILL"), 1, "ocr")
    unsure = tuple(line._replace(least=0.7) for line in page.lines)
    twice = (*unsure, Line("ADLER TRADING thanks you", 0.0, 600.0, 200.0, 612.0))
    once, again = (
        find_company(lay_out(Reading("image/png", (replace(page, lines=lines),))))[0].sure for lines in (unsure, twice)
    )
    assert once < 0.85 < again
