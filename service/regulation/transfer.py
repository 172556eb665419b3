"""The clauses on 转学 that a form can break on paper, and the moves beside it (arts. 17 to 21)."""

from collections.abc import Mapping, Sequence

from service.errors import Objection
from service.regulation.case import Case, Rule, words
from service.regulation.issuing import KIND_DIGITS, stages_of
from service.regulation.standing import LAST_GRADES, open_sanctions, suspended
from storage.records import Organization

FORM, VOCATIONAL, PLACEMENT = (
    "transfer_application",
    "vocational_transfer_application",
    "special_placement_form",
)
SENIOR_KIND, VOCATIONAL_KIND = "34", "36"
PUBLIC, PRIVATE, MODEL = "G", "M", "D"
"""Codes of 举办性质 (公办, 民办) and of 高中等级 (省级示范)."""
MIGRANT, TAUGHT_AT_HOME = "2", "3"
"""Codes of the transfer reason 外来务工 and of the placement 送教上门."""


def same_grade(case: Case) -> list[Objection]:
    """Art. 20 (A20-1): a transfer does not change the grade."""
    wanted = case.values.get("in_grade", "")
    if case.form.name != FORM or not wanted or not case.grade or wanted == case.grade:
        return []
    what = f"转入年级（in_grade）须与现就读年级 {case.grade} 相同"
    return [case.objection("in_grade", "grade_changed", 20, what, "请改填")]


def not_graduating(case: Case) -> list[Objection]:
    """Art. 20 (A20-2): nobody moves in the last grade of a stage; no authority may except from it."""
    if case.form.name != FORM or case.grade not in LAST_GRADES:
        return []
    what = f"{words('grade', case.grade)}是毕业年级，不能转学"
    return [case.objection("in_grade", "graduating_grade", 20, what, "请在毕业升学后到新学校入学")]


def outside_term(case: Case) -> list[Objection]:
    """Art. 20 (A20-2): not during a term, by the term table of the authorities; 原则上, so it can be excepted."""
    if case.form.name != FORM:
        return []
    for begin, end in terms(case):
        if begin <= case.day.isoformat() <= end:
            what = f"{begin} 至 {end} 是学期中，原则上不能转学"
            advice = "请在放假期间办理；确需办理的，请报学籍主管部门凭批准文件和理由办理（override）"
            return [case.objection(None, "transfer_in_term", 20, what, advice)]
    return []


def terms(case: Case) -> list[tuple[str, str]]:
    """First and last day of the terms, as the nearest authority has registered them (`terms`)."""
    told: Sequence[Mapping[str, str]] = next(
        (unit.data["terms"] for unit in case.chain if unit.data.get("terms")), []
    )
    return [(term["begins"], term["ends"]) for term in told]


def free_to_move(case: Case) -> list[Objection]:
    """Art. 20 (A20-3): not while suspended, not while a sanction is unrevoked."""
    if case.form.name != FORM:
        return []
    found = []
    if suspended(case):
        found.append(case.objection(None, "suspended", 20, "该生在休学期间，不予转学", "请先办理复学"))
    for code in open_sanctions(case):
        what = f"该生的处分（{words('sanction', code)}）尚未撤销，不予转学"
        found.append(case.objection(None, "sanction_open", 20, what, "请先办理处分撤销（sanction_record）"))
    return found


def moved_away(case: Case) -> list[Objection]:
    """Art. 17 (A17-1): household or place of work moved to another county, and not within one urban area."""
    old, new = case.values.get("hukou_old", ""), case.values.get("hukou_new", "")
    reason = case.values.get("reason_code")
    if case.form.name != FORM or not new or reason not in {"1", MIGRANT}:
        return []
    migrant = reason == MIGRANT
    before = (_county(case.chain) or old) if migrant else old
    if not before or not same_area(case, before, new):
        return []
    what = "务工地" if migrant else "户籍"
    return [
        case.objection(
            "hukou_new",
            "not_moved",
            17,
            f"{what}没有跨省、市、县迁移（同城区内迁移不算）",
            "请核对原户籍所在地和现户籍/务工所在地（hukou_new）；没有迁移的不能转学",
        )
    ]


def to_new_home(case: Case) -> list[Objection]:
    """Art. 17: the new school lies where the household or the work is now; told when it is registered."""
    new, school = case.values.get("hukou_new", ""), _receiving(case)
    county = school.parent if school else None
    known = case.others.get(county or "")
    if case.form.name != FORM or school is None or not new or known is None or known.kind != "county":
        return []
    if county == new or same_area(case, str(county), new):
        return []
    what = f"{school.name}不在现户籍或务工所在地"
    advice = "请改填所在地的学校，或核对现户籍/务工所在地（hukou_new）"
    return [case.objection("in_school_code", "school_elsewhere", 17, what, advice)]


def right_kind_of_school(case: Case) -> list[Objection]:
    """Art. 20 (A20-6) and art. 19: from 中职 nobody comes into 普通高中, and 中职 has a form of its own."""
    if case.form.name != FORM:
        return []
    origin, target = (code[:KIND_DIGITS] for code in (case.of("out_school_code"), case.of("in_school_code")))
    if origin == VOCATIONAL_KIND:
        what, advice = "普通高中不得接收中等职业教育学校学生转入", "请不要办理"
        return [case.objection("out_school_code", "from_vocational", 20, what, advice)]
    if target == VOCATIONAL_KIND:
        advice = f"请改用《普通高中学生转入中等职业学校申请表》（{VOCATIONAL}）"
        return [case.objection("in_school_code", "to_vocational", 19, "转入学校是中等职业学校", advice)]
    return []


def known_school(case: Case) -> list[Objection]:
    """Art. 20 (A20-1): a registered school is called by its name, and has the stage of the pupil (同级互转)."""
    school, named = _receiving(case), case.values.get("in_school", "")
    if case.form.name != FORM or school is None or school.kind != "school":
        return []
    found = []
    if named and named != school.name:
        what = f"转入学校标识码（in_school_code）登记的是{school.name}，与所填校名不符"
        advice = "请改填校名（in_school）或标识码"
        found.append(case.objection("in_school", "school_name_differs", 20, what, advice))
    offered = stages_of(school, case.edition)
    if case.stage and offered is not None and case.stage not in offered:
        what = f"{school.name}没有{case.edition.stages.get(case.stage, case.stage)}学段，转学须同级互转"
        found.append(case.objection("in_school_code", "stage_not_there", 20, what, "请改填有该生学段的学校"))
    return found


def right_standing(case: Case) -> list[Objection]:
    """Art. 20 (A20-4): from an ordinary to a model senior school never; 民办 to 公办 only as the authority places."""
    school, own = _receiving(case), case.chain[0] if case.chain else None
    if case.form.name != FORM or case.stage != "S" or school is None or own is None:
        return []
    found = []
    if school.data.get("hs_tier") == MODEL and own.data.get("hs_tier", "Y") != MODEL:
        what, advice = "一般普通高中不能转入省级示范高中", "请改填一般普通高中"
        found.append(case.objection("in_school_code", "to_model_school", 20, what, advice))
    if school.data.get("run_type") == PUBLIC and own.data.get("run_type") == PRIVATE:
        what = "民办高中不能转入公办高中"
        advice = "请改填民办高中；转入地无民办学校的，请报教育部门凭统筹安排文件办理（override）"
        found.append(case.objection("in_school_code", "private_to_public", 20, what, advice))
    return found


def not_one_city(case: Case) -> list[Objection]:
    """Art. 20 (A20-5): no transfer between senior schools of one urban area."""
    school = _receiving(case)
    here, there = _county(case.chain), school.parent if school else None
    if case.form.name != FORM or case.stage != "S" or not here or not there:
        return []
    if not same_area(case, here, there):
        return []
    what, advice = "同一城市区域的普通高中之间不能转学", "请改填其他城市区域的学校"
    return [case.objection("in_school_code", "same_urban_area", 20, what, advice)]


def senior_to_vocational(case: Case) -> list[Objection]:
    """Art. 19 (A19-1): only senior students move to a 中职, and only to one that is not an ordinary school."""
    if case.form.name != VOCATIONAL:
        return []
    found = []
    if case.stage != "S":
        what, advice = "只有普通高中学生可以转入中等职业学校", "请核对学生年级"
        found.append(case.objection("grade", "not_senior", 19, what, advice))
    named = case.values.get("in_school", "")
    if named and any(unit.name == named for unit in [*case.chain, *case.others.values()]):
        what, advice = "转入学校须是本市的中等职业学校，所填是普通中小学或教育行政部门", "请改填中等职业学校"
        found.append(case.objection("in_school", "not_vocational", 19, what, advice))
    return found


def placed(case: Case) -> list[Objection]:
    """Arts. 14 and 21 (A21-1): 转入 and 保留 name the other school, which is not the own one; a disability is named."""
    if case.form.name != PLACEMENT:
        return []
    found, other = [], case.values.get("other_school_name", "")
    own = case.values.get("school_name") or (case.chain[0].name if case.chain else "")
    if case.values.get("placement") != TAUGHT_AT_HOME and other in {"", own}:
        what, advice = "转入学籍或保留原校学籍的，须写明另一所学校", "请填写对方学校（other_school_name）"
        found.append(case.objection("other_school_name", "other_school_missing", 21, what, advice))
    if case.values.get("disability") == "0":
        what, advice = "本表只用于残疾学生", "请核对残疾类型（disability）"
        found.append(case.objection("disability", "no_disability", 21, what, advice))
    return found


def same_area(case: Case, one: str, other: str) -> bool:
    """Tell whether two divisions are one county or one urban area (arts. 17 and 20), by edition and city record."""
    listed = [unit.data.get("urban_areas", []) for unit in case.chain if unit.kind == "city"]
    areas = [*case.edition.urban, *(frozenset(map(str, area)) for rows in listed for area in rows)]
    return one == other or any({one, other} <= area for area in areas)


def _receiving(case: Case) -> Organization | None:
    return case.others.get(case.values.get("in_school_code", ""))


def _county(chain: Sequence[Organization]) -> str | None:
    return next((unit.code for unit in chain if unit.kind == "county"), None)


RULES: tuple[Rule, ...] = (
    same_grade,
    not_graduating,
    outside_term,
    free_to_move,
    moved_away,
    to_new_home,
    right_kind_of_school,
    known_school,
    right_standing,
    not_one_city,
    senior_to_vocational,
    placed,
)
