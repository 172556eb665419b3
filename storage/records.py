"""The nouns that storage keeps and gives back: plain frozen values, one per kind of row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

OrganizationKind = Literal["city", "county", "school"]
NumberState = Literal["held", "used", "void", "free"]
DocumentStatus = Literal["pending", "effective", "revoked", "superseded"]
ScanState = Literal["waiting", "running", "done", "failed"]
EntryKind = Literal["document", "layout", "scan", "check", "tick", "evidence", "picture", "reading"]
CopyKind = Literal["searchable", "thumbnail"]
ClosureKind = Literal["merged", "revoked"]
TransferAnswer = Literal["received", "refused"]
ReviewState = Literal["open", "disputed", "decided", "superseded"]
JobState = Literal["waiting", "running", "done", "dead"]
BatchState = Literal["checking", "numbering", "printing", "done", "cancelled"]
RowState = Literal["waiting", "ready", "refused", "numbered", "printed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Organization:
    """A city or county authority (6 digits) or a school (10 digits); `data` holds what else is known of it."""

    code: str
    kind: OrganizationKind
    name: str
    parent: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Student:
    """A student's present record; `data` holds every catalogue field of it by name, name and sex included."""

    student_no: str
    name: str
    school: str
    data: dict[str, str]


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """Consecutive official numbers first..last that an authority handed to `org`; `pattern` has one `{:0Nd}` slot."""

    id: int
    form: str
    year: int
    org: str
    pattern: str
    first: int
    last: int
    by: str


@dataclass(frozen=True, slots=True)
class TakenNumber:
    """A number held for one document that is being made; `number` is the printed text."""

    block_id: int
    seq: int
    number: str


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One line of a block's ledger: who has the number now, or why nobody ever will (`void` with its reason)."""

    block_id: int
    seq: int
    number: str
    state: NumberState
    serial: str | None
    reason: str | None
    changed_at: datetime
    form: str


@dataclass(frozen=True, slots=True)
class Document:
    """One issued paper, frozen: only status, reason and superseded_by ever change. pdf, docx, layout are sha256 of objects.

    `student_no` is None for a school's or an authority's own paper; `school` is the organization that issued it.
    `tier` 1 was stamped from the compiled artefact whose hash is `stamp` and has no `docx`; 2 was converted by
    LibreOffice, and its `stamp` is empty.
    """

    serial: str
    form: str
    student_no: str | None
    school: str
    number: str | None
    status: DocumentStatus
    facts: dict[str, str]
    data: dict[str, str]
    issued_on: date
    digest: str
    token: str
    code_text: str
    pages: int
    template_hash: str
    font_hashes: dict[str, str]
    pdf: str
    docx: str | None
    layout: str
    created_at: datetime
    created_by: str
    reason: str | None = None
    superseded_by: str | None = None
    stage: str | None = None
    tier: int = 2
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """One upload on its way through reading; `original` is the sha256 of the bytes as they came, `org` the uploader's."""

    id: str
    state: ScanState
    kind: str
    original: str
    org: str
    by: str
    uploaded_at: datetime
    result: dict[str, Any] | None
    problem: dict[str, Any] | None
    pages: int | None


@dataclass(frozen=True, slots=True)
class Copy:
    """What was made from a scan and lies beside it: of `page` (from 0) of the upload, or of all of it (WHOLE)."""

    scan: str
    kind: CopyKind
    page: int
    sha256: str
    size: int
    media_type: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable item of a permanent file; `archive` is a student_no or a school code, `size` in bytes.

    `evidence` names what kind of evidence it is (see `templates.evidence`); of a scan, which restricted evidence it
    holds besides.
    """

    id: str
    archive: str
    kind: EntryKind
    archive_class: str
    title: str
    sha256: str
    size: int
    media_type: str
    serial: str | None
    created_at: datetime
    by: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An item that is about to be filed: an Entry before it has its id and its moment."""

    archive: str
    kind: EntryKind
    archive_class: str
    title: str
    sha256: str
    size: int
    media_type: str
    serial: str | None
    by: str
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Work that waits in the database; `attempts` counts the leases so far, the present one included.

    `message` is what went wrong the last time: a word of ours or the name of an error, never data.
    """

    id: int
    kind: str
    payload: dict[str, Any]
    state: JobState
    attempts: int
    lease_until: datetime | None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class JobFigures:
    """How many jobs there are by kind and state, and for how many seconds the oldest of each kind has waited."""

    counts: Mapping[tuple[str, str], int]
    oldest: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Batch:
    """Many papers asked for at once: `request` is what was asked for, `total` its rows, `state` where it stands.

    `role` and `by` say who asked (`by` is a token digest); a batch that ended (done, cancelled) stays so.
    """

    id: int
    form: str
    org: str
    role: str
    by: str
    state: BatchState
    request: dict[str, Any]
    total: int
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One paper of a batch; `row` counts from 1 in list order.

    `asked` is what the list says of it, frozen; `values` what the check gathered; `errors` why there is no paper.
    """

    batch: int
    row: int
    student_no: str | None
    state: RowState
    asked: dict[str, Any]
    values: dict[str, Any] | None
    errors: list[dict[str, Any]]
    serial: str | None
    number: str | None


@dataclass(frozen=True, slots=True)
class BatchSerial:
    """A batch row that was given a serial, with its batch's form: what ties it to a document and a number."""

    batch: int
    row: int
    form: str
    student_no: str | None
    state: RowState
    serial: str
    number: str | None


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """Who a bearer token stands for; only its digest is kept."""

    digest: str
    role: str
    org: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Leaf:
    """One line of the Merkle log; `hash` is the RFC 6962 leaf hash (32 bytes) of `payload`, `index` counts from 0.

    `ref` is the id of the entry, or block/seq of the number, that it tells of; `salt` what the digest of the row was
    made with, None in leaves of the first releases.
    """

    index: int
    kind: str
    serial: str | None
    hash: bytes
    payload: bytes
    ref: str | None
    salt: bytes | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LogHead:
    """Where the log stands: its number of leaves, and how many of them a migration wrote or found."""

    size: int
    carried: int


@dataclass(frozen=True, slots=True)
class Head:
    """A head of the log that somebody outside has kept: size, root (32 bytes), and when it was signed, if that is known."""

    size: int
    root: bytes
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Imprint:
    """By what a stamping of a unit's seal is known again, and where it was first seen: (x, y) mm on a document's page.

    `twin` is the imprint of the same stamping in another place, when there was one already. No personal data.
    """

    id: int
    serial: str
    page: int
    x: float
    y: float
    unit: str
    rim: bytes
    face: bytes
    twin: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The finished answer to an idempotent request, given again to every repetition."""

    request_hash: str
    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    """One row of the 查阅登记 (art. 44): who looked at which archive, on whose approval; `who` is a token digest."""

    id: int
    at: datetime
    who: str
    role: str
    org: str
    archive: str
    what: str
    approval: str | None


@dataclass(frozen=True, slots=True)
class Photo:
    """A student's portrait, the newest of several counts; `sha256` names the JPEG among the objects."""

    id: int
    student_no: str
    sha256: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Blank:
    """An authority's pre-printed blank of a form: `data` holds its offsets; `org` is whose blank it is."""

    id: str
    org: str
    form: str
    data: dict[str, Any]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """A Word template accepted for a form, versions counting from 1; `docx` is its sha256, `hash` the template hash."""

    id: int
    form: str
    version: int
    hash: str
    docx: str
    note: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class OverrideRow:
    """An exception an authority allowed for one document: from which rule, on which paper of its own, and why."""

    id: int
    serial: str
    form: str
    org: str
    rule: str
    document: str
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """What waits for a person: an answer that no machine could give, of the paper `serial` or of a page that is nobody's.

    `kind` says which answers it takes; `org` in whose scope it lies; `evidence` which kind of evidence it is about;
    `page` is the side of the scan from 0 (None for one that is not there), `box` left, top, right, bottom in its
    pixels; `name` a field or block, with `mark` seal or signature; `expected`, `read` and `result` what the record,
    the machine and its finding say; `reason` is a reason code; while one that `holds` is not decided the paper has no
    better verdict.
    """

    kind: str
    org: str
    serial: str | None
    evidence: str | None
    page: int | None
    name: str
    mark: str | None
    box: list[float] | None
    expected: str | None
    read: str | None
    result: str
    reason: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Review:
    """A doubt on the desk; all but its state is frozen.

    `answer` is what was decided, `settled_by` the newer scan that made an answer needless; either stays so.
    """

    id: str
    kind: str
    scan: str
    org: str
    serial: str | None
    evidence: str | None
    page: int | None
    name: str
    mark: str | None
    box: list[float] | None
    expected: str | None
    read: str | None
    result: str
    reason: str
    holds: bool
    opened_at: datetime
    state: ReviewState
    answer: str | None
    closed_at: datetime | None
    settled_by: str | None


@dataclass(frozen=True, slots=True)
class Decision:
    """One person's answer to a review, once and for ever; `by` is a token digest, `paper` says that he had the paper.

    `serial` is the document that a page belongs to, when that is the answer, and `evidence` as which kind of evidence;
    None for a page of the document itself.
    """

    id: int
    review: str
    answer: str
    serial: str | None
    paper: bool
    note: str
    by: str
    role: str
    org: str
    at: datetime
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """The volume (卷) a student's file got when it was opened: the running number among those of a school and year.

    `year` is that in which the school year began; `opened_at` the moment of the first thing filed.
    """

    archive: str
    school: str
    year: int
    volume: int
    opened_at: datetime

    @property
    def text(self) -> str:
        """As it is written on the folder: XJ-3114000123-2025-Y-11-0001."""
        return f"XJ-{self.school}-{self.year}-Y-11-{self.volume:04d}"


@dataclass(frozen=True, slots=True)
class ArchiveNumber:
    """The 档号 of an item, told by its first entry: given once, never to another, never changed.

    `archive` is whose file it lies in, `class_code` article and clause in four digits (0603 is art. 6 (三)).
    """

    entry: str
    archive: str
    school: str
    year: int
    class_code: str
    volume: int
    item: int

    @property
    def text(self) -> str:
        """As it is written on the paper: XJ-3114000123-2025-Y-0603-0001-0007. It never holds a 学籍号."""
        return f"XJ-{self.school}-{self.year}-Y-{self.class_code}-{self.volume:04d}-{self.item:04d}"


@dataclass(frozen=True, slots=True)
class Location:
    """Where the paper of an item (its first entry) lies, in parts as people call them; `paper` False: there is none.

    The newest of several counts; `by` is a token digest.
    """

    id: int
    entry: str
    paper: bool
    fonds: str
    cabinet: str
    box: str
    pages: str
    by: str
    role: str
    org: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Closure:
    """The end of a school (art. 8): merged into `holder`, or revoked, with `holder` the unit that keeps its files.

    `document` is the authority's own (文号), `lists` the serials of the accepted 移交清单; `by` a token digest.
    """

    org: str
    kind: ClosureKind
    holder: str
    closed_on: date
    document: str
    lists: list[str]
    by: str
    role: str
    by_org: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Transfer:
    """A file that is handed over to another unit (arts. 8, 18, 22), frozen; what became of it is told by its steps.

    `archive` is the student_no or the school's code, `receiver` may be registered here or not; `cause` a code of
    handover_cause, `document` the authority's 文号 of `approved_on`, `due` the last day. `lists` are the serials of the
    移交清单, `package` the sha256 of the zip, `size` its bytes; `told` counts what is in it; `restricted` when few may open
    it. `by` is a token digest.
    """

    id: str
    archive: str
    kind: str
    sender: str
    receiver: str
    receiver_name: str
    cause: str
    document: str
    approved_on: date
    due: date
    lists: list[str]
    package: str
    size: int
    told: dict[str, Any]
    restricted: bool
    by: str
    role: str
    org: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TransferStep:
    """What the receiver answered: taken over, or refused and why; `receipt` is the note it signed."""

    id: int
    transfer: str
    answer: TransferAnswer
    receipt: str
    by: str
    role: str
    org: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """A package that came, frozen: for whom, its sha256 and bytes, what it says of itself, what the four checks found.

    `transfer` is the id of the transfer it says it is of, `receipt` the note that was signed in answer.
    """

    id: str
    org: str
    package: str
    size: int
    transfer: str | None
    said: dict[str, Any]
    passed: bool
    checks: dict[str, Any]
    filed: int
    receipt: str | None
    by: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Aside:
    """An arrival that was held and that nobody need look at any more, and why; the package stays."""

    arrival: str
    note: str
    by: str
    role: str
    org: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Arrived:
    """Where an entry that came with a package comes from: what it was there, and whether few may see it."""

    entry: str
    arrival: str
    origin: str
    original: str
    archive_no: str
    serial: str | None
    form: str | None
    restricted: bool


@dataclass(frozen=True, slots=True)
class Partner:
    """Another installation whose keys were told by an authority; the newest of a name counts. `keys` is its key file."""

    id: int
    name: str
    keys: dict[str, Any]
    by: str
    role: str
    org: str
    at: datetime
