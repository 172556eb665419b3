"""Specs of the rosters: lists of pupils that a school and its authority sign and seal."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from templates.draft import roster
from templates.draft.flow import Table, columns, definition
from templates.draft.roster import LANDSCAPE, PLACE, PORTRAIT, Fact, Roster
from templates.draft.spec import Place, PlaceRow

_SMALL = 8.0  # points in which 19 characters of a 学籍号 take 33.6 mm
_SCHOOL = Fact("school", "学校", 150)


def class_roster() -> Any:
    """Draft 在校生分班名册 (附件3): a class and its pupils, approved before they join it (arts 6 and 13)."""
    widths = {
        "no": 9,
        "student_no": 36,
        "student_name": 28,
        "sex": 9,
        "birth_date": 21,
        "ethnic": 17,
        "id_number": 34.4,
        "hukou_division": 40,
        "attend_way": 16,
        "source": 20,
        "remark": 36.6,
    }
    left = ("hukou_division", "remark")
    rows = Table("rows", columns(definition("class_roster"), "rows", widths, left=left))
    facts = (
        (_SCHOOL, Fact("school_year", "学年", 79)),
        (
            Fact("grade", "年级", 50),
            Fact("class_no", "班级", 50),
            Fact("class_teacher_name", "班主任", 80),
            Fact("head_count", "班容量（人）", 49),
        ),
    )
    places = (
        Place("teacher", "名册与本班学生相符。", signer="班主任"),
        Place("head", signer="校长"),
        Place("authority", signer="负责人"),
    )
    totals = "合计：{{ total.rows.length }} 人"
    return roster.draft(
        Roster("class_roster", LANDSCAPE, facts, (rows,), (PlaceRow(places, PLACE),), totals=totals)
    )


def graduate_roster() -> Any:
    """Draft 毕业生花名册 (附件5): who leaves with which certificate, sealed by 验印 (arts 6, 34 and 36)."""
    widths = {
        "no": 8,
        "class_no": 10,
        "student_no": 33.6,
        "student_name": 20,
        "sex": 8,
        "ethnic": 11.4,
        "birth_date": 18.4,
        "id_number": 32,
        "study_from": 13.4,
        "study_to": 13.4,
        "conclusion": 14,
        "certificate_no": 32,
        "photo": 15,
        "signature": 20,
        "remark": 17.8,
    }
    labels = {"conclusion": "毕业结论\n（毕业/结\n业/肄业）"}
    cells = columns(
        definition("graduate_roster"), "rows", widths, size=_SMALL, left=("remark",), labels=labels
    )
    facts = (
        (_SCHOOL, Fact("grad_year", "毕业年度（届）", 79)),
        (Fact("stage", "学段", 50), Fact("no_range", "证书编号起止", 179)),
    )
    places = (
        Place("registrar", "名册与学籍档案相符。", signer="制表人"),
        Place("head", signer="校长"),
        Place("authority", "核准毕业，予以验印。", signer="负责人"),
    )
    totals = (
        "合计：应毕业 {{ totals[0].due }} 人，毕业 {{ totals[0].graduated }} 人，"
        "结业 {{ totals[0].completed }} 人，肄业 {{ totals[0].incomplete }} 人，未发 {{ totals[0].unissued }} 人。"
    )
    rows = Table("rows", cells, height=9.0)
    return roster.draft(
        Roster("graduate_roster", LANDSCAPE, facts, (rows,), (PlaceRow(places, PLACE),), totals=totals)
    )


def admission_roster() -> Any:
    """Draft 初一/高一新生录取花名册: who was admitted within the plan (arts 6, 9 and 12)."""
    widths = {
        "no": 9,
        "exam_no": 27,
        "student_no": 36,
        "student_name": 22,
        "sex": 9,
        "birth_date": 21,
        "id_number": 34.4,
        "from_school": 34,
        "entry_way": 22,
        "score": 14,
        "reported": 18,
        "remark": 20.6,
    }
    labels = {
        "exam_no": "报名号或\n准考证号",
        "score": "录取成绩\n（高中）",
        "reported": "报到情况\n（报到/延期\n/未报到）",
    }
    left = ("from_school", "remark")
    cells = columns(definition("admission_roster"), "rows", widths, left=left, labels=labels)
    facts = (
        (_SCHOOL, Fact("entry_year", "招生年度", 79)),
        (Fact("stage", "学段", 50), Fact("plan_no", "招生计划文号及人数", 179)),
    )
    places = (
        Place("school", "名册与录取结果相符。", signer="校长"),
        Place("authority", signer="负责人"),
    )
    totals = "合计：录取 {{ total.rows.length }} 人"
    return roster.draft(
        Roster(
            "admission_roster",
            LANDSCAPE,
            facts,
            (Table("rows", cells),),
            (PlaceRow(places, PLACE),),
            totals=totals,
        )
    )


def diploma_batch() -> Any:
    """Draft 毕业证书验印申报（汇总）表: how many diplomas are asked for, and who earned them (arts 34 to 36)."""
    raw = definition("diploma_batch")
    quarter = {"due": 45, "graduated": 45, "completed": 45, "incomplete": 45}
    widths = {
        "no": 8,
        "student_no": 33.6,
        "student_name": 20.4,
        "quality": 16,
        "credits": 22,
        "exams": 24,
        "sanctions": 16,
        "sports": 11,
        "practice": 15,
        "result": 14,
    }
    labels = {
        "quality": "基础素养\n评价",
        "credits": "学分\n（总/必修/\n选修/校本）",
        "exams": "学业水平\n考试",
        "practice": "劳动和\n社会实践",
    }
    counts = Table(
        "counts",
        columns(raw, "counts", quarter, size=10.0),
        heading="一、应毕业/准予毕业/结业/肄业人数",
        height=9.0,
    )
    report = Table(
        "conditions_report",
        columns(raw, "conditions_report", widths, size=_SMALL, labels=labels),
        heading="二、普通高中毕业条件逐人核验表（学分、学考、处分、体育、实践）",
        absent="小学、初中不填",
    )
    facts = (
        (Fact("school", "学校", 142),),
        (Fact("stage", "学段", 60), Fact("grad_year", "毕业年度", 60)),
        (Fact("no_range", "申请编号数量与起止", 142),),
    )
    places = (
        Place("head", "申报内容属实。", signer="校长"),
        Place("authority", "核准编号，予以验印。", signer="负责人"),
    )
    return roster.draft(
        Roster("diploma_batch", PORTRAIT, facts, (counts, report), (PlaceRow(places, PLACE),))
    )


def diploma_collection() -> Any:
    """Draft 毕业证书领取登记表: each diploma signed for by its holder (arts 34 and 36)."""
    widths = {
        "no": 9,
        "certificate_no": 32,
        "student_name": 22,
        "student_no": 33.6,
        "collected_on": 19,
        "signature": 24,
        "agent": 22,
        "remark": 18.4,
    }
    labels = {"agent": "代领人\n及关系"}
    cells = columns(definition("diploma_collection"), "rows", widths, size=_SMALL, labels=labels)
    facts = ((Fact("school", "学校", 142),),)
    places = (Place("registrar", "以上证书均已发给本人或其代领人。", signer="发放人"),)
    rows = Table("rows", cells, height=9.0)
    totals = "合计：{{ total.rows.length }} 本"
    return roster.draft(
        Roster("diploma_collection", PORTRAIT, facts, (rows,), (PlaceRow(places, PLACE),), totals=totals)
    )


DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "class_roster": class_roster,
        "graduate_roster": graduate_roster,
        "admission_roster": admission_roster,
        "diploma_batch": diploma_batch,
        "diploma_collection": diploma_collection,
    }
)
