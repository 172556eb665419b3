"""What of handing over and arriving waits for a person: packages that were held, transfers whose month is nearly over."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from service.access import ALLOWED, AUTHORITIES, Action, Who, may
from service.custody.telling import Standing, is_open, standings, state_of
from service.errors import article_name
from service.office import Office
from service.office.lookups import looked_after
from service.regulation.handover import CLOCK, article_of
from storage.archive import Reading
from storage.errors import NotFound, OutOfScope
from storage.records import Arrival, Transfer, TransferStep

SOON_DAYS = 7
"""A transfer is on the desk from so many days before its month is over."""
MOST = 100
"""Of each kind; a city with more has other means than a page."""
MOST_REASONS = 5
BROKE_OFF = "检查没有做完：处理它的进程中途停了"
HELD_ADVICE = (
    "档案包已原样保存。请按上面所列处理后再检查一次；不能接收的，请与移出单位核对，写明理由后不再处理。"
)
HALF_FILED_ADVICE = (
    "档案包归了一部分，归完以前谁也看不到。请再检查一次，从停下的地方接着办；保存的档案包损坏或丢失的，"
    "请把同一个档案包再上传一次。移出单位也拿不出的，请主管教育行政部门写明理由后不再处理：已归的部分留着，谁也看不到。"
)


@dataclass(frozen=True, slots=True)
class _View:
    """Somebody's look at what waits: whose papers he looks after, and what day it is."""

    reading: Reading
    units: Collection[str]
    today: date
    acts: bool
    above: bool


def waiting(office: Office, who: Who | None) -> dict[str, Any]:
    """What waits for somebody's unit and those below it, the most pressing first, each with its article and one action at most.

    `more` tells that there is more than can be shown here. Raises Problem 401.
    """
    allowed = may(who, Action.READ)
    acts = allowed.role in ALLOWED[Action.HAND_OVER]
    with office.archive.read() as reading:
        view = _View(
            reading, set(looked_after(reading, allowed)), office.today(), acts, allowed.role in AUTHORITIES
        )
        held = reading.arrivals_for(view.units, held=True, limit=MOST + 1) if acts else []
        late = view.today + timedelta(days=SOON_DAYS + 1)
        due = reading.transfers_between(view.units, due_before=late, limit=MOST + 1)
        told = [*_transfers(view, due[:MOST]), *_arrivals(view, held[:MOST])]
    return {"waiting": told, "more": len(held) > MOST or len(due) > MOST}


def _arrivals(view: _View, some: Sequence[Arrival]) -> list[dict[str, Any]]:
    standing = standings(view.reading, some)
    held = [one for one in some if state_of(one, standing[one.id]) == "held"]
    return [_held(view, one, standing[one.id]) for one in held]


def _held(view: _View, found: Arrival, standing: Standing) -> dict[str, Any]:
    """A package that was held: what it says of itself, which checks it failed and why."""
    end = standing.result or found
    said = end.said
    sender = said.get("sender") or "移出单位不明"
    failed = [one for one in end.checks.values() if not one["passed"]]
    articles = [one["article"] for check in failed for one in check["differences"] if "article" in one]
    path = f"/v1/arrivals/{found.id}"
    again = {"label": "再检查一次", "path": f"{path}/again", "takes": None}
    # What was filed of it would lie there unseen for ever: that is not for a school to say.
    aside = (
        None
        if standing.filed and not view.above
        else {"label": "不再处理", "path": f"{path}/aside", "takes": "note"}
    )
    return {
        "kind": "held",
        "id": found.id,
        "label": f"没有通过检查的档案包 {found.id}",
        "title": " · ".join(filter(None, (said.get("name"), sender))),
        "org_name": _name(view.reading, found.org),
        "why": [BROKE_OFF] if is_open(end) else _why(failed),
        "advice": HALF_FILED_ADVICE if standing.filed else HELD_ADVICE,
        "article": (articles or [article_name(article_of(said.get("cause")))])[0],
        "since": end.at.isoformat(),
        "due": said.get("due"),
        "action": again,
        "aside": aside,
    }


def _why(failed: Sequence[dict[str, Any]]) -> list[str]:
    """A sentence for each kind of difference, the first ones; what was not checked says nothing by itself."""
    found: dict[str, int] = {}
    for check in failed:
        for one in check["differences"]:
            if one["code"] != "not_checked":
                line = f"{check['title']}：{one['message']}"
                found[line] = found.get(line, 0) + 1
    lines = [line if count == 1 else f"{line}（{count} 处）" for line, count in found.items()]
    rest = len(lines) - MOST_REASONS
    return [*lines[:MOST_REASONS], *([f"另有 {rest} 种不符，见检查结果"] if rest > 0 else [])]


def _transfers(view: _View, some: Sequence[Transfer]) -> list[dict[str, Any]]:
    """Those that wait for the receiver, the longest overdue first."""
    steps = view.reading.transfer_steps([one.id for one in some])
    return [_due(view, one, steps.get(one.id, ())) for one in sorted(some, key=lambda one: one.due)]


def _due(view: _View, found: Transfer, steps: Sequence[TransferStep]) -> dict[str, Any]:
    """A transfer whose month is over or nearly so."""
    left = (found.due - view.today).days
    clock = f"已逾期 {-left} 天" if left < 0 else "今天到期" if left == 0 else f"还有 {left} 天到期"
    sends = found.sender in view.units
    sender = _name(view.reading, found.sender)
    state = "接收单位退回了，还没有重新开出" if steps else "接收单位还没有回执"
    month = (
        f"{found.approved_on.isoformat()} 审核同意，应在 {found.due.isoformat()} 以前办结，{clock}；{state}"
    )
    return {
        "kind": "overdue" if left < 0 else "due",
        "id": found.id,
        "label": f"移交{clock}",
        "title": f"{_owner(view, found)}：{sender} → {found.receiver_name}",
        "org_name": sender if sends else found.receiver_name,
        "why": [month],
        "advice": _advice(view, found, returned=bool(steps)),
        "article": article_name(CLOCK),
        "since": found.at.isoformat(),
        "due": found.due.isoformat(),
        "action": _action(view, found, returned=bool(steps)),
        "aside": None,
    }


def _advice(view: _View, found: Transfer, *, returned: bool) -> str:
    if returned:
        return "请看回执写明的问题，处理后重新开出移交。"
    if found.receiver in view.units:
        return "请接收：四项检查通过即记为接收，回执随即给移出单位；不通过的请与移出单位核对。"
    return "接收单位也用本系统的，请催它接收；用另一套系统的，请送交档案包，收到回执后在这里上传。"


def _action(view: _View, found: Transfer, *, returned: bool) -> dict[str, Any] | None:
    """The one thing that can be done about it on the page."""
    if returned or not view.acts:
        return None
    path = f"/v1/transfers/{found.id}"
    if found.receiver in view.units:
        return {"label": "接收", "path": f"{path}/arrival", "takes": None}
    return {"label": "上传回执", "path": f"{path}/receipt", "takes": "receipt"}


def _owner(view: _View, found: Transfer) -> str:
    """Whose file it is, in words; a student beyond the scope is told by what his file is."""
    if found.kind != "student":
        return f"{_name(view.reading, found.archive)}的全部档案"
    try:
        student = view.reading.student(found.archive)
    except (NotFound, OutOfScope):
        student = None
    return "学生档案" if student is None or student.school not in view.units else student.name


def _name(reading: Reading, code: str) -> str:
    try:
        return reading.organization(code).name
    except NotFound:
        return code
