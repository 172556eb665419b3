"""Drafts the 受理/补正/准予/不予办理通知书: A5 landscape, what was decided at the left, who decided at the right."""

from typing import Any

from templates.draft.cells import LABEL_PT, upright
from templates.draft.corners import mark
from templates.draft.grid import Row, Slot, build
from templates.draft.heads import foot, head
from templates.draft.paper import CENTRE, LEFT, RIGHT, SONG, new, shape, write
from templates.draft.portrait import RULE, band_rows, fill
from templates.draft.signing import DATE
from templates.draft.spec import BAND_MM, Band, Line, Part, named

PAGE = (210.0, 148.0)
_FORM = "decision_notice"
_MARGIN = 15.0
_LEFT_MM, _RIGHT_MM = 114.0, 46.0  # beside the two upright headings: the decision, and room for one seal
_ROW, _REASONS = 8.6, 35.0
_DECISION = Band(
    "办理结果",
    (
        Line((Part("case_no", 18, 96),), _ROW),
        Line((Part("student_name", 18, 96),), _ROW),
        Line((Part("matter", 18, 96),), _ROW),
        Line((Part("result", 18, 34), Part("due_on", 18, 44)), _ROW),
        Line((Part("articles", 18, 96),), _ROW),
        Line((Part("reasons", 18, 96, "理由及需\n补正材料"),), _REASONS),
    ),
)


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    names = named(_FORM)
    document = new(*PAGE, (_MARGIN, 10.0, _MARGIN, 6.0), names.title)
    mark(document.sections[0].header.paragraphs[0], PAGE)
    head(document, names.title)
    right = (
        Slot(BAND_MM, "issuer heading", upright=True, pad=(0.0, 0.0)),
        Slot(_RIGHT_MM, "issuer", middle=False, pad=(1.5, 1.5)),
    )
    rows = [Row(row.height, (*row.slots, *right)) for row in band_rows(_DECISION, _LEFT_MM)]
    cells = build(document, rows, rule=RULE)
    fill(cells, _DECISION, names)
    upright(cells["issuer heading"], names.blocks["issuer"]["label"], sum(row.height for row in rows))
    _issuer(cells["issuer"])
    shape(document.add_paragraph(), line=3, exact=True)
    foot(document)
    return document


def _issuer(cell: Any) -> None:
    """Who signs at the top, the seal below it with 22 mm of room all around, the date at the foot."""
    write(shape(cell.paragraphs[0], LEFT, line=13), "经办人", SONG, LABEL_PT)
    write(shape(cell.add_paragraph(), LEFT, line=13), "{{ sign('issuer') }}", SONG, LABEL_PT)
    write(shape(cell.add_paragraph(), CENTRE, before=69, line=13), "{{ seal('issuer') }}", SONG, LABEL_PT)
    write(shape(cell.add_paragraph(), RIGHT, before=84, line=13), DATE, SONG, LABEL_PT)
