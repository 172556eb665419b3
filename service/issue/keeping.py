"""From draft to document: printed outside any transaction, then kept in one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from service.errors import Problem, article_name
from service.issue.casework import earlier, once_only
from service.issue.drafting import NUMBER_ARTICLE, Draft
from service.office import Office
from service.office.lookups import (
    DOCX,
    JSON,
    PDF,
    canonical,
    document_body,
    facts_digest,
    file,
    issue_payload,
    revoke_payload,
)
from service.regulation.case import judge
from service.regulation.certificates import replaced
from service.regulation.rules import WARNINGS
from service.regulation.sanctions import kept_in
from service.regulation.units import approver
from service.signing import Token, address
from storage.archive import Transaction
from storage.errors import AlreadyThere
from storage.records import Document, EntryKind
from templates.render import Order, Printed, cleaned
from templates.wording import printed as printed_words

REPLACED = "经主管教育行政部门批准重新办理"
"""Why an earlier 学历证明 no longer counts (art. 38)."""


def print_and_keep(office: Office, draft: Draft, key: str | None) -> dict[str, Any]:
    """Print outside any transaction, store the bytes, then write everything that makes it a document."""
    form = draft.sheet.form
    facts = cleaned(form, printed_words(form, draft.values))
    paper = office.printer.print(_order(office, draft, facts))
    if paper.facts != facts or form.pages not in {0, paper.pages}:
        raise Problem(
            "printed_otherwise", 500, "打印结果有误", "打印出的内容与数据不一致，文书未签发；请检查模板。"
        )
    document = _document(office, draft, paper)
    with office.archive.begin() as transaction:
        once_only(replace(draft.case, earlier=earlier(office, transaction, draft.student)))
        _keep(transaction, draft, document, paper)
        body = document_body(office, transaction.document(document.serial))
        warnings = [warning.to_json() for warning in judge(draft.case, WARNINGS)]
        body |= {"warnings": warnings} if warnings else {}
        if key is not None:
            transaction.put_answer(draft.who.token_digest, key, 201, body)
    return body


def _order(office: Office, draft: Draft, facts: Mapping[str, str]) -> Order:
    """What the printer is asked for: the edition's title, attachment and wordings, the photos, signed codes."""
    case, sheet = draft.case, draft.sheet
    above = approver(case.chain, case.stage, case.edition)
    wording = case.edition.paper(sheet.form)
    get = office.archive.objects.get
    return Order(
        form=sheet.form,
        data=draft.values,
        serial=draft.serial,
        codes=lambda pages: [
            address(office.settings.host, office.keys.sign(_token(office, draft, facts, page, pages)))
            for page in range(1, pages + 1)
        ],
        furniture={
            "authority": above.name if above else "",
            "school": draft.unit.name,
            "title": wording.title,
            "attachment": wording.attachment,
        },
        texts=wording.texts,
        footnotes=wording.footnotes,
        photos={
            name: get(sha256)
            for name, sha256 in draft.values.items()
            if sheet.form.field(name).type == "photo"
        },
        template=sheet.template,
        mark_places=sheet.mark_places,
        rooms=sheet.rooms,
    )


def _token(office: Office, draft: Draft, facts: Mapping[str, str], page: int, pages: int) -> Token:
    return Token(
        key=office.keys.kid,
        kind=draft.form.code,
        page=page,
        pages=pages,
        serial=draft.serial,
        school=draft.unit.code,
        issued_on=draft.issued_on,
        digest=facts_digest(facts),
    )


def _document(office: Office, draft: Draft, paper: Printed) -> Document:
    """Put the bytes away (fsynced; orphans do no harm) and describe the document that names them.

    Its token and code are those of the first page; the others differ from it by the page alone.
    """
    put = office.archive.objects.put
    return Document(
        serial=draft.serial,
        form=draft.form.name,
        student_no=None if draft.student is None else draft.student.student_no,
        school=draft.unit.code,
        number=draft.number,
        status="pending",
        facts=dict(paper.facts),
        data=dict(draft.values),
        issued_on=draft.issued_on,
        digest=facts_digest(paper.facts).hex(),
        token=paper.codes[0].rpartition("/")[2],
        code_text=paper.codes[0],
        pages=paper.pages,
        template_hash=paper.template_hash,
        font_hashes=dict(paper.font_hashes),
        pdf=put(paper.pdf),
        docx=put(paper.docx),
        layout=put(canonical(paper.layout.to_json())),
        created_at=office.now(),
        created_by=draft.who.token_digest,
        stage=draft.case.stage,
    )


def _keep(transaction: Transaction, draft: Draft, document: Document, paper: Printed) -> None:
    """The document row, its number for good, its leaf in the log, its entries (arts. 6 and 7), its exceptions."""
    try:
        transaction.add_document(document)
    except AlreadyThere:
        raise Problem(
            "number_taken",
            409,
            "编号已被使用",
            "同一表样下已有这个编号；请核对编号，或改用号段。",
            article=article_name(NUMBER_ARTICLE),
        ) from None
    if draft.from_block:
        transaction.use_number(document.serial)
    transaction.add_leaf("issue", document.serial, issue_payload(document))
    layout = canonical(paper.layout.to_json())
    title = draft.case.edition.paper(draft.form).title
    items: tuple[tuple[EntryKind, str, tuple[str, int, str]], ...] = (
        ("document", "", (document.pdf, len(paper.pdf), PDF)),
        ("document", "（Word 原件）", (document.docx, len(paper.docx), DOCX)),
        ("layout", "（版面说明）", (document.layout, len(layout), JSON)),
    )
    for kind, note, item in items:
        file(
            transaction,
            document,
            kind,
            to=kept_in(draft.case),
            archive_class=draft.form.archive_class,
            title=title + note,
            item=item,
            by=draft.who.token_digest,
        )
    _note_overrides(transaction, draft)
    for serial in replaced(draft.case, draft.overrides):
        transaction.set_status(serial, "superseded", reason=REPLACED, superseded_by=document.serial)
        transaction.add_leaf("revoke", serial, revoke_payload(serial, REPLACED, document.serial))


def _note_overrides(transaction: Transaction, draft: Draft) -> None:
    """The exceptions the document rests on, under the authority that allowed them (art. 45)."""
    allowed = draft.case.override
    if allowed is None:
        return
    for rule in draft.overrides:
        transaction.note_override(
            serial=draft.serial,
            form=draft.form.name,
            org=draft.who.org,
            rule=rule,
            document=allowed.document,
            reason=allowed.reason,
            by=draft.who.token_digest,
        )
