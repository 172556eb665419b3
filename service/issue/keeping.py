"""From draft to document: printed outside any transaction, then kept in one."""

from collections.abc import Mapping
from typing import Any

from service.errors import Problem, article_name
from service.issue.drafting import NUMBER_ARTICLE, Draft, case_of, once_only
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
)
from service.regulation.units import approver
from service.signing import Token, address
from storage.archive import Transaction
from storage.errors import AlreadyThere
from storage.records import Document, EntryKind
from templates.render import Order, Printed, clean
from templates.wording import printed as printed_words


def print_and_keep(office: Office, draft: Draft, key: str | None) -> dict[str, Any]:
    """Print outside any transaction, store the bytes, then write everything that makes it a document."""
    words = printed_words(draft.form, draft.values)
    facts = {name: clean(draft.form, name, text) for name, text in words.items()}
    token = office.keys.sign(_token(office, draft, facts))
    code_text = address(office.settings.host, token)
    above = approver(draft.chain, draft.stage)
    furniture = {"authority": above.name if above else ""}
    paper = office.printer.print(Order(draft.form, draft.values, draft.serial, code_text, furniture))
    if paper.facts != facts or paper.pages != draft.form.pages:
        raise Problem(
            "printed_otherwise", 500, "打印结果有误", "打印出的内容与数据不一致，文书未签发；请检查模板。"
        )
    document = _document(office, draft, paper, token, code_text)
    with office.archive.begin() as transaction:
        once_only(case_of(office, transaction, draft.student, draft.form, draft.values))
        _keep(transaction, draft, document, paper)
        body = document_body(office, transaction.document(document.serial))
        if key is not None:
            transaction.put_answer(draft.who.token_digest, key, 201, body)
    return body


def _token(office: Office, draft: Draft, facts: Mapping[str, str]) -> Token:
    return Token(
        key=office.keys.kid,
        kind=draft.form.code,
        page=1,
        pages=draft.form.pages,
        serial=draft.serial,
        school=draft.school.code,
        issued_on=draft.issued_on,
        digest=facts_digest(facts),
    )


def _document(office: Office, draft: Draft, paper: Printed, token: str, code_text: str) -> Document:
    """Put the bytes away (fsynced; orphans do no harm) and describe the document that names them."""
    put = office.archive.objects.put
    return Document(
        serial=draft.serial,
        form=draft.form.name,
        student_no=draft.student.student_no,
        school=draft.school.code,
        number=draft.number,
        status="pending",
        facts=dict(paper.facts),
        data=dict(draft.values),
        issued_on=draft.issued_on,
        digest=facts_digest(paper.facts).hex(),
        token=token,
        code_text=code_text,
        pages=paper.pages,
        template_hash=paper.template_hash,
        font_hashes=dict(paper.font_hashes),
        pdf=put(paper.pdf),
        docx=put(paper.docx),
        layout=put(canonical(paper.layout.to_json())),
        created_at=office.now(),
        created_by=draft.who.token_digest,
        stage=draft.stage,
    )


def _keep(transaction: Transaction, draft: Draft, document: Document, paper: Printed) -> None:
    """The document row, its number for good, its leaf in the log, and its entries (arts. 6 and 7)."""
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
            archive_class=draft.form.archive_class,
            title=draft.form.title + note,
            item=item,
            by=draft.who.token_digest,
        )
