"""From draft to document: printed outside any transaction, then kept in one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from service.errors import Problem, article_name, refused
from service.issue.casework import earlier, once_only
from service.issue.drafting import NUMBER_ARTICLE, Draft, gone
from service.office import Office
from service.office.lookups import (
    DOCX,
    JSON,
    PDF,
    canonical,
    document_body,
    facts_digest,
    filed,
)
from service.office.remembering import Remembering
from service.office.reprint import RECIPE
from service.office.witness import notes
from service.regulation.case import judge
from service.regulation.certificates import replaced
from service.regulation.rules import WARNINGS
from service.regulation.sanctions import kept_in
from service.regulation.units import approver
from service.signing import Token, address, sha256_hex
from storage.archive import Transaction
from storage.errors import AlreadyThere
from storage.records import Document, EntryKind, NewEntry
from templates import recipe
from templates.job import own_template
from templates.order import TemplateSource
from templates.render import Order, Printed, cleaned
from templates.wording import printed as printed_words

REPLACED = "经主管教育行政部门批准重新办理"
"""Why an earlier 学历证明 no longer counts (art. 38)."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A draft that was printed: what the printer was asked for, and what it gave."""

    draft: Draft
    order: Order
    paper: Printed


@dataclass(frozen=True, slots=True)
class Kept:
    """A printed draft whose bytes are put away: the document that names them, and their sizes.

    `source` is the object that holds the Word template a stamped paper came of, None for any other.
    """

    draft: Draft
    document: Document
    pdf_size: int
    docx_size: int
    layout_size: int
    source: str | None


def print_and_keep(office: Office, draft: Draft, key: str | None) -> dict[str, Any]:
    """Print outside any transaction, store the bytes, then write everything that makes it a document."""
    kept = put_away(office, [print_draft(office, draft)])
    with office.archive.begin() as transaction:
        keep(office, transaction, kept)
        body = document_body(office, transaction.document(draft.serial))
        warnings = [warning.to_json() for warning in judge(draft.case, WARNINGS)]
        body |= {"warnings": warnings} if warnings else {}
        if key is not None:
            transaction.put_answer(draft.who.token_digest, key, 201, body)
    return body


def print_draft(office: Office, draft: Draft) -> Proof:
    """Print one draft and see that the paper says what was judged. Raises the errors of templates, and Problem."""
    form = draft.sheet.form
    facts = cleaned(form, printed_words(form, draft.values))
    order = _order(office, draft, facts)
    paper = office.printer.print(order)
    if paper.facts != facts or form.pages not in {0, paper.pages}:
        raise Problem(
            "printed_otherwise", 500, "打印结果有误", "打印出的内容与数据不一致，文书未签发；请检查模板。"
        )
    return Proof(draft, order, paper)


def put_away(office: Office, proofs: Sequence[Proof]) -> list[Kept]:
    """Put the bytes of papers away, all of them durable on return (orphans do no harm), and describe the documents."""
    layouts = [canonical(_described(proof)) for proof in proofs]
    sources = [_source_kept(office, proof) for proof in proofs]
    datas = [
        data
        for proof, layout in zip(proofs, layouts, strict=True)
        for data in (proof.paper.pdf, proof.paper.docx, layout)
        if data is not None
    ]
    kept, rest = [], iter(office.archive.objects.put_many(datas))
    for proof, layout, source in zip(proofs, layouts, sources, strict=True):
        docx = proof.paper.docx
        stored = (next(rest), None if docx is None else next(rest), next(rest))
        sizes = (len(proof.paper.pdf), len(docx or b""), len(layout))
        kept.append(Kept(proof.draft, _document(office, proof, *stored), *sizes, source))
    return kept


def _described(proof: Proof) -> dict[str, Any]:
    """The layout, with the digest of the recorded values, so that a check finds out when their row was changed.

    That of a stamped paper says what else it was printed from, since there is no Word file of it.
    """
    record = {"data": dict(proof.draft.values), "student_no": proof.draft.student_no}
    layout = {**proof.paper.layout.to_json(), "record": sha256_hex(canonical(record))}
    return layout if proof.paper.tier != 1 else {**layout, RECIPE: recipe.told(proof.order)}


def _source_kept(office: Office, proof: Proof) -> str | None:
    """Keep the Word template of a stamped paper, so that the paper can be made again."""
    if proof.paper.tier != 1:
        return None
    source: TemplateSource = proof.order.template or own_template(proof.order)
    name = _name_of(source.docx)
    return name if office.archive.objects.has(name) else office.archive.objects.put(source.docx)


@lru_cache(64)
def _name_of(docx: bytes) -> str:
    return sha256_hex(docx)


def keep(office: Office, transaction: Transaction, kept: Sequence[Kept]) -> None:
    """Write everything that makes papers documents: rows, numbers for good, leaves, entries, exceptions (arts. 6, 7, 38).

    What an earlier paper stands in the way of is asked once more: it may have been issued since. Raises Problem 409
    then, or when a number was given meanwhile.
    """
    reading = Remembering(transaction)
    reading.look_ahead([one.draft.student_no for one in kept if one.draft.student_no])
    cases = [replace(one.draft.case, earlier=earlier(office, reading, one.draft.student_no)) for one in kept]
    for case in cases:
        once_only(case)
    for unit in {one.draft.unit.code: one.draft.unit for one in kept}.values():
        if found := gone(transaction, unit, office.today()):
            raise refused(found)
    try:
        transaction.add_documents([one.document for one in kept])
    except AlreadyThere:
        raise _number_taken() from None
    for template_hash, source in {(one.document.template_hash, one.source) for one in kept}:
        if source is not None:
            transaction.keep_source_template(template_hash, source)
    transaction.use_numbers([one.document.serial for one in kept if one.draft.from_block])
    transaction.add_entries([item for one in kept for item in _entries(one)])
    for one, case in zip(kept, cases, strict=True):
        _note_overrides(transaction, one.draft)
        for serial in replaced(case, one.draft.overrides):
            superseded_by = one.document.serial
            transaction.set_status(serial, "superseded", reason=REPLACED, superseded_by=superseded_by)


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
        footnotes=notes(office, sheet.form, tuple(wording.footnotes)),
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


def _document(office: Office, proof: Proof, pdf: str, docx: str | None, layout: str) -> Document:
    """The document that names the bytes of a paper.

    Its token and code are those of the first page; the others differ from it by the page alone.
    """
    draft, paper = proof.draft, proof.paper
    return Document(
        serial=draft.serial,
        form=draft.form.name,
        student_no=draft.student_no,
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
        pdf=pdf,
        docx=docx,
        layout=layout,
        created_at=office.now(),
        created_by=draft.who.token_digest,
        stage=draft.case.stage,
        tier=paper.tier,
        stamp=paper.stamp,
    )


def _number_taken() -> Problem:
    return Problem(
        "number_taken",
        409,
        "编号已被使用",
        "同一表样下已有这个编号；请核对编号，或改用号段。",
        article=article_name(NUMBER_ARTICLE),
    )


def _entries(kept: Kept) -> Iterator[NewEntry]:
    """What is filed of a paper, in each file that keeps it (arts. 6 and 7)."""
    draft, document = kept.draft, kept.document
    title = draft.case.edition.paper(draft.form).title
    items: list[tuple[EntryKind, str, tuple[str, int, str]]] = [
        ("document", "", (document.pdf, kept.pdf_size, PDF)),
        ("layout", "（版面说明）", (document.layout, kept.layout_size, JSON)),
    ]
    if document.docx is not None:
        items.insert(1, ("document", "（Word 原件）", (document.docx, kept.docx_size, DOCX)))
    for kind, note, item in items:
        yield from filed(
            document,
            kind,
            to=kept_in(draft.case),
            archive_class=draft.form.archive_class,
            title=title + note,
            item=item,
            by=draft.who.token_digest,
        )


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
