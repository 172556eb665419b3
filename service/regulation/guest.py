"""The clauses on 借读: same grade, room in the class, another school (arts. 25 to 27)."""

from service.errors import Objection
from service.regulation.case import Case, Rule
from service.regulation.days import day
from service.regulation.rosters import class_limit
from service.regulation.standing import grade_in

FORM = "guest_study_application"


def same_grade(case: Case) -> list[Objection]:
    """Art. 26 (A26-3): a guest sits in the grade of the own school."""
    if case.form.name != FORM:
        return []
    home = case.grade or grade_in(case.values.get("home_grade_class", ""), case.stage)
    guest = grade_in(case.values.get("guest_grade_class", ""), case.stage)
    if guest is None:
        what, advice = (
            "没有写明借读年级",
            "请以年级开头填写借读年级班级（guest_grade_class），如 初中二年级3班",
        )
        return [case.objection("guest_grade_class", "guest_grade_missing", 26, what, advice)]
    if not home or guest == home:
        return []
    what = "借读年级须与原校年级相同"
    return [
        case.objection(
            "guest_grade_class", "guest_grade", 26, what, "请改填借读年级班级（guest_grade_class）"
        )
    ]


def room_in_class(case: Case) -> list[Objection]:
    """Art. 26 (A26-2): the limits of art. 13 hold with the guest (the text names art. 16, which has none)."""
    size, grade = case.values.get("class_size_after", ""), case.grade
    most = class_limit(case, grade)
    if case.form.name != FORM or most is None or not size.isdecimal() or int(size) <= most:
        return []
    what = f"接收借读生后该班为 {size} 人，超过第十三条规定的 {most} 人（第二十六条误引为第十六条）"
    return [case.objection("class_size_after", "class_too_large", 26, what, "请安排到其他班级或学校借读")]


def other_school(case: Case) -> list[Objection]:
    """Art. 25: 借读 is at another school than that of the roll, from a day to a later one."""
    if case.form.name != FORM:
        return []
    found = []
    if case.values.get("guest_school") and case.values.get("guest_school") == case.values.get("home_school"):
        what, advice = "借读学校与学籍所在学校相同", "请改填借读学校（guest_school）"
        found.append(case.objection("guest_school", "guest_at_home", 25, what, advice))
    begin, end = (day(case.values.get(name, "")) for name in ("guest_from", "guest_to"))
    if begin and end and end <= begin:
        what, advice = "借读截止须晚于起始", "请核对 guest_from 和 guest_to"
        found.append(case.objection("guest_to", "guest_ends_first", 25, what, advice))
    return found


def home_is_own(case: Case) -> list[Objection]:
    """Art. 27 (A27-1): the roll stays where it is; the 原校 of a guest is the school that holds it."""
    named, here = case.values.get("home_school", ""), case.chain[0] if case.chain else None
    if case.form.name != FORM or not named or here is None or here.name == case.values.get("guest_school"):
        return []
    own = here if here.code == case.home else case.others.get(case.home or "")
    if own is None or own.name == named:
        return []
    what, advice = f"该生学籍在{own.name}，与所填原校不符", "请改填原校（home_school）"
    return [case.objection("home_school", "home_school_differs", 27, what, advice)]


RULES: tuple[Rule, ...] = (same_grade, room_in_class, other_school, home_is_own)
