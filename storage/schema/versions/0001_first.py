"""The first schema: people, numbers, documents, scans, files, log, register, jobs, tokens, answers."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables and their guards."""
    _people()
    _numbers()
    _papers()
    _working()
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(sa.column(column).in_(values))


def _people() -> None:
    op.create_table(
        "organizations",
        sa.Column("code", sa.String(10), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.String(10), sa.ForeignKey("organizations.code"), index=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
        _one_of("kind", "city", "county", "school"),
    )
    op.create_table(
        "students",
        sa.Column("student_no", sa.String(32), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("school", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.String(27), nullable=False),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
    )


def _numbers() -> None:
    op.create_table(
        "number_blocks",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("year", WHOLE, nullable=False),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("next", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.CheckConstraint("first <= last"),
    )
    op.create_table(
        "numbers",
        sa.Column("block_id", WHOLE, sa.ForeignKey("number_blocks.id"), primary_key=True),
        sa.Column("seq", sa.BigInteger(), primary_key=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False, index=True),
        sa.Column("serial", sa.String(32), unique=True),
        sa.Column("reason", sa.Text()),
        sa.Column("changed_at", sa.String(27), nullable=False),
        sa.UniqueConstraint("form", "number", name="uq_numbers_form_number"),
        _one_of("state", "held", "used", "void", "free"),
    )


def _papers() -> None:
    op.create_table(
        "documents",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("serial", sa.String(32), nullable=False, unique=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column(
            "student_no", sa.String(32), sa.ForeignKey("students.student_no"), nullable=False, index=True
        ),
        sa.Column("school", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("number", sa.Text()),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("token", sa.Text(), nullable=False, unique=True),
        sa.Column("code_text", sa.Text(), nullable=False),
        sa.Column("pages", WHOLE, nullable=False),
        sa.Column("template_hash", sa.String(64), nullable=False),
        sa.Column("font_hashes", sa.Text(), nullable=False),
        sa.Column("pdf", sa.String(64), nullable=False),
        sa.Column("docx", sa.String(64), nullable=False),
        sa.Column("layout", sa.String(64), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("superseded_by", sa.String(32), sa.ForeignKey("documents.serial")),
        sa.Column("stage", sa.String(16)),
        sa.UniqueConstraint("form", "school", "number", name="uq_documents_form_school_number"),
        _one_of("status", "pending", "effective", "revoked", "superseded"),
    )
    op.create_table(
        "entries",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("archive", sa.String(32), nullable=False, index=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("archive_class", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("serial", sa.String(32), sa.ForeignKey("documents.serial"), index=True),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        _one_of("kind", "document", "layout", "scan", "check", "tick"),
    )
    op.create_table(
        "leaves",
        sa.Column("index", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("serial", sa.String(32), sa.ForeignKey("documents.serial"), nullable=False, index=True),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.CheckConstraint("length(hash) = 32"),
    )


def _working() -> None:
    op.create_table(
        "scans",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("original", sa.String(64), nullable=False),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.String(27), nullable=False),
        sa.Column("result", sa.Text()),
        sa.Column("problem", sa.Text()),
        sa.Column("pages", WHOLE),
        _one_of("state", "waiting", "running", "done", "failed"),
    )
    op.create_table(
        "accesses",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("archive", sa.String(32), nullable=False, index=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("approval", sa.Text()),
    )
    op.create_table(
        "jobs",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False, index=True),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("lease_until", sa.String(27)),
        sa.Column("message", sa.Text()),
        sa.Column("created_at", sa.String(27), nullable=False),
        _one_of("state", "waiting", "running", "done", "dead"),
    )
    op.create_table(
        "answers",
        sa.Column("scope", sa.String(128), primary_key=True),
        sa.Column("key", sa.String(256), primary_key=True),
        sa.Column("request_hash", sa.String(64), nullable=False),
        sa.Column("status", WHOLE),
        sa.Column("body", sa.Text()),
        sa.Column("claimed_at", sa.String(27), nullable=False),
    )
