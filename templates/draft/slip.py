"""Drafts the 材料封面页: one A4 page whose large letters tell from across a desk what lies behind it."""

from typing import Any

from templates.catalogue import SHEETS
from templates.draft.cells import label, value
from templates.draft.corners import mark
from templates.draft.grid import Row, Slot, build
from templates.draft.heads import foot, head
from templates.draft.paper import CENTRE, KAI, SONG, new, shape, write
from templates.draft.portrait import PAGE, RULE
from templates.draft.spec import named

FORM = "evidence_slip"
_MARGIN, _LABEL_MM, _VALUE_MM, _ROW_MM = 15.0, 32.0, 148.0, 12.0
_KIND_MM, _KIND_PT = 46.0, 26.0
_LINES = ("level", "paper", "student_name", "student_no", "school_name", "number")


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    names = named(FORM, SHEETS)
    document = new(*PAGE, (_MARGIN, 13.0, _MARGIN, 7.0), names.title)
    mark(document.sections[0].header.paragraphs[0], PAGE)
    head(document, names.title)
    wide = _LABEL_MM + _VALUE_MM
    rows = [
        Row(_KIND_MM, (Slot(wide, "evidence"),)),
        *(
            Row(_ROW_MM, (Slot(_LABEL_MM, f"{line} label"), Slot(_VALUE_MM, line, pad=(2.0, 0.4))))
            for line in _LINES
        ),
    ]
    cells = build(document, rows, rule=RULE)
    write(shape(cells["evidence"].paragraphs[0], CENTRE), "{{ evidence }}", KAI, _KIND_PT)
    for line in _LINES:
        label(cells[f"{line} label"], names.label(line), _LABEL_MM)
        value(cells[line], line)
    shape(document.add_paragraph(), line=6, exact=True)
    write(shape(document.add_paragraph(), CENTRE, line=24), "以下各页为上列材料", SONG, 15)
    shape(document.add_paragraph(), line=6, exact=True)
    foot(document)
    return document
