"""Which answers a review takes, from whom, and when the answers given so far decide it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from service.access import AUTHORITIES, Role, Who
from service.errors import Problem
from service.office.imprints import COPIED, REPEATED
from storage.records import Decision, Review, Scan

ANSWERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "field": ("match", "altered", "unreadable", "rescan"),
        "mark": ("present", "absent", "wrong_unit", "rescan"),
        "tick": ("present", "absent"),
        "rescan": ("rescan", "set_aside"),
        "page": ("belongs", "rescan", "set_aside"),
        "surface": ("match", "altered", "rescan"),
        "date": ("match", "altered", "unreadable", "rescan"),
        "evidence": ("match", "altered", "unreadable", "set_aside"),
    }
)
"""Kind of review → answers, in the order of their keys on the desk."""
FORGED = frozenset({COPIED, REPEATED, "halves_differ"})
"""Reasons to doubt a seal that accuse somebody."""
UNSEEN = frozenset({"mark_colourless", "part_missing"})
"""Reasons for which a scan does not show whether a mark is there."""
AGAINST = frozenset({"altered", "wrong_unit"})
"""Results that speak against a paper; only persons may take them back, no newer scan does."""
WAITING = frozenset({"open", "disputed"})
TWO = 2


def overrules(review: Review, answer: str) -> bool:
    """Tell whether an answer takes back what the machine holds against the paper: a copied seal, too, is an accusation."""
    if answer == "present" and review.reason.partition(":")[0] in FORGED:
        return True
    return review.result in AGAINST and answer not in {review.result, "rescan"}


def needs_paper(review: Review, answer: str) -> bool:
    """Tell whether only somebody with the paper in hand can say so: a 钢印, what a scan does not show, a seal that may be forged."""
    code = review.reason.partition(":")[0]
    return answer == "present" and (review.kind == "tick" or code in UNSEEN | FORGED)


def eyes_for(review: Review, answer: str, eyes: int) -> int:
    """Tell how many persons must give an answer: what overrules takes two, however the installation is set."""
    return max(eyes, TWO) if overrules(review, answer) else eyes


def check_answer(review: Review, answer: str, *, paper: bool, note: str) -> None:
    """Refuse an answer that this kind of review does not take, or that says too little for what it claims.

    Raises Problem 422 `answer_not_allowed`, `paper_not_seen`, `note_needed`.
    """
    allowed = ANSWERS.get(review.kind, ())
    if answer not in allowed:
        raise Problem(
            "answer_not_allowed",
            422,
            "不能这样答复",
            f"这一项只能答复 {'、'.join(allowed)}；请改用其中之一。",
        )
    if needs_paper(review, answer) and not paper:
        raise Problem(
            "paper_not_seen",
            422,
            "须见原件",
            "这处签章从扫描图上看不出来，只有见到原件的人才能确认；请核对原件，并声明原件在手（paper）。",
        )
    if overrules(review, answer) and not note.strip():
        raise Problem(
            "note_needed", 422, "须写明理由", "这个答复推翻系统发现的不符，须写明理由；请在 note 中说明。"
        )


def check_person(review: Review, who: Who, given: Sequence[Decision], scan: Scan, *, needed: int) -> None:
    """Refuse an answer from somebody who may not give it now; `needed` persons must give it.

    Raises Problem 409 `already_decided`, `review_closed`, `own_scan`, 403 `authority_needed`.
    """
    if review.state not in WAITING:
        raise Problem("review_closed", 409, "已有结论", "这一项已经有了结论；请刷新列表，办理下一项。")
    if any(one.by == who.token_digest for one in given):
        raise Problem(
            "already_decided", 409, "已经答复过", "您已经答复过这一项，答复不能更改；请由另一位同事答复。"
        )
    if review.state == "disputed" and who.role not in AUTHORITIES:
        raise Problem(
            "authority_needed",
            403,
            "须由教育局裁定",
            "两人的答复不一致，这一项须由县、市教育局裁定；请等候裁定，或另行上传清晰的扫描件。",
        )
    if given and scan.by == who.token_digest and needed > 1:
        raise Problem(
            "own_scan",
            409,
            "不能复核自己的扫描件",
            "需要两人答复时，上传扫描件的人不能作第二人；请由另一位同事复核。",
        )


def outcome(
    review: Review, given: Sequence[Decision], eyes: int
) -> tuple[Literal["open", "disputed", "decided"], str | None]:
    """Tell where a review stands after these answers, first one first, and the answer when it is decided.

    So many persons as `eyes_for` says must give the same answer; one that overrules needs an authority among them.
    Two who differ wait for a third, of the authority, whose answer decides, unless it overrules alone.
    """
    counts = Counter((one.answer, one.serial, one.evidence) for one in given)
    for (answer, *_), times in counts.items():
        if times >= eyes_for(review, answer, eyes) and _backed(review, answer, given):
            return "decided", answer
    if len(counts) < TWO:
        return "open", None
    last = given[-1]
    if len(given) > TWO and Role(last.role) in AUTHORITIES and not overrules(review, last.answer):
        return "decided", last.answer
    return "disputed", None


def _backed(review: Review, answer: str, given: Sequence[Decision]) -> bool:
    """Tell whether an answer that overrules comes from an authority too; others need none."""
    roles = {Role(one.role) for one in given if one.answer == answer}
    return not overrules(review, answer) or bool(roles & AUTHORITIES)
