"""The weekly report as a PDF of A4 pages, with fonts that have Vietnamese letters inside."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from reportlab.graphics.shapes import Circle, Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepTogether, Paragraph, SimpleDocTemplate, Spacer
from reportlab.platypus import Table as Grid

from cli.demo.paper_pdf import fonts
from cli.weekly.content import Card, Chart, Weekly
from cli.weekly.tables import Table

INK, SOFT, LINE, BLUE, TRACK, WASH, SPAN = (
    HexColor(c) for c in ("#17212e", "#566173", "#dde2ea", "#1f5f91", "#edf0f5", "#f4f7fa", "#8fb3d0")
)
BAND = 34 * mm
WIDTH = A4[0] - 36 * mm - 12  # margins, and the frame's own


def write(made: Weekly, out: Path) -> None:
    """Write the report to a file."""
    fonts()
    styles = _styles("Sans", "Sans-Bold")
    story: list[object] = [Spacer(1, BAND - 10 * mm), _cards(made.cards, styles)]
    story.append(Paragraph(escape(made.words.get("what_matters", "")), styles["heading"]))
    story += [Paragraph(escape(one), styles["main"], bulletText="•") for one in made.sentences]
    story.append(Spacer(1, 3 * mm))
    drawn = [
        [Paragraph(escape(chart.title), styles["first"]), _chart(chart), _note(chart, styles)] for chart in made.charts
    ]
    story.append(
        Grid([drawn], colWidths=[WIDTH / max(1, len(drawn))] * len(drawn), style=[("VALIGN", (0, 0), (-1, -1), "TOP")])
    )
    for table in made.tables:
        story += _section(table, styles, made.words.get("nothing", ""))
    story.append(Paragraph(escape(made.words.get("how_to_read", "")), styles["heading"]))
    story += [Paragraph(escape(one), styles["foot"], bulletText="•") for one in made.footnotes]
    document = SimpleDocTemplate(
        str(out),
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=16 * mm,
        title=made.title,
        author="Saola",
        lang=made.language,
    )

    def first(canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.setFillColor(BLUE)
        canvas.rect(0, A4[1] - BAND, A4[0], BAND, stroke=0, fill=1)
        canvas.setFillColor(white)
        for font, size, text, down in (
            ("Sans-Bold", 8, "SAOLA", 12),
            ("Sans-Bold", 20, made.title, 20),
            ("Sans", 9.5, made.period, 27),
        ):
            canvas.setFont(font, size)
            canvas.drawString(18 * mm, A4[1] - down * mm, text)
        _foot(canvas, document)

    document.build(story, onFirstPage=first, onLaterPages=_foot)


def _foot(canvas: Canvas, document: SimpleDocTemplate) -> None:
    canvas.setFont("Sans", 7.5)
    canvas.setFillColor(SOFT)
    canvas.drawString(18 * mm, 9 * mm, str(document.title))
    canvas.drawRightString(A4[0] - 18 * mm, 9 * mm, f"{canvas.getPageNumber()}")


def _styles(body: str, bold: str) -> dict[str, ParagraphStyle]:
    def style(name: str, font: str, size: float, **more: object) -> ParagraphStyle:
        return ParagraphStyle(name, fontName=font, fontSize=size, leading=1.35 * size, textColor=INK, **more)

    return {
        "large": style("large", bold, 19),
        "heading": style("heading", bold, 12, spaceBefore=14, spaceAfter=4),
        "main": style("main", body, 11, spaceAfter=3, leftIndent=10),
        "cell": style("cell", body, 8.5),
        "first": style("first", bold, 8.5),
        "foot": style("foot", body, 8.5, spaceAfter=2, leftIndent=8),
        "note": ParagraphStyle("note", fontName=body, fontSize=8.5, leading=11.5, textColor=SOFT, spaceAfter=2),
    }


def _cards(cards: Sequence[Card], styles: dict[str, ParagraphStyle]) -> Grid:
    """Figures at a glance, side by side."""
    drawn = [
        [Paragraph(escape(card.title), styles["first"]) for card in cards],
        [Paragraph(escape(card.value), styles["large"]) for card in cards],
        [[Paragraph(escape(text), styles["note"]) for text in (card.around, card.moved) if text] for card in cards],
    ]
    edges = [
        (name, (i, 0), (i, -1), *how)
        for i in range(len(cards))
        for name, how in (("BACKGROUND", (WASH,)), ("LINEAFTER", (6, white)))
    ]
    pads = [("LEFTPADDING", (0, 0), (-1, -1), 8), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    rule = [("LINEABOVE", (0, 0), (-1, 0), 2, BLUE)]
    return Grid(drawn, colWidths=[WIDTH / max(1, len(cards))] * len(cards), style=[*rule, *edges, *pads])


def _section(table: Table, styles: dict[str, ParagraphStyle], nothing: str) -> list[object]:
    heading = Paragraph(escape(table.title), styles["heading"])
    if not table.rows:
        return [KeepTogether([heading, Paragraph(escape(nothing), styles["note"])])]
    widths = _widths(table)
    rows: list[list[object]] = [[_cell(table, i, one, styles["note"]) for i, one in enumerate(table.head)]]
    for number, row in enumerate(table.rows):
        cells: list[object] = [_cell(table, i, one, styles["cell" if i else "first"]) for i, one in enumerate(row)]
        rows.append(cells + ([_bar(table.bars[number], widths[-1] - 12)] if table.bars else []))
    if table.bars:
        rows[0].append("")
    lines = [("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    pads = [(side, (0, 0), (-1, -1), 2) for side in ("TOPPADDING", "BOTTOMPADDING", "LEFTPADDING")]
    pads.append(("RIGHTPADDING", (0, 0), (-1, -1), 8))
    grid = Grid(rows, colWidths=widths, repeatRows=1, style=[*lines, *pads])
    found: list[object] = [KeepTogether([heading, grid]) if len(rows) < 9 else heading]
    if len(rows) >= 9:
        found.append(grid)
    return found + ([Paragraph(escape(table.note), styles["note"])] if table.note else [])


def _cell(table: Table, column: int, text: str, style: ParagraphStyle) -> Paragraph:
    text = text.replace("\u202f", "\xa0")  # the space before a unit: this one keeps both on a line
    return Paragraph(
        escape(text), ParagraphStyle("right", style, alignment=TA_RIGHT) if column in table.right else style
    )


def _widths(table: Table) -> list[float]:
    """Each column holds its longest word; what is left goes to those whose texts are longer, up to four lines each."""
    texts = [table.head, *table.rows]
    words = [max(_long(word) for row in texts for word in row[i].split(" ") or [""]) for i in range(len(table.head))]
    whole = [max(max(_long(row[i]) for row in texts), words[i]) for i in range(len(table.head))]
    room = WIDTH - (90 if table.bars else 0) - sum(words)
    wants = [min(a, WIDTH / 2) - b if a > b else 0.0 for a, b in zip(whole, words, strict=True)]
    part = min(1.0, max(0.0, room) / sum(wants)) if sum(wants) else 0.0
    found = [word + part * want for word, want in zip(words, wants, strict=True)]
    if table.bars:
        return [*found, WIDTH - sum(found)]
    spare = (WIDTH - sum(found)) / len(found)
    return [one + spare for one in found]


def _long(text: str) -> float:
    """How wide a text is in a cell, with the cell's own margins."""
    return float(stringWidth(text, "Sans-Bold", 8.5)) + 10.5


def _note(chart: Chart, styles: dict[str, ParagraphStyle]) -> Paragraph:
    return Paragraph(escape(chart.note), styles["note"])


def _chart(chart: Chart) -> Drawing:
    """Values as dots with their intervals, from 0 to 100 %."""
    wide, high, left, foot = WIDTH / 2 - 16, 110.0, 30.0, 14.0
    drawing = Drawing(wide, high)
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = foot + part * (high - foot - 6)
        drawing.add(Line(left, y, wide, y, strokeColor=LINE, strokeWidth=0.4))
        drawing.add(
            String(left - 4, y - 2.5, f"{part:.0%}", fontName="Sans", fontSize=7, fillColor=SOFT, textAnchor="end")
        )
    step = (wide - left) / max(1, len(chart.points))
    for number, (label, e) in enumerate(chart.points):
        x = left + (number + 0.5) * step
        drawing.add(String(x, 3, label, fontName="Sans", fontSize=6.5, fillColor=SOFT, textAnchor="middle"))
        if e.value is None:
            continue
        y, low, top = (foot + (v if v is not None else e.value) * (high - foot - 6) for v in (e.value, e.low, e.high))
        drawing.add(Line(x, low, x, top, strokeColor=SPAN, strokeWidth=3.2, strokeLineCap=1))
        drawing.add(Circle(x, y, 2.6, fillColor=BLUE, strokeColor=None))
    return drawing


def _bar(share: float | None, wide: float) -> object:
    if share is None:
        return ""
    drawing = Drawing(wide, 8)
    drawing.add(Rect(0, 0, wide, 7, fillColor=TRACK, strokeColor=None))
    drawing.add(Rect(0, 0, wide * share, 7, fillColor=BLUE, strokeColor=None))
    return drawing
