"""Verify: QR or scan → decode → look up → compare → one honest sentence, and nothing about the holder.

What is proved, in order:
(1) the code is one of ours: its signature is good under a published key;
(2) the archive knows the serial, and the very token that was printed;
(3) the status: pending, effective, revoked or superseded;
(4) for an image that shows the page: the printed text equals the archive's, and no seal is missing or
another unit's.
"""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any, cast

from intake.errors import RecogniserFailed, RecogniserMissing
from intake.reading import PageImage
from intake.uploads import Upload, inspect, pages
from service.office import Office
from service.office.judgement import SheetReading, judge_paper
from service.office.lookups import facts_digest, form_title
from service.office.papers import (
    TOO_COARSE,
    Named,
    Paper,
    Slip,
    Unnamed,
    name_page,
    open_paper,
    read_paper,
    shows_whole_page,
)
from service.signing import SLIP, BadCode, Token, read_address
from storage.archive import Reading
from storage.errors import NotFound, ObjectDamaged, StorageError
from storage.records import Document

MAX_PAGES = 4
"""Pages of a public upload that are looked at: a paper of ours and the sheets around it."""
NO_CODE = (("no_code",), ("no_code", TOO_COARSE))
"""Reasons of pages that show no code: whatever else another page shows is said instead."""
COVER_SHEET = "cover_sheet"
"""Reason for an evidence slip: it bears our signature, and is no paper that anybody could be shown."""
MASK = "**"
STATUS_VERDICTS = {
    "pending": "pending",
    "effective": "genuine",
    "revoked": "revoked",
    "superseded": "superseded",
}

log = logging.getLogger("yinzheng.verify")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The public answer: verdict and reason codes; the rest is None for `unknown` and `cannot_check`."""

    verdict: str
    reasons: tuple[str, ...] = ()
    form: str | None = None
    number: str | None = None
    issued_on: str | None = None
    school: str | None = None
    holder_masked: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The seven members of the answer (design.md §4.2)."""
        return {
            "verdict": self.verdict,
            "reasons": list(self.reasons),
            "form": self.form,
            "number": self.number,
            "issued_on": self.issued_on,
            "school": self.school,
            "holder_masked": self.holder_masked,
        }


def by_code(office: Office, text: str) -> Verdict:
    """Verify the text of a QR code; never raises: an outage is `cannot_check`."""
    try:
        token = office.keys.public.check(text)  # (1)
        if token.kind == SLIP:
            return Verdict("unknown", (COVER_SHEET,))
        with office.archive.read() as reading:
            document = reading.document(token.serial)  # (2)
            school = _school(reading, document)
    except BadCode as bad:
        return Verdict("unknown", (bad.reason,))
    except NotFound:
        return Verdict("unknown", ("not_issued_here",))
    except StorageError as error:
        return _away(error)
    return _told(office, document, school, token, read_address(text))


def _school(reading: Reading, document: Document) -> str:
    """The school as the paper names it, else the name of the organization that issued the paper."""
    facts = document.facts
    return facts.get("school_name") or facts.get("out_school") or reading.organization(document.school).name


def _told(office: Office, document: Document, school: str, token: Token, text: str) -> Verdict:
    """(2) and (3): the printed token, the facts it signs, then the status.

    A row that no longer says what was signed is a damaged archive: neither genuine nor forged.
    """
    if token.page == 1 and document.token != text:
        return Verdict("unknown", ("not_issued_here",))
    signed = (token.pages, token.issued_on, token.school)
    kept = (document.pages, document.issued_on, document.school)
    if signed != kept or not token.matches(facts_digest(document.facts)):
        log.error("row and signature differ: %s", document.serial)
        return Verdict("cannot_check", ("store",))
    return Verdict(
        STATUS_VERDICTS[document.status],
        (),
        form_title(office, document.form),
        document.number,
        document.issued_on.isoformat(),
        school,
        _masked(document.facts.get("student_name", "")),
    )


def _masked(name: str) -> str | None:
    """The first character of a holder's name; None for a paper that is nobody's."""
    return name[:1] + MASK if name else None


def by_image(office: Office, data: bytes) -> Verdict:
    """Verify a photograph or scan: its code, and, when it shows the page, what is printed on it.

    A picture of the code alone is answered like the code, with the reason `code_only`. Raises UploadRefused
    for a file that cannot be opened.
    """
    upload = inspect(data, office.settings.max_upload_mb << 20)
    found = list(_verdicts(office, upload, data))
    ours = [verdict for serial, verdict in found if serial is not None]
    if len({serial for serial, _ in found if serial is not None}) > 1:
        return Verdict("cannot_check", ("several_documents",))
    if ours:
        return next((verdict for verdict in ours if verdict.verdict == "altered"), ours[0])
    return next((verdict for _, verdict in found if verdict.reasons not in NO_CODE), found[0][1])


def _verdicts(office: Office, upload: Upload, data: bytes) -> Iterator[tuple[str | None, Verdict]]:
    with closing(cast("Any", pages(data, upload.kind))) as sheets:
        for page in sheets:
            if page.index >= MAX_PAGES:
                return
            yield _of_page(office, page)


def _of_page(office: Office, page: PageImage) -> tuple[str | None, Verdict]:
    """The serial of the document on a page, if it is ours, and what is to be said of it."""
    try:
        with office.archive.read() as reading:
            named = name_page(office, reading, page)
            if not isinstance(named, Named):
                return None, _no_paper(named)
            paper = open_paper(office, reading, named.document)
            school = _school(reading, named.document)
        verdict = _told(office, named.document, school, named.token, read_address(named.code.text))
        if verdict.form is None:
            return None, verdict
        if not shows_whole_page(paper, page, named):
            return named.token.serial, replace(verdict, reasons=("code_only",))
        return named.token.serial, _compared(office, paper, page, named, verdict)
    except StorageError as error:
        return None, _away(error)
    except (RecogniserMissing, RecogniserFailed):
        return None, Verdict("cannot_check", ("reading_failed",))


def _compared(office: Office, paper: Paper, page: PageImage, named: Named, verdict: Verdict) -> Verdict:
    """(4): only that one page is asked for; the others of a longer paper are not missing from a photograph."""
    shown = {"pages": [paper.layout["pages"][named.token.page - 1]]}
    sheet = SheetReading(1, read_paper(office, paper, page, named))
    judged = judge_paper(shown, named.document.status, [sheet])
    if judged.verdict == "altered":
        return replace(verdict, verdict="altered", reasons=judged.reasons)
    if judged.verdict == "cannot_check":
        return Verdict("cannot_check", judged.reasons)
    missing = tuple(reason for reason in judged.reasons if reason.startswith("mark_absent:"))
    if (
        missing and verdict.verdict == "genuine"
    ):  # a print without its seals is not the paper that was validated
        return replace(verdict, verdict="pending", reasons=missing)
    return verdict


def _no_paper(named: Slip | Unnamed) -> Verdict:
    if isinstance(named, Slip):
        return Verdict("unknown", (COVER_SHEET,))
    reason = named.reason
    if reason == TOO_COARSE:
        return Verdict("cannot_check", ("no_code", TOO_COARSE))
    if reason in {"no_code", "several_documents"}:
        return Verdict("cannot_check", (reason,))
    return Verdict("unknown", ("not_issued_here" if reason == "unknown_serial" else reason,))


def _away(error: StorageError) -> Verdict:
    """An outage is neither genuine nor forged; it is logged by its code, without whose paper it was."""
    log.warning("verification impossible: %s", error.code)
    return Verdict("cannot_check", ("store" if isinstance(error, ObjectDamaged) else "database",))
