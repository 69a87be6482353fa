"""Office files: DOCX by python-docx, XLSX (and XLS, ODS) by calamine, PPTX by python-pptx."""

from collections.abc import Iterator
from typing import Any, ClassVar

from agents.documents.parser import Source
from agents.documents.values import Heading, Part, flow
from core.errors import Rejected

OFFICE = "application/vnd.openxmlformats-officedocument."
ROWS_A_PAGE = 200


class DocxParser:
    """Reads paragraphs and tables in order; cells of a row are separated by tabs."""

    name: ClassVar[str] = "docx"
    media_types: ClassVar[frozenset[str]] = frozenset({OFFICE + "wordprocessingml.document"})

    def score(self, media_type: str) -> float | None:
        """Take Word's own type."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield one page of text for each 200 rows. Raises Rejected (damaged)."""
        import docx

        try:
            document = docx.Document(str(source.path))
        except (KeyError, ValueError, OSError) as error:
            raise Rejected("the Word file is damaged", code="damaged") from error
        title = document.core_properties.title
        if title:
            yield Heading("title", title)
        rows = [text for section in document.sections[:1] for text in _blocks(section.header)]
        rows += list(_blocks(document))
        rows += [text for section in document.sections[:1] for text in _blocks(section.footer)]
        yield from _pages(rows, self.name, source)


def _blocks(container: Any) -> Iterator[str]:
    for block in container.iter_inner_content():
        if hasattr(block, "rows"):
            for row in block.rows:
                yield "\t".join(dict.fromkeys(" ".join(cell.text.split()) for cell in row.cells))
        elif block.text.strip():
            yield from block.text.splitlines()


class SheetParser:
    """Reads the cells of each sheet that holds any; one page a sheet, at most 200 rows each."""

    name: ClassVar[str] = "sheet"
    media_types: ClassVar[frozenset[str]] = frozenset(
        {OFFICE + "spreadsheetml.sheet", "application/vnd.ms-excel", "application/vnd.oasis.opendocument.spreadsheet"}
    )

    def score(self, media_type: str) -> float | None:
        """Take Excel's and OpenDocument's types."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield pages of rows. Raises Rejected (damaged, encrypted)."""
        import python_calamine

        try:
            book = python_calamine.load_workbook(str(source.path))
            rows: list[str] = []
            for name in book.sheet_names:
                cells = book.get_sheet_by_name(name).to_python(skip_empty_area=True)
                rows += ["\t".join(_cell(cell) for cell in row).rstrip("\t") for row in cells]
        except python_calamine.PasswordError as error:
            raise Rejected("the workbook is protected by a password", code="encrypted") from error
        except (python_calamine.CalamineError, OSError, ValueError) as error:
            raise Rejected("the workbook is damaged", code="damaged") from error
        yield from _pages([row for row in rows if row.strip()], self.name, source)


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


class SlidesParser:
    """Reads the text and tables of slides, one page a slide."""

    name: ClassVar[str] = "slides"
    media_types: ClassVar[frozenset[str]] = frozenset({OFFICE + "presentationml.presentation"})

    def score(self, media_type: str) -> float | None:
        """Take PowerPoint's own type."""
        return 1.0 if media_type in self.media_types else None

    def parts(self, source: Source) -> Iterator[Part]:
        """Yield a page for each slide. Raises Rejected (damaged)."""
        import pptx
        from pptx.exc import PackageNotFoundError

        try:
            slides = list(pptx.Presentation(str(source.path)).slides)
        except (PackageNotFoundError, KeyError, ValueError, OSError) as error:
            raise Rejected("the slides are damaged", code="damaged") from error
        for number, slide in enumerate(slides[: source.limits.pages], source.first):
            if source.wanted(number):
                yield flow((text for shape in slide.shapes for text in _shape(shape)), number, self.name, source.part)


def _shape(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield from (text for text in shape.text_frame.text.splitlines() if text.strip())
    elif getattr(shape, "has_table", False):
        for row in shape.table.rows:
            yield "\t".join(" ".join(cell.text.split()) for cell in row.cells)


def _pages(rows: list[str], reader: str, source: Source) -> Iterator[Part]:
    for number, start in enumerate(range(0, max(1, len(rows)), ROWS_A_PAGE), source.first):
        if number - source.first >= source.limits.pages:
            yield Heading("note", "the rest is beyond the limit of pages and was not read")
            return
        if source.wanted(number):
            yield flow(rows[start : start + ROWS_A_PAGE], number, reader, source.part)
