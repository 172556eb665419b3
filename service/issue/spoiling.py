"""A blank spoilt in the printer: the paper is revoked, its number void for ever, and the next number takes its place."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from service.access import Action, Who, may
from service.errors import Problem, article_name
from service.issue.drafting import NUMBER_ARTICLE
from service.issue.flow import Issued, claim, issue
from service.issue.paper import sheet_for
from service.issue.request import IssueRequest, Mode, Request, case_day
from service.issue.revoking import revoke
from service.office import Office
from service.office.lookups import document_body, find_document, open_to, require, units_above
from service.regulation import sources
from service.regulation.case import Override
from storage.archive import Reading
from storage.records import Document, OverrideRow
from templates import blank as blanks
from templates.form import Form


def spoil(
    office: Office,
    who: Who | None,
    serial: str,
    reason: str,
    *,
    replace: bool = True,
    data: Mapping[str, Any] | None = None,
    key: str | None = None,
) -> dict[str, Any]:
    """Void the number of a paper that is not in force yet, and issue the same paper with the next number (arts. 34, 38).

    `data` corrects what the request for the spoilt one had wrong; what is on file is taken from there again. With
    `key` a repeated call gets the same replacement, and another call is refused. The answer has `spoilt` and
    `replacement` (None without `replace`). Raises Problem 401, 403, 404, 409, 422; nothing is voided when the blank no
    longer fits; when only the replacement is refused for another reason, the blank is spoilt all the same, and
    `spoilt` in the problem says so.
    """
    may(who, Action.ISSUE)
    with office.archive.begin() as transaction:
        document = find_document(transaction, serial)
        allowed = require(transaction, who, Action.REVOKE, document.school)
        open_to(office, allowed, document)
        asked = _asked(document.serial, reason, data, replace=replace)
        if key is not None and claim(transaction, allowed, key, asked) is None:
            transaction.drop_answer(allowed.token_digest, key)  # it is free: the replacement claims it
    with office.archive.read() as reading:
        # The same words, so that what an authority withdrew for its own reason is no spoilt blank of ours.
        again = key is not None and document.status == "revoked" and document.reason == reason.strip()
        if not again:
            _may_be_spoilt(office, document)
        request = _request(office, reading, document, data or {})
        if replace and not again:
            _must_fit(office, reading, request)
    spoilt = document_body(office, document) if again else revoke(office, who, serial, reason)
    if not replace:
        _answered(office, allowed, key, asked)
        return {"spoilt": spoilt, "replacement": None}
    try:
        issued: Issued = issue(office, who, request, key, asked)
    except Problem as problem:
        problem.detail = f"损坏的一份已作废，但没有印出替换的一份：{problem.detail}"
        problem.extra["spoilt"] = spoilt
        raise
    return {"spoilt": spoilt, "replacement": dict(issued.body)}


def _asked(serial: str, reason: str, data: Mapping[str, Any] | None, *, replace: bool) -> Mapping[str, Any]:
    """What makes two calls the same one: the request for the replacement changes with the records, the call does not."""
    return {"spoil": serial, "reason": reason.strip(), "data": dict(data or {}), "replace": replace}


def _answered(office: Office, who: Who, key: str | None, asked: Mapping[str, Any]) -> None:
    """Keep that a key was used for this call, which prints nothing."""
    if key is None:
        return
    with office.archive.begin() as transaction:
        if claim(transaction, who, key, asked) is None:
            transaction.put_answer(who.token_digest, key, 201, {"replacement": None})


def _must_fit(office: Office, reading: Reading, request: IssueRequest) -> None:
    """Refuse a blank that is no longer there, or no longer fits, before the number is voided."""
    form, school = office.catalogue.get(request.form), str(request.school)
    chain = tuple(units_above(reading, school))
    sheet_for(office, reading, Request(request, form, None, chain, case_day(request, office.today())))


def _may_be_spoilt(office: Office, document: Document) -> None:
    """Art. 38: a paper in force is never printed again; and only a numbered paper has a blank to spoil."""
    form = office.catalogue.get(document.form)
    if form.number_field is None:
        raise Problem(
            "form_without_number",
            422,
            "没有证书编号",
            f"{form.title}没有证书编号；不合用的请直接作废后重新出具。",
        )
    if document.status != "pending":
        raise Problem(
            "not_pending",
            409,
            "不是未生效的文书",
            "只有尚未生效的文书可以按损坏的空白证书换号重印；已生效的不补发，遗失的办理学历证明。",
            article=article_name(38 if document.status == "effective" else NUMBER_ARTICLE),
        )


def _request(office: Office, reading: Reading, document: Document, data: Mapping[str, Any]) -> IssueRequest:
    """The request that made a document, as far as no record answers it now, with corrections laid over it."""
    form = office.catalogue.get(document.form)
    school = reading.organization(document.school)
    student = None if document.student_no is None else reading.student(document.student_no)
    records = sources.known(student, school, {})
    asked = {
        name: text
        for name, text in document.data.items()
        if name != form.number_field and form.field(name).type != "photo" and not records.of(form.field(name))
    }
    overrides = [row for row in reading.overrides() if row.serial == document.serial]
    mode, blank = _printed_on(office, form, reading, document)
    return IssueRequest(
        form=form.name,
        student=document.student_no,
        data={**_nested(form, asked), **data},
        school=document.school,
        dated=document.issued_on.isoformat(),
        mode=mode,
        blank=blank,
        override=_same_override(overrides),
    )


def _nested(form: Form, values: Mapping[str, str]) -> dict[str, Any]:
    """Flat values as a request has them: tables as lists of rows, maps as objects."""
    found: dict[str, Any] = {}
    for name, text in values.items():
        head, _, rest = name.partition(".")
        kind = form.field(head).type
        if kind == "table":
            row, _, column = rest.partition(".")
            rows = found.setdefault(head, [])
            rows.extend({} for _ in range(int(row) - len(rows)))
            rows[int(row) - 1][column] = text
        elif kind == "map":
            found.setdefault(head, {})[rest] = text
        else:
            found[head] = text
    return found


def _same_override(rows: Sequence[OverrideRow]) -> Override | None:
    """The exception the spoilt one rested on, for no other rule than the one it was used for."""
    if not rows:
        return None
    return Override(rows[0].document, rows[0].reason, rows[0].rule if len(rows) == 1 else None)


def _printed_on(office: Office, form: Form, reading: Reading, document: Document) -> tuple[Mode, str | None]:
    """How the spoilt one was printed: on a whole page, or on which blank, told by the hash of its measures.

    Measures that were corrected since (prints beside their lines are why blanks are spoilt) have another hash; the
    archived layout still tells that it was a blank, and the issuing organization's own is taken.
    """
    shipped = blanks.default(form.name)
    if shipped is not None and shipped.hash == document.template_hash:
        return "overprint", form.name
    for blank in reading.blanks(form=form.name):
        if blanks.parse({**blank.data, "form": form.name}).hash == document.template_hash:
            return "overprint", blank.id
    layout = json.loads(office.archive.objects.get(document.layout))
    return ("overprint" if any(page.get("rooms") for page in layout["pages"]) else "full"), None
