"""What lies behind an evidence slip in a stack: page by page to the case and the kind of evidence the slip names (art. 7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from intake.bundle import Shot, bound, shot
from intake.foreign import PageText
from intake.quality import is_blank
from intake.reading import PageImage
from service.evidence.judged import Case, Judged, judged
from service.office import Office
from service.office.lookups import JSON, PDF, canonical, file, files_of, form_title
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
    """The pages behind one slip: for which case, as which evidence, what they show, and what was read on them."""

    document: Document
    evidence: Evidence
    pages: list[int] = field(default_factory=list)
    shots: list[Shot] = field(default_factory=list)
    texts: list[tuple[int, PageText | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Filed:
    """A bundle that was put away with its reading, each by sha256 and size; None when nothing lay behind the slip."""

    bundle: Bundle
    item: tuple[str, int, str] | None
    judged: Judged | None = None
    reading: tuple[str, int, str] | None = None


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


def put_away(office: Office, bundles: list[Bundle], cases: Mapping[str, Case]) -> list[Filed]:
    """Judge what was read on each bundle, by the case of its document's serial, and put its PDF and the reading away."""
    return [_put_away(office, bundle, cases[bundle.document.serial]) for bundle in bundles]


def _put_away(office: Office, bundle: Bundle, case: Case) -> Filed:
    if not bundle.shots:
        return Filed(bundle, None)
    data = bound(bundle.shots)
    item = (office.archive.objects.put(data), len(data), PDF)
    found = judged(bundle.evidence.name, case, bundle.texts, office.today())
    kept = canonical(
        {
            "serial": bundle.document.serial,
            "evidence": bundle.evidence.name,
            "pdf": item[0],
            **found.told(),
            "print": [
                {
                    "page": number,
                    "turned": text.turned,
                    "lines": [
                        {
                            "text": line.text,
                            "confidence": round(line.confidence, 4),
                            "box": text.on_scan(line.box),
                        }
                        for line in text.lines
                    ],
                }
                for number, text in bundle.texts
                if text is not None
            ],
            "recogniser": office.recogniser().name,
            "read_at": office.now().isoformat(),
        }
    )
    return Filed(bundle, item, found, (office.archive.objects.put(kept), len(kept), JSON))


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
    if filed.reading is not None:
        file(
            transaction,
            document,
            "reading",
            to=files_of(transaction, document),
            archive_class=CLASS,
            title=f"{kind.label}（{form_title(office, document.form)}附件，识读记录）",
            item=filed.reading,
            by=scan.by,
            evidence=kind.name,
        )
    return {
        "serial": document.serial,
        "form": document.form,
        "evidence": kind.name,
        "label": kind.label,
        "pages": filed.bundle.pages,
        "entry": entry,
        "reading": None if filed.judged is None else filed.judged.told(),
    }
