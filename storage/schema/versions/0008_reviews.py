"""What waits for a person, and what persons decided: both are kept for ever."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables and put the guards over them."""
    op.create_table(
        "reviews",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("scan", WHOLE, sa.ForeignKey("scans.id"), nullable=False, index=True),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("serial", sa.String(32), sa.ForeignKey("documents.serial"), index=True),
        sa.Column("evidence", sa.String(32)),
        sa.Column("page", WHOLE),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mark", sa.String(12)),
        sa.Column("box", sa.Text()),
        sa.Column("expected", sa.Text()),
        sa.Column("read", sa.Text()),
        sa.Column("result", sa.String(24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.Column("state", sa.String(12), nullable=False, index=True),
        sa.Column("answer", sa.String(16)),
        sa.Column("closed_at", sa.String(27)),
        sa.Column("settled_by", WHOLE, sa.ForeignKey("scans.id")),
        sa.CheckConstraint("state IN ('open', 'disputed', 'decided', 'superseded')"),
        sa.CheckConstraint("(state = 'decided') = (answer IS NOT NULL)"),
        sa.CheckConstraint("(state IN ('decided', 'superseded')) = (closed_at IS NOT NULL)"),
    )
    op.create_table(
        "decisions",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("review", WHOLE, sa.ForeignKey("reviews.id"), nullable=False),
        sa.Column("answer", sa.String(16), nullable=False),
        sa.Column("serial", sa.String(32), sa.ForeignKey("documents.serial")),
        sa.Column("paper", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.UniqueConstraint("review", "by", name="uq_decisions_review_by"),
    )
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
