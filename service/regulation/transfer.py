"""The clauses on 转学 that a form can break on paper (art. 20)."""

from service.errors import Objection
from service.regulation.case import Case, Rule


def same_grade(case: Case) -> list[Objection]:
    """Art. 20: a transfer does not change the grade."""
    wanted = case.values.get("in_grade", "")
    if not wanted or not case.grade or wanted == case.grade:
        return []
    return [
        Objection(
            "in_grade",
            "grade_changed",
            f"转入年级（in_grade）须与现就读年级 {case.grade} 相同，{case.edition.cite(20)}；请改填",
            20,
        )
    ]


RULES: tuple[Rule, ...] = (same_grade,)
