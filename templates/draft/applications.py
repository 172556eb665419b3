"""The forms a student or a guardian applies with: what each asks for and who decides."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from templates.draft import portrait
from templates.draft.people import GUARDIAN, PUPIL, STUDENT
from templates.draft.spec import TEXT_MM, Band, Column, Line, Paper, Part, Place, PlaceRow, Rows

_LOW_MM = 26.0  # a signature and a date, no seal
_TRUE = "以上内容及所附证明材料真实有效"

_SUSPENSION = Paper(
    "suspension_application",
    (
        PUPIL,
        GUARDIAN,
        Band(
            "申请事项",
            (
                Line(
                    (
                        Part("mode", 16, 38, "申请类别"),
                        Part("suspend_from", 16, 42, "休学\n开始日期"),
                        Part("suspend_to", 16, 42, "休学\n截止日期"),
                    )
                ),
                Line((Part("reason_code", 16, 154, "休学原因\n类别"),)),
                Line((Part("reason", 16, 154),), TEXT_MM),
                Line((Part("medical_unit", 16, 154, "诊断医疗\n单位及级别"),)),
                Line((Part("diagnosis", 16, 154),), TEXT_MM),
                Line(
                    (
                        Part("resume_on", 16, 38),
                        Part("total_months", 18, 12, "累计休学\n时长（月）"),
                        Part("hours_missed", 20, 66, "已缺课学时/\n学期总学时"),
                    )
                ),
                Line(
                    (
                        Part("grade_when_suspended", 16, 69, "休学时\n年级班级"),
                        Part("resume_grade", 16, 69, "复学\n年级班级"),
                    )
                ),
            ),
        ),
    ),
    (
        PlaceRow((Place("apply", f"{_TRUE}，请予办理。"), Place("teacher")), _LOW_MM),
        PlaceRow((Place("school"), Place("authority", heading="学籍主管部门\n审批意见"))),
    ),
    full=True,
)
_GUEST = Paper(
    "guest_study_application",
    (
        STUDENT,
        GUARDIAN,
        Band(
            "借读信息",
            (
                Line(
                    (
                        Part("home_school", 16, 74, "学籍所在\n学校"),
                        Part("home_grade_class", 16, 64, "原年级\n班级"),
                    )
                ),
                Line((Part("guest_school", 16, 74), Part("guest_grade_class", 16, 64, "借读\n年级班级"))),
                Line(
                    (
                        Part("guest_from", 16, 42),
                        Part("guest_to", 16, 42),
                        Part("class_size_after", 18, 36, "接收后\n班级人数"),
                    )
                ),
                Line(
                    (
                        Part("reason_code", 16, 74, "借读理由\n类别"),
                        Part("relative_name", 18, 62, "借读地亲属\n姓名及关系"),
                    )
                ),
                Line((Part("reason", 16, 154),), TEXT_MM),
                Line((Part("relative_hukou", 16, 154, "亲属\n户籍地址"),), 13.0),
            ),
        ),
    ),
    (
        PlaceRow((Place("apply", f"本人申请借读。{_TRUE}，并已知悉本表说明。"), Place("home"))),
        PlaceRow((Place("guest"), Place("authority", heading="接收学校教育\n主管部门审批"))),
    ),
    full=True,
)
_WITHDRAWAL = Paper(
    "withdrawal_application",
    (
        PUPIL,
        GUARDIAN,
        Band(
            "退学事项",
            (
                Line((Part("stage", 16, 20), Part("leave_on", 16, 36), Part("destination", 16, 66))),
                Line((Part("reason_code", 16, 154),)),
                Line((Part("reason", 16, 154),), TEXT_MM),
            ),
        ),
    ),
    (
        PlaceRow(
            (
                Place(
                    "apply",
                    f"本人申请退学。{_TRUE}，并已知悉本表说明。",
                    "学生本人/\n监护人申请",
                    "学生/监护人",
                ),
                Place("school"),
            )
        ),
        PlaceRow((Place("township", heading="乡镇（街道）\n人民政府批准"), Place("authority"))),
    ),
)
_INFO_CHANGE = Paper(
    "info_change_application",
    (
        PUPIL,
        GUARDIAN,
        Band(
            "变更项目",
            (
                Rows(
                    "changes",
                    (Column("item", 26), Column("before", 52), Column("after", 52), Column("basis", 40)),
                ),
            ),
        ),
        Band("变更理由", (Line((Part("reason", 16, 154, "理由"),), TEXT_MM),)),
    ),
    (
        PlaceRow((Place("apply", f"本人申请变更上列学籍信息。{_TRUE}。"),), _LOW_MM),
        PlaceRow((Place("school"), Place("authority", heading="主管教育局学籍\n管理部门审批"))),
    ),
    rows=5,
)
_DEFERRED = Paper(
    "deferred_entry_application",
    (
        Band(
            "新生信息",
            (
                Line((Part("student_name", 16, 70), Part("id_number", 16, 68, "身份证件\n号码"))),
                Line((Part("school_name", 16, 100), Part("stage", 16, 38))),
            ),
        ),
        GUARDIAN,
        Band(
            "申请事项",
            (
                Line((Part("term_start", 16, 70), Part("defer_to", 16, 68))),
                Line((Part("reason", 16, 154),), 30.0),
            ),
        ),
    ),
    (
        PlaceRow((Place("apply", f"本人申请延期办理入学手续。{_TRUE}。"),), _LOW_MM),
        PlaceRow((Place("school"),)),
    ),
)
_RECORD = Paper(
    "record_cert_application",
    (
        Band(
            "申请人",
            (
                Line((Part("student_name", 22, 60, "姓名\n（毕业时姓名）"), Part("name_now", 22, 66))),
                Line((Part("id_number", 22, 60), Part("phone", 22, 66))),
                Line((Part("agent", 22, 148, "代办人\n及关系"),)),
            ),
        ),
        Band(
            "学历信息",
            (
                Line((Part("school_name", 22, 148, "毕业学校\n（毕业时名称）"),)),
                Line((Part("stage", 22, 34), Part("study_from", 22, 34), Part("study_to", 22, 36))),
                Line((Part("original_no", 22, 148),)),
                Line((Part("lost_note", 22, 148),), 24.0),
            ),
        ),
    ),
    (
        PlaceRow((Place("apply", f"本人申请补办学历证明。{_TRUE}。", signer="申请人"),), _LOW_MM),
        PlaceRow(
            (
                Place("school", heading="毕业学校核查意见\n（档案卷页）"),
                Place("authority", heading="主管教育行政\n部门意见"),
            )
        ),
    ),
)
_ACCESS = Paper(
    "access_request",
    (
        Band(
            "申请事项",
            (
                Line((Part("applicant", 20, 150, "查阅单位/人"),)),
                Line((Part("applicant_id", 20, 150, "证件号/\n介绍信号"),)),
                Line((Part("purpose", 20, 150),), 24.0),
                Line((Part("scope", 20, 150, "查阅对象\n与内容范围"),), 24.0),
                Line((Part("manner", 20, 62, "查阅方式"), Part("valid_to", 20, 68))),
            ),
        ),
    ),
    (
        PlaceRow((Place("apply", "所查内容只用于上列事由，不外传、不扩大使用范围。"),), _LOW_MM),
        PlaceRow((Place("authority", heading="学籍主管部门\n书面批准"),)),
    ),
)
_VOCATIONAL = Paper(
    "vocational_transfer_application",
    (
        PUPIL,
        GUARDIAN,
        Band(
            "申请事项",
            (
                Line((Part("in_school", 20, 150, "转入中等\n职业学校"),)),
                Line((Part("reason", 20, 150),), TEXT_MM),
            ),
        ),
    ),
    (
        PlaceRow(
            (
                Place("apply", f"本人申请转入中等职业学校。{_TRUE}。", signer="本人及监护人"),
                Place("out_school", heading="转出学校意见"),
            )
        ),
        PlaceRow((Place("in_school", heading="接收学校意见"), Place("city", heading="市教育局审批"))),
    ),
)
_SPECIAL = Paper(
    "special_placement_form",
    (
        PUPIL,
        GUARDIAN,
        Band(
            "学籍安排",
            (
                Line((Part("disability", 16, 54), Part("placement", 16, 84, "安排"))),
                Line((Part("other_school_name", 16, 154),)),
            ),
        ),
    ),
    (
        PlaceRow((Place("apply", "已知悉并同意上列学籍安排。", "监护人意见"),), _LOW_MM),
        PlaceRow((Place("school", heading="学校意见"), Place("authority", heading="学籍主管部门\n意见"))),
    ),
)
PAPERS = (
    _SUSPENSION,
    _GUEST,
    _WITHDRAWAL,
    _INFO_CHANGE,
    _DEFERRED,
    _RECORD,
    _ACCESS,
    _VOCATIONAL,
    _SPECIAL,
)
DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {paper.form: partial(portrait.draft, paper) for paper in PAPERS}
)
