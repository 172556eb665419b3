"""The bands that many forms share: the student, the student's school, the guardian."""

from templates.draft.spec import Band, Line, Part

_IDENTITY = (
    Line(
        (
            Part("student_name", 16, 50),
            Part("sex", 10, 10),
            Part("ethnic", 10, 16),
            Part("birth_date", 16, 42),
        )
    ),
    Line(
        (
            Part("student_no", 16, 50),
            Part("id_type", 16, 30, "身份证件\n类型"),
            Part("id_number", 16, 42, "身份证件\n号码"),
        )
    ),
)
_SCHOOL = (
    Line((Part("school_name", 16, 96), Part("school_code", 16, 42, "学校\n标识码"))),
    Line((Part("grade", 16, 50), Part("class_no", 16, 88))),
)
STUDENT = Band("学生信息", _IDENTITY)
PUPIL = Band("学生信息", _IDENTITY + _SCHOOL)
GUARDIAN = Band(
    "监护人",
    (
        Line(
            (
                Part("guardian_name", 16, 50, "姓名"),
                Part("guardian_relation", 16, 30, "与学生\n关系"),
                Part("guardian_phone", 16, 42),
            )
        ),
        Line((Part("guardian_id", 16, 50, "身份证件\n号码"), Part("address_now", 16, 88))),
    ),
)
