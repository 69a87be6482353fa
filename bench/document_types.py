"""`python -m bench.documents --types`: is a document's type known, and is its score what it says? Generated documents
of every type in English, German and Vietnamese, beside pages that are none of them. Names and numbers are invented."""

import argparse
import random
import time
from collections import Counter
from typing import Any

from agents.documents.classify import classify
from agents.documents.reading import finish
from agents.documents.values import Reading, assemble, flow

BINS = 5
COPIES = 12  # documents of each text, with other names, sums and lost rows
Figures = dict[str, Any]
TEXTS: dict[str, tuple[str, ...]] = {
    "receipt": (
        "CORNER BAKERY\n12 Mill Lane, Leeds\n{date} 09:41\nBread roll  {a}\nCoffee  {b}\nTotal  {c}\nCard  {c}\n"
        "Thank you",
        "BAUMARKT NORD\nHafenstr. 4, 20457 Hamburg\n{date} 17:03  Kasse 3\nSchrauben  {a}\nFarbe weiß  {b}\n"
        "Summe EUR  {c}\nBar  50,00\nRückgeld  {a}",
        "SIÊU THỊ MINH ANH\n45 Trần Phú, Hà Nội\n{date} 18:22\nSữa tươi  {a}\nGạo ST25  {b}\nTổng tiền  {c}\n"
        "Tiền mặt  {c}\nCảm ơn quý khách, hẹn gặp lại",
        "GREEN CAFE\nCashier: Ana\nTable 4\n2 Latte  {a}\n1 Cake  {b}\nSubtotal  {b}\nTotal  {c}\nVISA  {c}",
    ),
    "invoice": (
        "{name} Ltd\nINVOICE\nInvoice no. {n}\nDate {date}\nBill to: Blue Door Ltd\nQty  Description  Unit price\n"
        "4  Lamp  {a}\nNet  {b}\nVAT 20 %  {a}\nTotal due  {c}\nPayment within 30 days",
        "{name} GmbH\nRechnung {n}\nRechnungsdatum {date}\nMenge  Bezeichnung  Einzelpreis\n3  Stuhl  {a}\nNetto  {b}\n"
        "19 % MwSt.  {a}\nRechnungsbetrag  {c}\nIBAN DE02 1203 0000 0000 2020 51",
        "CÔNG TY TNHH {name}\nHÓA ĐƠN GIÁ TRỊ GIA TĂNG\nSố: {n}\nNgày {date}\nTên hàng  Số lượng  Đơn giá\n"
        "Bàn  2  {a}\n"
        "Cộng tiền hàng  {b}\nThuế GTGT  {a}\nTổng cộng  {c}",
    ),
    "id card": (
        "IDENTITY CARD\nSurname {name}\nGiven names ANNA\nDate of birth {date}\nNationality BRITISH\nCard no {n}",
        "BUNDESREPUBLIK DEUTSCHLAND\nPERSONALAUSWEIS\nName {name}\nGeburtstag {date}\nGültig bis {date}\n"
        "Augenfarbe BLAU",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nCĂN CƯỚC CÔNG DÂN\nSố: {n}\nHọ và tên: {name}\nNgày sinh: {date}\n"
        "Quê quán: Hà Nội\nNơi thường trú: Hà Nội",
    ),
    "passport": (
        "PASSPORT\nUnited Kingdom\nType P\nSurname {name}\nDate of birth {date}\nDate of expiry {date}",
        "REISEPASS\nBundesrepublik Deutschland\nName {name}\nStaatsangehörigkeit DEUTSCH\nGeburtsdatum {date}",
        "HỘ CHIẾU / PASSPORT\nHọ và tên {name}\nNgày sinh {date}\nQuốc tịch / Nationality VIỆT NAM",
    ),
    "contract": (
        "SERVICE AGREEMENT\nThis agreement is made on {date} between {name} Ltd and Blue Door Ltd.\n"
        "Clause 1 Subject\n{pad}\n"
        "Clause 2 Termination\nEither party may end it in writing.\nClause 3 Governing law\nSigned {name}",
        "MIETVERTRAG\nzwischen {name} (Vermieter) und Hans Graf (Mieter)\n§ 1 Mietsache\n{pad}\n§ 2 Kündigung\n{pad}\n"
        "§ 3 Gerichtsstand ist Hamburg.\nUnterschriften",
        "HỢP ĐỒNG THUÊ NHÀ\nBên A: {name}\nBên B: Nguyễn Lan\nĐiều 1. Đối tượng hợp đồng\n{pad}\n"
        "Điều 2. Chấm dứt hợp đồng\n"
        "{pad}\nHai bên cùng ký tên",
    ),
    "bank statement": (
        "NORTH BANK\nStatement of account\nAccount holder {name}\nOpening balance {a}\n02.03 Salary {b}\n"
        "05.03 Rent {a}\n"
        "09.03 Shop {b}\n12.03 Card {a}\n20.03 Gas {b}\nClosing balance {c}",
        "SPARKASSE NORD\nKontoauszug 3/2026\n{name}\nKontostand am 01.03.  {a}\nBuchung  Wert  Betrag\n"
        "02.03. Gehalt {b}\n"
        "05.03. Miete {a}\n09.03. Strom {b}\n12.03. Markt {a}\nNeuer Saldo {c}",
        "NGÂN HÀNG SAO MAI\nSAO KÊ TÀI KHOẢN\nChủ tài khoản {name}\nSố dư đầu kỳ {a}\n02/03 Lương {b}\n"
        "05/03 Rút tiền {a}\n"
        "09/03 Mua sắm {b}\n12/03 Điện {a}\nSố dư cuối kỳ {c}",
    ),
    "form": (
        "RETURN FORM\nPlease complete in block letters\nName: ________\nOrder number: ________\n"
        "Reason: [ ] wrong size [ ] faulty\nSignature ________",
        "Widerrufsformular\nBitte ausfüllen\nName: ............\nBestellnummer: ............\n"
        "Unterschrift ............",
        "PHIẾU ĐỔI TRẢ HÀNG\nHọ tên: ................\nMã đơn: ................\nLý do: ................\n"
        "Ký và ghi rõ họ tên",
    ),
    "letter": (
        "Dear Sir or Madam,\n"
        "I have moved to Leeds and would like my parcels to go to the new address from May on. {pad}\n"
        "Yours faithfully\n{name}",
        "Sehr geehrte Damen und Herren,\nich bin nach Leipzig umgezogen und bitte Sie, meine Adresse zu ändern. {pad}\n"
        "Mit freundlichen Grüßen\n{name}",
        "Kính gửi quý công ty,\nTôi đã chuyển nhà và muốn đổi địa chỉ nhận hàng từ tháng năm. {pad}\n"
        "Trân trọng\n{name}",
    ),
    "complaint": (
        "To the manager\nI want to complain about the lamp of {date}. It arrived broken and nobody answers. I am very "
        "disappointed and ask for a refund. {pad}\n{name}",
        "Beschwerde\nDie am {date} gelieferte Lampe ist defekt. Ich bin enttäuscht vom Service und verlange die "
        "Erstattung des Kaufpreises. {pad}\n{name}",
        "ĐƠN KHIẾU NẠI\n"
        "Tôi rất thất vọng vì chiếc đèn mua ngày {date} bị hỏng mà không ai trả lời. Đề nghị hoàn tiền. {pad}\n"
        "{name}",
    ),
    "unknown": (
        "Bus timetable line 7\nMarket Square 07:10 07:40\nStation 07:22 07:52\nHospital 07:31 08:01",
        "Kartoffelsuppe\nZutaten: 500 g Kartoffeln, zwei Möhren, Salz\nAlles kochen und pürieren. {pad}",
        "Thực đơn tuần này\nThứ hai: phở bò\nThứ ba: bún chả\nThứ tư: cơm tấm",
        "Installation guide\n1. Unpack the shelf.\n2. Fix the feet.\n3. Hang it on the wall. {pad}",
        "Wanderung zum See: Treffpunkt um neun Uhr am Bahnhof, bitte feste Schuhe mitbringen. {pad}",
        "Bản đồ khu vườn\nCổng chính\nHồ cá\nVườn rau\nNhà kho",
    ),
}
PADS = ("The garden lies behind the house.", "Der Garten liegt hinter dem Haus.", "Khu vườn nằm sau ngôi nhà.")
NAMES = ("Northgate", "Adler", "Hoa Sen", "Linden", "Bạch Mai", "Harbour")


def made(number: int, text: str) -> Reading:
    """Return one document of a text: other names, dates and sums, and now and then a row that was lost in scanning."""
    chance = random.Random(f"{number} {text}")
    values = {key: f"{chance.randint(2, 90)}.{chance.randint(10, 99)}" for key in "abc"}
    values |= {"n": str(chance.randint(100_000, 999_999_999)), "name": chance.choice(NAMES)}
    values["date"] = f"{chance.randint(1, 28):02}/{chance.randint(1, 12):02}/2026"
    values["pad"] = " ".join([chance.choice(PADS)] * chance.randint(3, 25))
    rows = text.format(**values).splitlines()
    if len(rows) > 4 and number % 3 == 1:
        rows.pop(chance.randrange(len(rows)))
    if len(rows) > 4 and number % 3 == 2:
        rows.pop(0)  # the heading lies outside the picture
    return finish(assemble([flow(rows, 1, "text")], "text/plain"))


def run(options: argparse.Namespace) -> Figures:
    """Measure how often the type is right, by type, and how far scores are from how often they are right."""
    started = time.monotonic()
    judged: list[tuple[str, str, float]] = []
    for kind, texts in TEXTS.items():
        for text in texts:
            for number in range(options.first or COPIES):
                found = classify(made(number, text))
                judged.append((kind, found.type, found.score))
    right: Counter[str] = Counter(kind for kind, got, _ in judged if kind == got)
    every: Counter[str] = Counter(kind for kind, _, _ in judged)
    mixed = Counter((kind, got) for kind, got, _ in judged if kind != got)
    figures: Figures = {
        "accuracy": round(sum(right.values()) / len(judged), 4),
        "accuracy_by_type": {kind: round(right[kind] / count, 4) for kind, count in every.items()},
        "calibration_error": round(_calibration_error(judged), 4),
        "mean_score": round(sum(score for _, _, score in judged) / len(judged), 4),
        "most_mixed_up": {f"{kind} as {got}": count for (kind, got), count in mixed.most_common(6)},
    }
    for name, value in figures.items():
        print(f"  {name}: {value}")
    seconds = round(time.monotonic() - started, 1)
    return {"bench": "documents", "data": "generated types", "n": len(judged), "seconds": seconds, "figures": figures,
            "yardstick": {}}  # fmt: skip


def _calibration_error(judged: list[tuple[str, str, float]]) -> float:
    """The expected calibration error: in equal bins by score, how far the mean score is from the share right."""
    ordered = sorted(judged, key=lambda one: one[2])
    size = max(1, len(ordered) // BINS)
    error = 0.0
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        share = sum(kind == got for kind, got, _ in part) / len(part)
        error += abs(share - sum(score for _, _, score in part) / len(part)) * len(part) / len(ordered)
    return error
