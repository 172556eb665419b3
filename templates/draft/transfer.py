"""Drafts the 山西省中小学生转学申请表 (附件8): the fullest of the forms, six places to sign (arts 17 and 18)."""

from typing import Any

from templates.draft import portrait
from templates.draft.spec import Band, Line, Paper, Part, Place, PlaceRow

_ROW, _PLACE = 7.4, 44.5  # the page is full: its rows are lower than those of the other forms
_STUDENT = Band(
    "学生信息",
    (
        Line(
            (
                Part("student_name", 16, 46),
                Part("sex", 10, 9),
                Part("ethnic", 10, 14),
                Part("birth_date", 18, 47),
            ),
            _ROW,
        ),
        Line(
            (
                Part("student_no", 16, 46),
                Part("id_type", 18, 25, "身份证件\n类型"),
                Part("id_number", 18, 47, "身份证件\n号码"),
            ),
            _ROW,
        ),
        Line(
            (
                Part("entry_month", 16, 46),
                Part("roll_state", 18, 25),
                Part("exam_taken", 18, 47, "是否已参加\n学业水平考试"),
            ),
            _ROW,
        ),
    ),
)
_GUARDIAN = Band(
    "监护人",
    (
        Line(
            (
                Part("guardian_name", 16, 46, "姓名"),
                Part("guardian_relation", 18, 25),
                Part("guardian_phone", 18, 47),
            ),
            _ROW,
        ),
        Line((Part("guardian_id", 16, 46, "身份证件\n号码"), Part("address_now", 18, 90)), _ROW),
    ),
)
_TRANSFER = Band(
    "转学信息",
    (
        Line(
            (
                Part("out_school", 16, 64),
                Part("out_school_code", 13, 25, "标识码"),
                Part("out_grade_class", 15, 37, "现就读年\n级、班级"),
            ),
            _ROW,
        ),
        Line(
            (
                Part("in_school", 16, 64),
                Part("in_school_code", 13, 25, "标识码"),
                Part("in_grade", 15, 37),
            ),
            _ROW,
        ),
        Line(
            (Part("hukou_old", 16, 64, "原户籍\n所在地"), Part("hukou_new", 18, 72, "现户籍/\n务工所在地")),
            _ROW,
        ),
        Line((Part("reason_code", 16, 154),), _ROW),
        Line((Part("reason", 16, 154),), 10.0),
    ),
)
_ASKED = "本人申请转学。以上内容及所附证明材料真实有效，并已知悉本表说明。"
_PAPER = Paper(
    "transfer_application",
    (_STUDENT, _GUARDIAN, _TRANSFER),
    (
        PlaceRow((Place("apply", _ASKED), Place("out_school")), _PLACE),
        PlaceRow((Place("in_school"), Place("out_auth", heading="转出学校学籍\n主管部门审批")), _PLACE),
        PlaceRow(
            (
                Place("in_auth", heading="转入学校学籍\n主管部门审批"),
                Place("city", heading="市教育局审批\n（普通高中）"),
            ),
            _PLACE,
        ),
    ),
    full=True,
)


def draft() -> Any:
    """Draft the template and give the python-docx document."""
    return portrait.draft(_PAPER)
