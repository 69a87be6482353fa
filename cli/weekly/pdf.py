"""The weekly report as a PDF of A4 pages, with fonts that have Vietnamese letters inside."""

from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from cli.demo.paper_pdf import fonts
from cli.weekly.content import Table, Weekly

INK, SOFT, LINE, BAR, TRACK = (HexColor(c) for c in ("#1c2430", "#566173", "#d9dee6", "#2f6f9f", "#eef1f5"))
WIDTH = A4[0] - 36 * mm


def write(made: Weekly, out: Path) -> None:
    """Write the report to a file."""
    fonts()
    styles = _styles("Sans", "Sans-Bold")
    story = [Paragraph(escape(made.title), styles["title"]), Paragraph(escape(made.period), styles["note"])]
    story.append(Spacer(1, 4 * mm))
    story += [Paragraph(f"• {escape(one)}", styles["main"]) for one in made.sentences]
    for table in made.tables:
        story += _section(table, styles)
    story.append(Paragraph("How to read it", styles["heading"]))
    story += [Paragraph(f"• {escape(one)}", styles["note"]) for one in made.footnotes]
    document = SimpleDocTemplate(
        str(out),
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=made.title,
        author="Saola",
        lang="en",
    )
    document.build(story)


def _styles(body: str, bold: str) -> dict[str, ParagraphStyle]:
    def style(name: str, font: str, size: float, **more: object) -> ParagraphStyle:
        return ParagraphStyle(name, fontName=font, fontSize=size, leading=1.35 * size, textColor=INK, **more)

    return {
        "title": style("title", bold, 18, spaceAfter=4),
        "heading": style("heading", bold, 12, spaceBefore=14, spaceAfter=4),
        "main": style("main", body, 11, spaceAfter=3),
        "cell": style("cell", body, 8.5),
        "first": style("first", bold, 8.5),
        "note": ParagraphStyle("note", fontName=body, fontSize=8.5, leading=11.5, textColor=SOFT, spaceAfter=2),
    }


def _section(table: Table, styles: dict[str, ParagraphStyle]) -> list[object]:
    heading = Paragraph(escape(table.title), styles["heading"])
    if not table.rows:
        return [KeepTogether([heading, Paragraph("Nothing in this week.", styles["note"])])]
    rows: list[list[object]] = [[Paragraph(escape(one), styles["note"]) for one in table.head]]
    for number, row in enumerate(table.rows):
        cells: list[object] = [
            Paragraph(escape(cell), styles["first" if first == 0 else "cell"]) for first, cell in enumerate(row)
        ]
        rows.append(cells + ([_bar(table.bars[number])] if table.bars else []))
    if table.bars:
        rows[0].append("")
    columns = len(rows[0])
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    pads = [(side, (0, 0), (-1, -1), 2) for side in ("TOPPADDING", "BOTTOMPADDING", "LEFTPADDING", "RIGHTPADDING")]
    grid = Grid(rows, colWidths=[WIDTH / columns] * columns, repeatRows=1, style=[*lines, *pads])
    found: list[object] = [KeepTogether([heading, grid]) if len(rows) < 12 else heading]
    if len(rows) >= 12:
        found.append(grid)
    return found + ([Paragraph(escape(table.note), styles["note"])] if table.note else [])


def _bar(share: float | None) -> object:
    if share is None:
        return ""
    wide = WIDTH / 5 - 8
    drawing = Drawing(wide, 8)
    drawing.add(Rect(0, 0, wide, 7, fillColor=TRACK, strokeColor=None))
    drawing.add(Rect(0, 0, wide * share, 7, fillColor=BAR, strokeColor=None))
    return drawing
