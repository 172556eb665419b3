"""Who may issue what for whom: schools that are there, their stages, and a student's own school (arts. 2, 8, 27, 37)."""

from collections.abc import Mapping, Sequence

from service.access import Who
from service.errors import Objection
from service.regulation.case import Case, Rule
from service.regulation.days import day
from service.regulation.edition import Edition
from service.regulation.units import approver
from storage.records import Organization
from templates.form import Form

HANDOVER, RECORD_CERTIFICATE = "archive_transfer_list", "academic_record_certificate"
DIPLOMAS = {"P": "diploma_primary", "J": "diploma_junior", "S": "diploma_senior"}
KIND_DIGITS = 2


def school_exists(case: Case) -> list[Objection]:
    """Art. 8 (A08-2): a school that was merged or closed issues no paper after that day but the 移交清单."""
    unit = case.chain[0] if case.chain else None
    if unit is None or case.form.name == HANDOVER:
        return []
    heir = str(unit.data.get("merged_into", ""))
    if heir and _since(unit.data, "merged_on", case):
        advice = f"请由并入的学校（{heir}）办理"
        return [case.objection(None, "school_merged", 8, f"{unit.name}已并入其他学校", advice)]
    if unit.data.get("revoked_on") and _since(unit.data, "revoked_on", case):
        advice = "请由原主管教育行政部门指定接收档案的单位办理"
        return [case.objection(None, "school_revoked", 8, f"{unit.name}已撤销", advice)]
    return []


def _since(data: Mapping[str, object], name: str, case: Case) -> bool:
    since = day(str(data.get(name, "")))
    return since is None or since <= case.day


def own_school(case: Case) -> list[Objection]:
    """Art. 27 (A27-1): a certificate is issued by the school that holds the roll, never by a guest school."""
    if case.form.kind != "certificate" or not case.chain or case.home is None:
        return []
    unit = case.chain[0]
    if case.form.name == RECORD_CERTIFICATE and case.stage != case.grade[:1]:
        return _graduated_elsewhere(case, unit)
    if _stands_for(case, unit, case.home):
        return []
    if unit.kind != "school":
        what, advice = f"{case.form.title}上的学校须是学生学籍所在学校", "请在 school 中填写该校的学校标识码"
        return [case.objection("school", "school_must_issue", 37, what, advice)]
    what, advice = f"该生学籍不在{unit.name}，{case.form.title}由学籍所在学校发放", "请由原学校办理"
    return [case.objection("school", "not_the_own_school", 27, what, advice)]


def _graduated_elsewhere(case: Case, unit: Organization) -> list[Objection]:
    """Art. 38: the 学历证明 of an earlier stage is given by the school that gave its diploma, if our files tell."""
    schools = {
        item.school for item in case.earlier if item.form == DIPLOMAS.get(case.stage or "") and item.stands()
    }
    if not schools or any(_stands_for(case, unit, school) for school in schools):
        return []
    advice = "请由毕业学校办理（school 填该校的学校标识码）"
    return [case.objection("school", "not_the_graduating_school", 38, f"该生不是{unit.name}的毕业生", advice)]


def _stands_for(case: Case, unit: Organization, school: str) -> bool:
    """Tell whether a unit is a school, or the one it was merged into or whose files that holds, by however many steps (art. 8)."""
    seen: set[str] = set()
    while school and school not in seen:
        if unit.code == school:
            return True
        seen.add(school)
        gone = case.others.get(school)
        school = "" if gone is None else str(gone.data.get("merged_into") or gone.data.get("held_by", ""))
    return False


def stage_offered(case: Case) -> list[Objection]:
    """Arts. 2, 34, 36 and 37: a school gives certificates of its own stages only."""
    if case.form.kind != "certificate" or not case.chain or case.stage is None:
        return []
    offered = stages_of(case.chain[0], case.edition)
    if offered is None or case.stage in offered:
        return []
    name = case.edition.stages.get(case.stage, case.stage)
    what = f"{case.chain[0].name}没有{name}学段，不能出具{name}的{case.form.title}"
    return [
        case.objection(
            "school", "stage_not_offered", 2, what, "请由学生就读该学段的学校办理，或更正学校登记的学段"
        )
    ]


def stages_of(unit: Organization, edition: Edition) -> Sequence[str] | None:
    """The stages a school has: as registered, else by the kind in its code; None when neither tells."""
    told = unit.data.get("stages")
    if isinstance(told, list) and told:
        return [str(stage) for stage in told]
    return edition.school_kinds.get(unit.code[:KIND_DIGITS]) if unit.kind == "school" else None


def numbers_given_by(
    form: Form, who: Who, chain: Sequence[Organization], edition: Edition
) -> list[Objection]:
    """Arts. 34 and 36 (A36-1): a diploma's numbers are given by its 学籍主管部门 or the authority above it.

    `chain` is whoever gets the block and those above.
    """
    if not any(block.seal == "validation" for block in form.blocks) or len(form.stages) != 1:
        return []
    unit = approver(chain, form.stages[0], edition)
    codes = [one.code for one in chain]
    if unit is None or who.org in codes[codes.index(unit.code) :]:
        return []
    article = form.articles[-1]
    message = f"{form.title}由{unit.name}编号，{edition.cite(article)}；请由{unit.name}下达号段"
    return [Objection("form", "number_by_other_authority", message, article)]


RULES: tuple[Rule, ...] = (school_exists, own_school, stage_offered)
