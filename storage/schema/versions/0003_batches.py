"""Batches and their rows; papers stamped without a Word file, and the templates they came of; who works on a job."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE, generated, may_be_missing, whole

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a document have no Word file, make the new columns and tables, and put the guards over them."""
    may_be_missing("documents", "docx", "VARCHAR(64)")
    _columns()
    _tables()
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _columns() -> None:
    """Every paper so far was converted (tier 2), and has its Word file: the row says so, and is held to it.

    The id number stays where it is, in the student's record: the new column only shows it, so that it can be indexed.
    """
    op.execute(
        f"ALTER TABLE documents ADD COLUMN tier {whole()} DEFAULT '2' NOT NULL"
        " CHECK (tier = 1 OR (tier = 2 AND docx IS NOT NULL))"
    )
    op.execute(
        "ALTER TABLE documents ADD COLUMN stamp VARCHAR(64) DEFAULT '' NOT NULL"
        " CHECK ((tier = 2) = (stamp = ''))"
    )
    op.create_index("ix_documents_status_tier", "documents", ["status", "tier"])
    op.execute("ALTER TABLE jobs ADD COLUMN owner VARCHAR(64)")
    op.create_index("ix_jobs_kind_state", "jobs", ["kind", "state"])
    generated("students", "id_number", "data")
    op.create_index("ix_students_id_number", "students", ["id_number"])


def _tables() -> None:
    op.create_table(
        "batches",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False, index=True),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("total", WHOLE, nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.Column("ended_at", sa.String(27)),
        sa.CheckConstraint("state IN ('checking', 'numbering', 'printing', 'done', 'cancelled')"),
    )
    op.create_table(
        "batch_rows",
        sa.Column("batch", WHOLE, sa.ForeignKey("batches.id"), primary_key=True),
        sa.Column("row", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("student_no", sa.String(32)),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("values", sa.Text()),
        sa.Column("errors", sa.Text(), nullable=False),
        sa.Column("serial", sa.String(32), unique=True),
        sa.Column("number", sa.Text()),
        sa.CheckConstraint(
            "state IN ('waiting', 'ready', 'refused', 'numbered', 'printed', 'failed', 'cancelled')"
        ),
        sa.CheckConstraint("state NOT IN ('numbered', 'printed') OR serial IS NOT NULL"),
    )
    op.create_table(
        "source_templates",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("docx", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.create_index("ix_batch_rows_batch_state_row", "batch_rows", ["batch", "state", "row"])
