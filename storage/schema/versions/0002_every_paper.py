"""Papers without a student; photos, pre-printed blanks, template versions, and the register of overrides."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE, may_be_missing

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a document have no student, make the new tables and their guards."""
    may_be_missing("documents", "student_no", "VARCHAR(32)")
    _tables()
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _tables() -> None:
    op.create_table(
        "photos",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column(
            "student_no", sa.String(32), sa.ForeignKey("students.student_no"), nullable=False, index=True
        ),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
    )
    op.create_table(
        "blanks",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
    )
    op.create_table(
        "template_versions",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("docx", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.UniqueConstraint("form", "version", name="uq_template_versions_form_version"),
        sa.CheckConstraint("version > 0"),
    )
    op.create_table(
        "overrides",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("serial", sa.String(32), sa.ForeignKey("documents.serial"), nullable=False, index=True),
        sa.Column("form", sa.String(64), nullable=False),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
    )
