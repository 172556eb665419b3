"""The clauses on diplomas and on the 学历证明: stage, span, and once only (arts. 34, 36 and 38)."""

from collections.abc import Mapping

from service.errors import Objection
from service.regulation.case import Case, Rule
from templates.catalogue import Form

DIPLOMA = "diploma_"
"""How the names of the forms of arts. 34 and 36 begin."""
GRADUATION = {"P": 34, "J": 34, "S": 36}
"""Stage → the article under which its diploma is given."""


def is_diploma(form: Form) -> bool:
    """Tell whether a form is a diploma itself, not the paper that replaces a lost one."""
    return form.kind == "certificate" and form.name.startswith(DIPLOMA)


def right_stage(case: Case) -> list[Objection]:
    """Arts. 34 and 36: a diploma is for a student of its own stage."""
    if case.form.kind != "certificate" or case.stage in case.form.stages:
        return []
    names = "、".join(case.edition.stages.get(stage, stage) for stage in case.form.stages)
    article = GRADUATION.get(case.form.stages[0], 34)
    return [
        Objection(
            "stage" if "stage" in case.values else "grade",
            "wrong_stage",
            f"{case.form.title}只发给{names}学生，该生学段不符；请核对学生年级或改选表样",
            article,
        )
    ]


def study_span(case: Case) -> list[Objection]:
    """Art. 34: 学习期满 means that the studies ended after they began."""
    begin, end = case.values.get("study_from", ""), case.values.get("study_to", "")
    if not begin or not end or begin < end:
        return []
    return [
        Objection(
            "study_to", "study_span", "毕业年月（study_to）须晚于入学年月（study_from）；请核对后重填", 34
        )
    ]


def one_diploma(case: Case) -> list[Objection]:
    """Art. 38: a lost diploma is never given again; a blank spoilt before 验印 was no diploma yet."""
    if not is_diploma(case.form) or not case.same():
        return []
    return [
        Objection(
            None,
            "diploma_already_issued",
            f"该生已发过{case.form.title}，{case.edition.cite(38)}；遗失的请改办学历证明"
            "（academic_record_certificate）",
            38,
        )
    ]


def one_record_certificate(case: Case) -> list[Objection]:
    """Art. 38: the 学历证明 is given once for each student and stage."""
    if "stage" not in case.form.once_per or not case.same():
        return []
    return [
        Objection(
            None,
            "record_certificate_once",
            f"该生本学段已办过{case.form.title}，{case.edition.cite(38)}；如有特殊情况请报主管教育行政部门",
            38,
        )
    ]


def number_objections(form: Form, values: Mapping[str, str], *, has_blocks: bool) -> list[Objection]:
    """Arts. 34 and 36: a diploma's number is the authority's; it comes out of a block and is never typed."""
    field = form.number_field
    if field is None or has_blocks or field not in values or not is_diploma(form):
        return []
    return [
        Objection(
            field,
            "number_from_block",
            f"证书编号由主管部门的号段给出，不能自填（{field}）；请删去这一栏",
            GRADUATION.get(form.stages[0], 34),
        )
    ]


RULES: tuple[Rule, ...] = (right_stage, study_span)
ONCE: tuple[Rule, ...] = (one_diploma, one_record_certificate)
