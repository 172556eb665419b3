"""Drafts the 结业证明书 and the 肄业证明书 (附件11): issued by the school alone, without 验印 (art. 37)."""

from functools import partial
from typing import Any

from templates.draft.paper import KAI, RIGHT, SONG, shape, write
from templates.draft.stubbed import HEAD, NATIVE, SCHOOL, STUDY, SUBJECT, Certificate, place
from templates.draft.stubbed import draft as drafted

_AGE = "{% if age %}现年{{ age }}岁，{% endif %}"
_COMPLETED = "在本校高中{{ text.granted }}"
_LEFT_EARLY = "在本校高中修业{{ study_length }}，{{ text.granted }}"
_PLACES = (("head", 45.0), ("school", 57.0), ("date", 59.0))
COMPLETION = Certificate(
    "结业证明书",
    SUBJECT + _AGE + NATIVE + STUDY + _COMPLETED,
    (SUBJECT + NATIVE + STUDY + _COMPLETED,),
    _PLACES,
)
INCOMPLETE = Certificate(
    "肄业证明书", SUBJECT + NATIVE + STUDY + _LEFT_EARLY, (SUBJECT + NATIVE + STUDY + _LEFT_EARLY,), _PLACES
)


def draft(kind: Certificate) -> Any:
    """Draft the template and give the python-docx document."""
    document, cells = drafted(kind)
    place(cells["head"], HEAD)
    place(cells["school"], SCHOOL)
    write(shape(cells["date"].paragraphs[0], RIGHT, before=96, line=24), "{{ issued_on }}", KAI, 13)
    cells["foot"].add_paragraph().add_run("{%p for note in footnotes %}")
    write(shape(cells["foot"].add_paragraph()), "{{ note }}", SONG, 8.5)
    cells["foot"].add_paragraph().add_run("{%p endfor %}")
    return document


draft_completion, draft_incomplete = partial(draft, COMPLETION), partial(draft, INCOMPLETE)
