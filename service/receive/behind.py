"""What lies behind an evidence slip in a stack: page by page to the case and the kind of evidence the slip names (art. 7)."""

from dataclasses import dataclass, field, replace
from typing import Any

from intake.bundle import Shot, bound, shot
from intake.quality import is_blank
from intake.reading import PageImage
from service.office import Office
from service.office.lookups import PDF, file, files_of, form_title
from service.office.papers import TOO_COARSE, Named, Slip, Unnamed
from storage.archive import Transaction
from storage.records import Document, Scan
from templates.evidence import Evidence

FOREIGN = frozenset({"no_code", "foreign_code", TOO_COARSE})
"""What a page may say that is no paper of ours: a hospital's may carry a code of its own."""
CLASS = "学籍信息证明材料"
"""Where it is kept in the student's file (art. 11)."""


@dataclass(slots=True)
class Bundle:
    """The pages behind one slip: for which case, as which evidence, and what they show."""

    document: Document
    evidence: Evidence
    pages: list[int] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Filed:
    """A bundle that was put away: its PDF by sha256 and size, None when nothing lay behind the slip."""

    bundle: Bundle
    item: tuple[str, int, str] | None


class Stack:
    """Follows a stack from page to page. A slip holds good until the next page of ours, whatever that says."""

    def __init__(self) -> None:
        self.bundles: list[Bundle] = []
        self._open: Bundle | None = None

    def take(self, named: Named | Slip | Unnamed, page: PageImage) -> Bundle | Unnamed | None:
        """Give the bundle a page belongs to, as its slip or behind it, or why it belongs nowhere; None for our papers."""
        if isinstance(named, Slip):
            self._open = Bundle(named.document, named.evidence)
            self.bundles.append(self._open)
            return self._open
        if isinstance(named, Named):
            self._open = None
            return None
        if named.reason in FOREIGN and is_blank(page.pixels):
            return replace(named, blank=True)  # the back of a sheet: it ends nothing
        if self._open is None or named.reason not in FOREIGN:
            self._open = None
            return named
        self._open.pages.append(page.index)
        self._open.shots.append(shot(page))
        return self._open


def put_away(office: Office, bundles: list[Bundle]) -> list[Filed]:
    """Put the PDF of each bundle away."""
    found = []
    for bundle in bundles:
        data = bound(bundle.shots) if bundle.shots else b""
        item = (office.archive.objects.put(data), len(data), PDF) if data else None
        found.append(Filed(bundle, item))
    return found


def restricted_kind(filed: list[Filed]) -> str | None:
    """A restricted kind among the evidence of a stack: the upload as a whole is then shown to those who may see that."""
    kinds = (one.bundle.evidence for one in filed if one.item is not None)
    return next((kind.name for kind in kinds if kind.restricted), None)


def file_evidence(office: Office, transaction: Transaction, scan: Scan, filed: Filed) -> dict[str, Any]:
    """File a bundle into the files of its case; gives what is told of it."""
    document, kind = filed.bundle.document, filed.bundle.evidence
    entry = None
    if filed.item is not None:
        entry = file(
            transaction,
            document,
            "evidence",
            to=files_of(transaction, document),
            archive_class=CLASS,
            title=f"{kind.label}（{form_title(office, document.form)}附件）",
            item=filed.item,
            by=scan.by,
            evidence=kind.name,
        ).id
    return {
        "serial": document.serial,
        "form": document.form,
        "evidence": kind.name,
        "label": kind.label,
        "pages": filed.bundle.pages,
        "entry": entry,
    }
