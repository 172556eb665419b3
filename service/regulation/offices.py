"""The clauses on the papers of units themselves: staff, look-ups, handovers, validation (arts. 8, 36, 42 and 44)."""

from collections.abc import Sequence

from service.errors import Objection
from service.regulation.case import Case, Rule
from service.regulation.issuing import HANDOVER, KIND_DIGITS, stages_of
from service.regulation.units import approver

FILING, ACCESS, BATCH = "registrar_filing", "access_request", "diploma_batch"
TERM, SCHOOL, DIPLOMA = "term_change_report", "school_info", "diploma_senior"
LEAVING = "3"
"""Code of the staff change 离任."""
NO = "0"
MONTH_AT = len("2026-")


def permanent_staff(case: Case) -> list[Objection]:
    """Art. 42 (A42-1): a registrar is permanent staff and trained before taking office."""
    if case.form.name != FILING or case.values.get("change") == LEAVING:
        return []
    found = []
    if case.values.get("staff_kind") == NO:
        what, advice = "学籍管理员须为正式工作人员", "请改派正式工作人员"
        found.append(case.objection("staff_kind", "registrar_not_staff", 42, what, advice))
    trained, begins = case.values.get("trained_on", ""), case.values.get("effective_on", "")
    if trained and begins and trained > begins:
        what, advice = (
            "学籍管理员须经培训合格方可上岗",
            "请核对培训合格日期（trained_on）和生效日期（effective_on）",
        )
        found.append(case.objection("trained_on", "registrar_not_trained", 42, what, advice))
    return found


def access_ends_later(case: Case) -> list[Objection]:
    """Art. 44 (A44-1): an approval to look into the files is not over before it is asked for."""
    until = case.values.get("valid_to", "")
    if case.form.name != ACCESS or not until or until >= case.day.isoformat():
        return []
    return [
        case.objection("valid_to", "access_over", 44, "批准有效期早于申请日期", "请改填有效期（valid_to）")
    ]


def handed_to_another(case: Case) -> list[Objection]:
    """Art. 8 (A08-1): files are handed from one unit to another."""
    sender, receiver = (case.values.get(name, "") for name in ("from_unit", "to_unit"))
    if case.form.name != HANDOVER or not sender or sender != receiver:
        return []
    return [
        case.objection(
            "to_unit", "handed_to_itself", 8, "移出单位与接收单位相同", "请改填接收单位（to_unit）"
        )
    ]


def reporting_unit(case: Case) -> list[Objection]:
    """Art. 7: the unit that reports a term's changes is the one that issues the paper."""
    named = case.values.get("unit", "")
    if case.form.name != TERM or not named or not case.chain or named == case.chain[0].name:
        return []
    what, advice = f"呈报单位须是{case.chain[0].name}", "请改填呈报单位（unit），或由该单位办理"
    return [case.objection("unit", "unit_differs", 7, what, advice)]


def kind_on_record(case: Case) -> list[Objection]:
    """Arts. 2 and 3: the kind of school is that of its code, and its 学籍主管部门 that of one of its stages."""
    if case.form.name != SCHOOL or not case.chain or case.chain[0].kind != "school":
        return []
    school, found = case.chain[0], []
    kind, named = (case.values.get(name, "") for name in ("school_kind", "supervisor"))
    if kind and kind[:KIND_DIGITS] != school.code[:KIND_DIGITS]:
        what, advice = "办学类型与学校标识码前两位不符", "请改填办学类型（school_kind）"
        found.append(case.objection("school_kind", "school_kind_differs", 2, what, advice))
    stages: Sequence[str | None] = stages_of(school, case.edition) or [None]
    units = [approver(case.chain, stage, case.edition) for stage in stages]
    names = list(dict.fromkeys(unit.name for unit in units if unit is not None))
    if named and names and named not in names:
        what, advice = f"学籍主管部门须是{'或'.join(names)}", "请改填学籍主管部门（supervisor）"
        found.append(case.objection("supervisor", "supervisor_differs", 3, what, advice))
    return found


def diploma_late(case: Case) -> list[Objection]:
    """Art. 36 (A36-1), a warning: a senior diploma is validated by the end of May of its year."""
    last = str(case.edition.limits["validate_by"].value)
    dated = case.values.get("issued_on", "") or case.day.isoformat()
    if case.form.name != DIPLOMA or dated[MONTH_AT:] <= last:
        return []
    what = f"普通高中毕业证书验印应在每年 {last} 前一次完成"
    return [case.objection("issued_on", "diploma_late", 36, what, "请附市教育局同意补办验印的文件")]


def validation_late(case: Case) -> list[Objection]:
    """Art. 36 (A36-1), a warning: senior diplomas are validated once a year, by the end of May."""
    last = str(case.edition.limits["validate_by"].value)
    if case.form.name != BATCH or case.stage != "S" or f"{case.day:%m-%d}" <= last:
        return []
    what = f"普通高中毕业证书验印应在每年 {last} 前一次完成"
    return [case.objection(None, "validation_late", 36, what, "请附市教育局同意补办验印的文件")]


RULES: tuple[Rule, ...] = (
    permanent_staff,
    access_ends_later,
    handed_to_another,
    reporting_unit,
    kind_on_record,
)
WARNINGS: tuple[Rule, ...] = (validation_late, diploma_late)
