"""Workbooks we hand out: every cell a text, so that nothing in it is ever taken for a formula."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from service.spreadsheet.tables import column_letters

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "@"
"""The number format that keeps 18 digits as they were typed."""
BOLD = Font(bold=True)
WRAP = Alignment(wrap_text=True, vertical="top")


def line(sheet: Any, row: int, texts: Sequence[str]) -> None:
    """Write texts as texts: a heading somebody named =1+1 stays what it is."""
    for column, text in enumerate(texts, 1):
        _as_text(sheet.cell(row, column), text)


def saved(book: Any) -> bytes:
    """The bytes of a workbook."""
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def listing(
    title: str, headings: Sequence[str], widths: Sequence[int], lines: Iterable[Sequence[str]]
) -> bytes:
    """A workbook of one sheet with one line after the other; memory does not grow with their number."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[column_letters(number)].width = width
    head = [_as_text(WriteOnlyCell(sheet), text) for text in headings]
    for cell in head:
        cell.font = BOLD
    sheet.append(head)
    for texts in lines:
        sheet.append([_as_text(WriteOnlyCell(sheet), text) for text in texts])
    return saved(book)


def _as_text(cell: Any, text: str) -> Any:
    cell.value = "".join(letter for letter in text if letter.isprintable())
    cell.data_type, cell.alignment, cell.number_format = "s", WRAP, TEXT
    return cell
