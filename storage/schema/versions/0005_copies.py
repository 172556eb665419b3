"""Copies made from scans, and the pictures of checks in the permanent files."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE, add_kind

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, put its guards over it, and let entries be pictures."""
    op.create_table(
        "copies",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("scan", WHOLE, sa.ForeignKey("scans.id"), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("page", WHOLE, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.String(27), nullable=False),
        sa.UniqueConstraint("scan", "kind", "page", name="uq_copies_scan_kind_page"),
        sa.CheckConstraint("kind IN ('searchable', 'thumbnail')"),
        sa.CheckConstraint("(kind = 'searchable') = (page = -1) AND page >= -1"),
    )
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)
    add_kind("evidence", "picture")


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
