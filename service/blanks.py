"""Blanks: the pre-printed certificate paper of an authority, as data that can be measured and corrected (arts. 34, 36)."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from service.access import Action, Who, may, sees
from service.errors import Objection, refused
from service.office import Content, Office
from service.office.lookups import PDF, require, unknown
from storage.archive import Reading
from storage.errors import Frozen, NotFound
from storage.records import Blank as Record
from templates import blank as paper
from templates import calibration
from templates.errors import UnknownForm
from templates.form import Form

ARTICLE = 34
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Written:
    """A blank as it now stands, and whether it is new."""

    body: Mapping[str, Any]
    created: bool


def put_blank(office: Office, who: Who | None, blank_id: str, body: Mapping[str, Any]) -> Written:
    """Register an authority's blank or bring its measures up to date.

    Members of `body`: form, org, and what `templates.blank.parse` reads. Raises Problem 401, 403, 404, 409, 422.
    """
    allowed = may(who, Action.WRITE_BLANK)
    parsed = _parsed(office, blank_id, body)
    org = str(body.get("org", ""))
    with office.archive.begin() as transaction:
        require(transaction, who, Action.WRITE_BLANK, org)
        if transaction.organization(org).kind == "school":
            raise refused(
                [
                    Objection(
                        "org", "bad_organization", "空白证书由市、县教育局印制；org 请填市或县的代码", ARTICLE
                    )
                ]
            )
        before = _find(transaction, blank_id)
        if before is not None:
            require(transaction, who, Action.WRITE_BLANK, before.org)
        data = {name: value for name, value in told(parsed).items() if name != "form"}
        try:
            transaction.put_blank(
                Record(blank_id, org, parsed.form, data, office.now(), allowed.token_digest)
            )
        except Frozen:
            message = "这个编号已是另一单位或另一表样的空白证书；请换一个编号"
            raise refused([Objection("id", "blank_taken", message, ARTICLE)], status=409) from None
        return Written(_body(transaction.blank(blank_id)), before is None)


def blanks(office: Office, who: Who | None, form: str | None = None) -> dict[str, Any]:
    """The blanks that lie above or below the caller's organization, and the shipped ones."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        own = reading.chain(allowed.org) if _registered(reading, allowed.org) else [allowed.org]
        found = [
            _body(item)
            for item in reading.blanks(form=form)
            if item.org in own or sees(allowed, reading.chain(item.org))
        ]
    shipped = [_shipped(name, item) for name, item in paper.defaults() if form in {None, item.form}]
    return {"blanks": [*found, *shipped]}


def blank(office: Office, who: Who | None, blank_id: str) -> dict[str, Any]:
    """One blank, the shipped ones too. Raises Problem 401, 404."""
    found = next((item for item in blanks(office, who)["blanks"] if item["id"] == blank_id), None)
    if found is None:
        raise unknown("blank", "空白证书", "请核对编号，或先登记空白证书")
    return dict(found)


def calibration_sheet(office: Office, who: Who | None, blank_id: str) -> Content:
    """The sheet to print on a blank, or on plain paper of its size, and to measure. Raises Problem 401, 404."""
    body = blank(office, who, blank_id)
    parsed = paper.parse(body)
    form = office.catalogue.get(parsed.form)
    labels = {item.name: item.label for item in form.fields} | {
        f"marks.{block.id}": block.label for block in form.blocks
    }
    title = f"{form.title}　空白证书 {blank_id}"
    return Content(
        calibration.draw(parsed, title, office.printer.fonts.files, labels),
        PDF,
        f"calibration-{blank_id}.pdf",
    )


def _parsed(office: Office, blank_id: str, body: Mapping[str, Any]) -> paper.Blank:
    """The blank a request describes; every fault at once."""
    if not _ID.fullmatch(blank_id) or paper.default(blank_id) is not None:
        message = "编号须是1至40个字母、数字、下划线或连字符，且不能与随系统附带的空白证书同名；请改正"
        raise refused([Objection("id", "bad_blank", message)])
    form = _form(office, body)
    try:
        parsed = paper.parse(body)
    except (KeyError, TypeError, ValueError) as problem:
        where = str(problem.args[0])[:40] if isinstance(problem, KeyError) else "blank"
        message = f"缺少或写错 {where}；请对照 GET /v1/blanks 里随系统附带的空白证书填写"
        raise refused([Objection(where, "bad_blank", message)]) from None
    found = [Objection(where, "bad_blank", message) for where, message in paper.faults(parsed, form)]
    if found:
        raise refused(found)
    return parsed


def _form(office: Office, body: Mapping[str, Any]) -> Form:
    try:
        form = office.catalogue.get(str(body.get("form", "")))
    except UnknownForm:
        form = None
    if form is None or form.kind != "certificate" or form.pages != 1:
        raise refused([Objection("form", "bad_blank", "form 须是单页证书的表样名；请改正", ARTICLE)])
    return form


def _find(reading: Reading, blank_id: str) -> Record | None:
    try:
        return reading.blank(blank_id)
    except NotFound:
        return None


def _registered(reading: Reading, org: str) -> bool:
    try:
        reading.organization(org)
    except NotFound:
        return False
    return True


def _body(record: Record) -> dict[str, Any]:
    return {"id": record.id, "org": record.org, "form": record.form, **record.data, "shipped": False}


def _shipped(name: str, item: paper.Blank) -> dict[str, Any]:
    return {"id": name, "org": None, **told(item), "shipped": True}


def told(item: paper.Blank) -> dict[str, Any]:
    """A blank as plain values, the way it is sent and kept."""
    return {
        "form": item.form,
        "note": item.note,
        "size_mm": list(item.size_mm),
        "shift_mm": list(item.shift_mm),
        "fields": {name: asdict(spot) for name, spot in item.fields.items()},
        "code": _point(item.code),
        "photo": _point(item.photo),
        "serial": _point(item.serial),
        "marks": {name: list(box) for name, box in item.marks.items()},
    }


def _point(place: tuple[float, float] | None) -> dict[str, float] | None:
    return None if place is None else {"x": place[0], "y": place[1]}
