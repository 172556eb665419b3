"""Drafts the head and the foot of a form: attachment, title, QR code with the serial; notes and copies."""

from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm

from templates.draft.grid import Row, Slot, build
from templates.draft.paper import CENTRE, LEFT, SONG, shape, write, xml

CODE_MM = 38.0
_TITLE_PT, _TITLE_GAP = 19.0, 1.0
_PT_MM = 25.4 / 72
_NOTE_PT, _PAGE_PT = 8.0, 8.5
_STOP = "{% if note[-1:] != '。' %}。{% endif %}"


class Wide:
    """A page header as a container of tables: python-docx wants to be told the width (mm) there."""

    def __init__(self, header: Any, width: float) -> None:
        self._header, self._width = header, width

    def add_table(self, rows: int, columns: int) -> Any:
        """Add a table as wide as the header."""
        return self._header.add_table(rows, columns, Mm(self._width))

    def add_paragraph(self) -> Any:
        """Add a paragraph below what stands in the header."""
        return self._header.add_paragraph()


def head(document: Any, title: str, *, width: float = 180.0, height: float = 35.0) -> dict[str, Any]:
    """Add the head, `width` × `height` mm, and give its cells: attachment, title, code.

    `title` only tells how long the printed title will be.
    """
    middle = width - 2 * CODE_MM
    slots = (
        Slot(CODE_MM, "attachment", middle=False),
        Slot(middle, "title"),
        Slot(CODE_MM, "code", middle=False, pad=(0.0, 0.0)),
    )
    cells = build(document, (Row(height, slots),))
    write(shape(cells["attachment"].paragraphs[0], LEFT, before=2), "{{ attachment }}", SONG, 12)
    points, gap = title_size(title, middle)
    write(shape(cells["title"].paragraphs[0], CENTRE), "{{ title }}", SONG, points, bold=True, gap=gap)
    shape(cells["code"].paragraphs[0], CENTRE).add_run("{{ code }}")
    write(shape(cells["code"].add_paragraph(), CENTRE), "编号 {{ serial }}", SONG, _NOTE_PT)
    shape(document.add_paragraph(), line=2, exact=True)
    return cells


def page_number(paragraph: Any) -> None:
    """Write 第 x 页 共 y 页 with the two fields that change by themselves."""
    for words, field in (("第 ", "PAGE"), (" 页　共 ", "NUMPAGES")):
        write(paragraph, words, SONG, _PAGE_PT)
        write(paragraph, "1", SONG, _PAGE_PT)
        run = xml(paragraph)[-1]
        simple = OxmlElement("w:fldSimple")
        simple.set(qn("w:instr"), f" {field} ")
        run.addprevious(simple)
        simple.append(run)
    write(paragraph, " 页", SONG, _PAGE_PT)


def title_size(title: str, width: float) -> tuple[float, float]:
    """Give a title's size and the gap between its characters, both in points, for one line of `width` mm."""
    room = (width - 2.2) / _PT_MM / len(title)
    if room >= _TITLE_PT + _TITLE_GAP:
        return _TITLE_PT, _TITLE_GAP
    return min(_TITLE_PT, int(2 * room) / 2), 0.0


def foot(document: Any) -> None:
    """Add the numbered notes, how many copies there are and for whom, and where no seal belongs."""
    _loop(document, "{%p for note in footnotes %}")
    note = shape(document.add_paragraph(), LEFT, line=11)
    first = "{% if loop.first %}说明：{% else %}　　　{% endif %}"
    write(note, f"{first}{{{{ loop.index }}}}．{{{{ note }}}}{_STOP}", SONG, _NOTE_PT)
    _loop(document, "{%p endfor %}")
    copies = shape(document.add_paragraph(), LEFT, line=11)
    lead = "{% if footnotes %}　　　{% else %}说明：{% endif %}"
    kept = "{% if copies_note %}本表{{ copies_note }}；{% endif %}"
    write(copies, f"{lead}{kept}二维码上不得盖章。", SONG, _NOTE_PT)


def _loop(document: Any, tag: str) -> None:
    write(shape(document.add_paragraph(), LEFT, line=11), tag, SONG, _NOTE_PT)
