"""The tables as they are now; how they came to be is told by storage/schema/versions."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from storage.committed import moment

REVISION = "0017"
"""The schema these tables describe; a database that says the same needs no Alembic at start."""


class Moment(TypeDecorator[datetime]):
    """An aware datetime as UTC text of fixed width: sorts by time, reads the same in any engine and in 30 years."""

    impl = String(27)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write 2026-07-01T08:00:00.000000Z."""
        return None if value is None else moment(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read it back, aware."""
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A JSON value as text in the order it was given, so that a frozen column compares byte by byte in any engine."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write Chinese as itself: the file stays readable without this software."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read it back."""
        return None if value is None else json.loads(value)


WHOLE = BigInteger().with_variant(Integer, "sqlite")
"""A whole number of 64 bits in any engine."""

metadata = MetaData()

organizations = Table(
    "organizations",
    metadata,
    Column("code", String(10), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("name", Text, nullable=False),
    Column("parent", String(10), ForeignKey("organizations.code"), index=True),
    Column("data", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
)

students = Table(
    "students",
    metadata,
    Column("student_no", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("school", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("data", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("id_number", Text, Computed("json_extract(data, '$.id_number')", persisted=False), index=True),
)

number_blocks = Table(
    "number_blocks",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("form", String(64), nullable=False),
    Column("year", WHOLE, nullable=False),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False),
    Column("pattern", Text, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("next", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
)

numbers = Table(
    "numbers",
    metadata,
    Column("block_id", WHOLE, ForeignKey("number_blocks.id"), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("form", String(64), nullable=False),
    Column("number", Text, nullable=False),
    Column("state", String(8), nullable=False),
    Column("serial", String(32), unique=True),
    Column("reason", Text),
    Column("changed_at", Moment, nullable=False),
    UniqueConstraint("form", "number", name="uq_numbers_form_number"),
    *(
        Index(f"ix_numbers_{state}", *columns, sqlite_where=where, postgresql_where=where)
        for state, columns, where in (
            ("free", ("block_id", "seq"), text("state = 'free'")),
            ("held", ("changed_at",), text("state = 'held'")),
        )
    ),
)

documents = Table(
    "documents",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("serial", String(32), nullable=False, unique=True),
    Column("form", String(64), nullable=False),
    Column("student_no", String(32), ForeignKey("students.student_no"), index=True),
    Column("school", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("number", Text),
    Column("status", String(12), nullable=False),
    Column("facts", Json, nullable=False),
    Column("data", Json, nullable=False),
    Column("issued_on", Date, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("code_text", Text, nullable=False),
    Column("pages", WHOLE, nullable=False),
    Column("template_hash", String(64), nullable=False),
    Column("font_hashes", Json, nullable=False),
    Column("pdf", String(64), nullable=False),
    Column("docx", String(64)),
    Column("layout", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("reason", Text),
    Column("superseded_by", String(32), ForeignKey("documents.serial")),
    Column("stage", String(16)),
    Column("tier", WHOLE, nullable=False, server_default="2"),
    Column("stamp", String(64), nullable=False, server_default=""),
    UniqueConstraint("form", "school", "number", name="uq_documents_form_school_number"),
    Index("ix_documents_status_tier", "status", "tier"),
)

scans = Table(
    "scans",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("state", String(8), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("original", String(64), nullable=False),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("by", Text, nullable=False),
    Column("uploaded_at", Moment, nullable=False),
    Column("result", Json),
    Column("problem", Json),
    Column("pages", WHOLE),
)

copies = Table(
    "copies",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("scan", WHOLE, ForeignKey("scans.id"), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("page", WHOLE, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("scan", "kind", "page", name="uq_copies_scan_kind_page"),
)

entries = Table(
    "entries",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("archive", String(32), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("archive_class", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("serial", String(32), ForeignKey("documents.serial"), index=True),
    Column("created_at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    Column("evidence", String(32)),
)

leaves = Table(
    "leaves",
    metadata,
    Column("index", WHOLE, primary_key=True, autoincrement=False),
    Column("kind", String(16), nullable=False),
    Column("serial", String(32), ForeignKey("documents.serial"), index=True),
    Column("hash", LargeBinary(32), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ref", Text, index=True),
    Column("salt", LargeBinary(16)),
)

log_nodes = Table(
    "log_nodes",
    metadata,
    Column("level", WHOLE, primary_key=True, autoincrement=False),
    Column("index", WHOLE, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)

log_head = Table(
    "log_head",
    metadata,
    Column("id", WHOLE, primary_key=True, autoincrement=False),
    Column("size", WHOLE, nullable=False),
    Column("carried", WHOLE, nullable=False),
)

accesses = Table(
    "accesses",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("archive", String(32), nullable=False, index=True),
    Column("what", Text, nullable=False),
    Column("approval", Text),
)

imprints = Table(
    "imprints",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("serial", String(32), ForeignKey("documents.serial"), nullable=False, index=True),
    Column("page", WHOLE, nullable=False),
    Column("x", Float, nullable=False),
    Column("y", Float, nullable=False),
    Column("unit", Text, nullable=False),
    Column("rim", LargeBinary, nullable=False),
    Column("face", LargeBinary, nullable=False),
    Column("twin", WHOLE, ForeignKey("imprints.id")),
    Column("at", Moment, nullable=False),
    Index("ix_imprints_unit_id", "unit", "id"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", String(8), nullable=False, index=True),
    Column("attempts", WHOLE, nullable=False),
    Column("lease_until", Moment),
    Column("message", Text),
    Column("created_at", Moment, nullable=False),
    Column("owner", String(64)),
    Column("org", String(10), nullable=False, server_default=""),
    Column("turn", WHOLE, nullable=False, server_default="0"),
    Index("ix_jobs_turn", "kind", "state", "turn", "id"),
    Index("ix_jobs_org", "kind", "state", "org", "turn"),
)

batches = Table(
    "batches",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("form", String(64), nullable=False),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("by", Text, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("request", Json, nullable=False),
    Column("total", WHOLE, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
)

batch_rows = Table(
    "batch_rows",
    metadata,
    Column("batch", WHOLE, ForeignKey("batches.id"), primary_key=True),
    Column("row", WHOLE, primary_key=True, autoincrement=False),
    Column("student_no", String(32)),
    Column("state", String(12), nullable=False),
    Column("asked", Json, nullable=False),
    Column("values", Json),
    Column("errors", Json, nullable=False),
    Column("serial", String(32), unique=True),
    Column("number", Text),
    Index("ix_batch_rows_batch_state_row", "batch", "state", "row"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("scope", String(128), primary_key=True),
    Column("key", String(256), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", WHOLE),
    Column("body", Json),
    Column("claimed_at", Moment, nullable=False),
)

photos = Table(
    "photos",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("student_no", String(32), ForeignKey("students.student_no"), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
)

blanks = Table(
    "blanks",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("form", String(64), nullable=False),
    Column("data", Json, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
)

template_versions = Table(
    "template_versions",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("form", String(64), nullable=False),
    Column("version", WHOLE, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("docx", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
    UniqueConstraint("form", "version", name="uq_template_versions_form_version"),
)

source_templates = Table(
    "source_templates",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("docx", String(64), nullable=False),
    Column("at", Moment, nullable=False),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("serial", String(32), ForeignKey("documents.serial"), nullable=False, index=True),
    Column("form", String(64), nullable=False),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("rule", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", Text, nullable=False),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("scan", WHOLE, ForeignKey("scans.id"), nullable=False, index=True),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("serial", String(32), ForeignKey("documents.serial"), index=True),
    Column("evidence", String(32)),
    Column("page", WHOLE),
    Column("name", Text, nullable=False),
    Column("mark", String(12)),
    Column("box", Json),
    Column("expected", Text),
    Column("read", Text),
    Column("result", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    Column("holds", Boolean, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("answer", String(16)),
    Column("closed_at", Moment),
    Column("settled_by", WHOLE, ForeignKey("scans.id")),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("review", WHOLE, ForeignKey("reviews.id"), nullable=False),
    Column("answer", String(16), nullable=False),
    Column("serial", String(32), ForeignKey("documents.serial")),
    Column("paper", Boolean, nullable=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Column("evidence", String(32)),
    UniqueConstraint("review", "by", name="uq_decisions_review_by"),
)

volumes = Table(
    "volumes",
    metadata,
    Column("archive", String(32), primary_key=True),
    Column("school", String(10), ForeignKey("organizations.code"), nullable=False),
    Column("year", WHOLE, nullable=False),
    Column("volume", WHOLE, nullable=False),
    Column("opened_at", Moment, nullable=False),
    UniqueConstraint("school", "year", "volume", name="uq_volumes_school_year_volume"),
)

archive_numbers = Table(
    "archive_numbers",
    metadata,
    Column("entry", WHOLE, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("archive", String(32), nullable=False),
    Column("school", String(10), ForeignKey("organizations.code"), nullable=False),
    Column("year", WHOLE, nullable=False),
    Column("class_code", String(4), nullable=False),
    Column("volume", WHOLE, nullable=False),
    Column("item", WHOLE, nullable=False),
    UniqueConstraint("school", "year", "class_code", "volume", "item", name="uq_archive_numbers"),
    Index("ix_archive_numbers_archive_year", "archive", "year"),
)

locations = Table(
    "locations",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("entry", WHOLE, ForeignKey("entries.id"), nullable=False, index=True),
    Column("paper", Boolean, nullable=False),
    Column("fonds", Text, nullable=False),
    Column("cabinet", Text, nullable=False),
    Column("box", Text, nullable=False),
    Column("pages", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

closures = Table(
    "closures",
    metadata,
    Column("org", String(10), ForeignKey("organizations.code"), primary_key=True),
    Column("kind", String(8), nullable=False),
    Column("holder", String(10), ForeignKey("organizations.code"), nullable=False),
    Column("closed_on", Date, nullable=False),
    Column("document", Text, nullable=False),
    Column("lists", Json, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("by_org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", WHOLE, primary_key=True, autoincrement=False),
    Column("algorithm", String(16), nullable=False),
    Column("public_key", String(200), nullable=False),
    Column("first_used_at", Moment, nullable=False),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("archive", String(32), nullable=False, index=True),
    Column("kind", String(8), nullable=False),
    Column("sender", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("receiver", String(10), nullable=False, index=True),
    Column("receiver_name", Text, nullable=False),
    Column("cause", String(2), nullable=False),
    Column("document", Text, nullable=False),
    Column("approved_on", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("lists", Json, nullable=False),
    Column("package", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("told", Json, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

transfer_steps = Table(
    "transfer_steps",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("transfer", String(32), ForeignKey("transfers.id"), nullable=False, index=True),
    Column("answer", String(8), nullable=False),
    Column("receipt", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("org", String(10), ForeignKey("organizations.code"), nullable=False, index=True),
    Column("package", Text, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("transfer", String(32), index=True),
    Column("said", Json, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("checks", Json, nullable=False),
    Column("filed", WHOLE, nullable=False),
    Column("receipt", Text),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("at", Moment, nullable=False),
)

arrived_entries = Table(
    "arrived_entries",
    metadata,
    Column("entry", WHOLE, ForeignKey("entries.id"), primary_key=True, autoincrement=False),
    Column("arrival", WHOLE, ForeignKey("arrivals.id"), nullable=False, index=True),
    Column("origin", Text, nullable=False),
    Column("original", Text, nullable=False),
    Column("archive_no", Text, nullable=False),
    Column("serial", Text),
    Column("form", Text),
    Column("restricted", Boolean, nullable=False),
)

arrival_results = Table(
    "arrival_results",
    metadata,
    Column("arrival", WHOLE, ForeignKey("arrivals.id"), primary_key=True, autoincrement=False),
    Column("result", WHOLE, ForeignKey("arrivals.id"), nullable=False, unique=True),
)

arrival_asides = Table(
    "arrival_asides",
    metadata,
    Column("arrival", WHOLE, ForeignKey("arrivals.id"), primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

package_pieces = Table(
    "package_pieces",
    metadata,
    Column("package", Text, primary_key=True),
    Column("piece", WHOLE, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("size", BigInteger, nullable=False),
)

partners = Table(
    "partners",
    metadata,
    Column("id", WHOLE, primary_key=True),
    Column("name", Text, nullable=False, index=True),
    Column("keys", Json, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", String(16), nullable=False),
    Column("org", String(10), nullable=False),
    Column("at", Moment, nullable=False),
)

partner_units = Table(
    "partner_units",
    metadata,
    Column("partner", WHOLE, ForeignKey("partners.id"), primary_key=True, autoincrement=False),
    Column("unit", String(10), primary_key=True),
)
