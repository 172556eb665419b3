"""Drafts the 学历证明书 (附件12): a certificate with a stub that the authority seals (art. 38)."""

from typing import Any

from templates.draft.paper import KAI, RIGHT, SONG, shape, write
from templates.draft.stubbed import HEAD, NATIVE, SCHOOL, STUDY, SUBJECT, Certificate, place
from templates.draft.stubbed import draft as drafted

_SENTENCE = (
    SUBJECT + NATIVE + STUDY + "在本校{{ stage }}"
    "{% if raw.stage == 'S' %}修业期满{% else %}学习期满{% endif %}，准予毕业，"
    "原毕业证书号码{{ original_no }}，特发给证明。"
)
_EFFECT = "{% if raw.stage == 'S' %}{{ text.effect_city }}{% else %}{{ text.effect }}{% endif %}"
_NAMED = "{% if raw.stage == 'S' %}市级教育行政部门{% else %}主管教育行政部门{% endif %}"
_KIND = Certificate(
    "学历证明书", _SENTENCE, (_SENTENCE, _EFFECT), (("head", 43.0), ("school", 58.0), ("validation", 60.0))
)


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    document, cells = drafted(_KIND)
    place(cells["head"], HEAD)
    place(cells["school"], SCHOOL)
    validation = cells["validation"]
    label = shape(validation.paragraphs[0], RIGHT, line=20)
    write(label, _NAMED, SONG, 12)
    write(label, "{{ seal('validation') }}", SONG, 12)
    write(shape(validation.add_paragraph(), RIGHT, before=50, line=24), "{{ issued_on }}", KAI, 13)
    return document
