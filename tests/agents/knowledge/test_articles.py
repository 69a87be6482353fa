from pathlib import Path

import docx
import pytest
from reportlab.pdfgen.canvas import Canvas

from agents.knowledge.articles import article
from agents.knowledge.files import files, fingerprint
from core.errors import Rejected


def test_markdown_is_titled_by_its_first_heading(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# How to return\nSend it.", encoding="utf-8")
    assert article(tmp_path, "a.md").title == "How to return"
    (tmp_path / "how-to_pay.txt").write_text("By card.", encoding="utf-8")
    assert article(tmp_path, "how-to_pay.txt").title == "how to pay"


def test_headings_of_html_become_headings_and_hidden_parts_are_left_out(tmp_path: Path) -> None:
    page = "<title>Pay</title><h1>Pay</h1><script>bad()</script><h2>By <b>card</b></h2><p>Type the number.</p>"
    (tmp_path / "a.html").write_text(page, encoding="utf-8")
    found = article(tmp_path, "a.html")
    assert found.title == "Pay"
    assert [line for line in found.text.splitlines() if line] == ["# Pay", "## By card", "Type the number."]


def test_docx_and_pdf_are_read(tmp_path: Path) -> None:
    written = docx.Document()
    written.add_paragraph("Kettles are descaled with vinegar.")
    written.save(str(tmp_path / "kettle.docx"))
    canvas = Canvas(str(tmp_path / "toaster.pdf"))
    canvas.drawString(72, 700, "Toasters are cleaned with a brush.")
    canvas.save()
    assert "descaled with vinegar" in article(tmp_path, "kettle.docx").text
    assert "cleaned with a brush" in article(tmp_path, "toaster.pdf").text


def test_what_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.7 nothing")
    with pytest.raises(Rejected):
        article(tmp_path, "bad.pdf")


def test_only_readable_files_count_and_each_change_shows(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.md").write_text("one")
    (tmp_path / ".hidden.md").write_text("no")
    (tmp_path / "picture.png").write_bytes(b"no")
    first = files(tmp_path)
    assert [one.name for one in first] == ["sub/a.md"]
    (tmp_path / "sub" / "a.md").write_text("two")
    assert fingerprint(files(tmp_path)) != fingerprint(first)
    assert fingerprint(files(tmp_path / "missing")) == ""
