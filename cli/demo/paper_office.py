"""Word files and e-mails: letters and contracts that no processor covers, and e-mails with and without attachments."""

import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from docx import Document
from docx.shared import Pt

_FIXED = (2026, 1, 1, 0, 0, 0)  # files of one seed are the same byte for byte

LETTERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        (
            "Change of address",
            "Dear Sir or Madam, from the first of next month our workshop will be at 3 Orchard Close, Ludlow. Please "
            "send all letters to the new address. Telephone and e-mail stay as they are.",
            "Yours faithfully, M. Thorne",
        ),
        (
            "Complaint about your delivery service",
            "Dear Sir or Madam, your drivers have left the gate open twice, and our dog has run away. I expect an "
            "apology and a promise that this will not happen again.",
            "Yours faithfully, E. Radley",
        ),
        (
            "New prices from next season",
            "Dear partners, the price of oak has risen by a fifth. From the coming season we have to raise our prices "
            "by six per cent. Orders placed before the end of the year are not affected.",
            "With kind regards, Oakhurst Timber Ltd",
        ),
    ),
    "de": (
        (
            "Einladung zur Hausmesse",
            "Sehr geehrte Damen und Herren, wir laden Sie herzlich zu unserer Hausmesse ein. Sehen Sie die neuen "
            "Leuchten und sprechen Sie mit unseren Entwicklerinnen. Für Kaffee und Kuchen ist gesorgt.",
            "Mit freundlichen Grüßen, Spreewerk Leuchten GmbH",
        ),
        (
            "Kündigung der Wartung",
            "Sehr geehrte Damen und Herren, hiermit kündigen wir den Wartungsvertrag für die Kassen fristgerecht zum "
            "Jahresende. Bitte bestätigen Sie uns den Eingang dieses Schreibens.",
            "Mit freundlichen Grüßen, P. Wiesner",
        ),
    ),
    "vi": (
        (
            "Thư cảm ơn",
            "Kính gửi Sao La Living, trường chúng tôi xin cảm ơn quý công ty đã tặng 30 chiếc đèn bàn cho thư viện. "
            "Các em học sinh rất vui và gửi lời chúc sức khoẻ tới toàn thể nhân viên.",
            "Trân trọng, Ban giám hiệu",
        ),
        (
            "Thông báo nghỉ lễ",
            "Kính gửi quý khách hàng, xưởng chúng tôi nghỉ lễ bốn ngày và làm việc trở lại vào sáng thứ Hai. Các đơn "
            "hàng nhận trong thời gian này sẽ được giao trong tuần kế tiếp.",
            "Trân trọng, Công ty TNHH Gốm Bát Hà",
        ),
    ),
}
CONTRACTS: dict[str, tuple[str, ...]] = {
    "en": (
        "Cleaning agreement",
        "between Sao La Living UK Ltd (the client) and Brightstep Cleaning (the contractor)",
        "1. The contractor cleans the shop at 9 Larkfield Yard every working day before 9 am.",
        "2. The agreement runs for one year and is renewed unless either party gives three months' notice.",
        "3. The parties keep each other's business matters confidential.",
        "Signed in London",
    ),
    "de": (
        "Mietvertrag über Lagerfläche",
        "zwischen der Kranich Grundbesitz GmbH (Vermieterin) und der Sao La Living GmbH (Mieterin)",
        "§ 1 Vermietet werden 240 Quadratmeter Lagerfläche im Gewerbehof 7.",
        "§ 2 Das Mietverhältnis beginnt am ersten Tag des nächsten Quartals und läuft drei Jahre.",
        "§ 3 Änderungen dieses Vertrags bedürfen der Schriftform.",
        "Berlin, Unterschriften der Parteien",
    ),
    "vi": (
        "Hợp đồng vận chuyển",
        "giữa Công ty TNHH Sao La Living (bên A) và Đội xe Bờ Sông (bên B)",
        "Điều 1. Bên B vận chuyển hàng hoá của bên A trong nội thành Hà Nội.",
        "Điều 2. Hợp đồng có thời hạn một năm kể từ ngày ký.",
        "Điều 3. Hai bên cam kết bảo mật thông tin của nhau.",
        "Đại diện hai bên ký tên",
    ),
}
MAILS: dict[str, tuple[str, str]] = {
    "en": ("Your invoice", "Dear team,\n\nplease find our invoice attached.\n\nBest wishes\n"),
    "de": ("Ihre Rechnung", "Guten Tag,\n\nanbei erhalten Sie unsere Rechnung.\n\nMit freundlichen Grüßen\n"),
    "vi": ("Gửi hoá đơn", "Kính gửi quý công ty,\n\nchúng tôi gửi kèm hoá đơn.\n\nTrân trọng\n"),
}


def write_docx(paragraphs: Sequence[str], path: Path) -> None:
    """Write a Word file: the first paragraph is its heading."""
    document = Document()
    document.core_properties.author = "Sao La Living demo"
    document.core_properties.created = document.core_properties.modified = datetime(*_FIXED, tzinfo=UTC)
    document.add_heading(paragraphs[0], level=1)
    for text in paragraphs[1:]:
        document.add_paragraph(text).paragraph_format.space_after = Pt(10)
    document.save(str(path))
    _fix_times(path)


def write_mail(
    subject: str, text: str, sender: str, at: datetime, path: Path, attachment: tuple[str, bytes] | None = None
) -> None:
    """Write an e-mail file; `attachment` is the name and content of a PDF."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "support@saola-living.example"
    mail["Date"] = format_datetime(at)
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{path.stem}@saola-living.example>"
    mail.set_content(text)
    if attachment:
        name, content = attachment
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
        mail.set_boundary(f"part-{path.stem}")
    path.write_bytes(mail.as_bytes())


def _fix_times(path: Path) -> None:
    """Give the parts of a Word file one fixed time instead of the time of writing."""
    with zipfile.ZipFile(path) as archive:
        parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(zipfile.ZipInfo(name, _FIXED), content, zipfile.ZIP_DEFLATED)
