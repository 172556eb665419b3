"""The forms a school fills in itself: reports, requests, records of one student, and the registrar's filing."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from templates.draft import portrait
from templates.draft.people import PUPIL, STUDENT
from templates.draft.spec import TEXT_MM, Band, Column, Line, Paper, Part, Place, PlaceRow, Rows

_SCHOOL = Place("school", heading="学校意见")

_ENTRY_CANCELLATION = Paper(
    "entry_cancellation_report",
    (
        STUDENT,
        Band(
            "报告事项",
            (
                Line((Part("ground", 16, 154, "事由"),)),
                Line((Part("contact_log", 16, 154, "学校\n联系情况"),), 30.0),
            ),
        ),
    ),
    (PlaceRow((_SCHOOL,)), PlaceRow((Place("authority", heading="学籍主管部门\n意见（普通高中）"),))),
)
_DROPOUT = Paper(
    "dropout_report",
    (
        PUPIL,
        Band(
            "辍学情况",
            (
                Line((Part("left_on", 16, 50), Part("address_now", 16, 88))),
                Line((Part("cause", 16, 154),), TEXT_MM),
                Line((Part("steps", 16, 154, "劝返措施与\n联系记录"),), TEXT_MM),
            ),
        ),
    ),
    (
        PlaceRow((_SCHOOL,)),
        PlaceRow((Place("township", "签收意见："), Place("authority", "签收意见："))),
    ),
)
_DEATH = Paper(
    "death_cancellation",
    (
        PUPIL,
        Band(
            "注销事由",
            (Line((Part("died_on", 16, 38), Part("proof_no", 20, 96, "证明文件\n名称编号"))),),
        ),
    ),
    (PlaceRow((_SCHOOL,)), PlaceRow((Place("authority", heading="学籍主管部门\n意见"),))),
)
_AUTO_WITHDRAWAL = Paper(
    "auto_withdrawal_request",
    (
        PUPIL,
        Band(
            "报请事项",
            (
                Line(
                    (
                        Part("ground", 16, 70, "事由"),
                        Part("truant_weeks_run", 16, 26),
                        Part("truant_weeks_sum", 16, 26),
                    )
                ),
            ),
        ),
        Band(
            "联系帮助\n教育记录",
            (
                Rows(
                    "contacts",
                    (
                        Column("no", 10),
                        Column("on", 24),
                        Column("manner", 20),
                        Column("with", 40),
                        Column("content", 76),
                    ),
                    8.6,
                ),
            ),
        ),
    ),
    (
        PlaceRow((Place("school"), Place("authority", heading="县教育局意见"))),
        PlaceRow((Place("city", heading="市教育局批准"),)),
    ),
    rows=5,
)
_ABSENCE = Paper(
    "absence_report",
    (
        PUPIL,
        Band(
            "报告事项",
            (
                Line(
                    (
                        Part("ground", 16, 54),
                        Part("left_on", 16, 42),
                        Part("keep_roll", 16, 26, "是否\n保留学籍"),
                    )
                ),
            ),
        ),
    ),
    (PlaceRow((_SCHOOL,)), PlaceRow((Place("city", "签收意见：", "市教育行政\n部门签收"),))),
)
_EXPULSION = Paper(
    "expulsion_request",
    (
        PUPIL,
        Band("报批事项", (Line((Part("facts", 16, 154),), TEXT_MM),)),
        Band(
            "既往处分",
            (
                Rows(
                    "prior",
                    (
                        Column("sanction", 41),
                        Column("decided_on", 43),
                        Column("probation_to", 43),
                        Column("revoked_on", 43),
                    ),
                    none="无",
                ),
            ),
        ),
        Band("陈述申辩", (Line((Part("heard", 16, 154, "学生及监护\n人陈述申辩\n记录"),), TEXT_MM),)),
    ),
    (
        PlaceRow((Place("school"),)),
        PlaceRow((Place("city", heading="市教育行政\n部门批准"),)),
    ),
    rows=4,
)
_SANCTION = Paper(
    "sanction_record",
    (
        PUPIL,
        Band(
            "处分",
            (
                Line(
                    (
                        Part("sanction", 16, 38),
                        Part("decided_on", 16, 42),
                        Part("probation_to", 16, 42, "留校察看\n截止"),
                    )
                ),
                Line((Part("facts", 16, 154),), 30.0),
            ),
        ),
        Band("撤销", (Line((Part("revoked_on", 16, 154),)),)),
    ),
    (PlaceRow((_SCHOOL,)),),
)
_AWARD = Paper(
    "award_record",
    (
        PUPIL,
        Band(
            "奖励",
            (
                Line((Part("award", 16, 154),)),
                Line((Part("award_level", 16, 54), Part("awarded_on", 16, 84))),
                Line((Part("awarded_by", 16, 154),)),
            ),
        ),
    ),
    (PlaceRow((_SCHOOL,)),),
)
_FILING = Paper(
    "registrar_filing",
    (
        Band(
            "备案事项",
            (
                Line((Part("registrar_name", 24, 61), Part("staff_kind", 24, 61, "是否正式\n工作人员"))),
                Line((Part("unit", 24, 146),)),
                Line((Part("trained_on", 24, 146),)),
                Line((Part("change", 24, 61, "备案类别"), Part("effective_on", 24, 61))),
            ),
        ),
    ),
    (
        PlaceRow((Place("head", heading="单位意见", signer="单位负责人"),)),
        PlaceRow((Place("authority", heading="上一级教育\n行政部门备案"),)),
    ),
)
PAPERS = (
    _ENTRY_CANCELLATION,
    _DROPOUT,
    _DEATH,
    _AUTO_WITHDRAWAL,
    _ABSENCE,
    _EXPULSION,
    _SANCTION,
    _AWARD,
    _FILING,
)
DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {paper.form: partial(portrait.draft, paper) for paper in PAPERS}
)
