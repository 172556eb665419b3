"""Where each item of a file stands: its 档号, its volume, where its paper lies; and who holds the files of a school that closed."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables and put the guards over them; what is on file is numbered when its index is first asked for."""
    op.create_table(
        "volumes",
        sa.Column("archive", sa.String(32), primary_key=True),
        sa.Column("school", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False),
        sa.Column("year", WHOLE, nullable=False),
        sa.Column("volume", WHOLE, nullable=False),
        sa.Column("opened_at", sa.String(27), nullable=False),
        sa.UniqueConstraint("school", "year", "volume", name="uq_volumes_school_year_volume"),
        sa.CheckConstraint("volume > 0"),
    )
    op.create_table(
        "archive_numbers",
        sa.Column("entry", WHOLE, sa.ForeignKey("entries.id"), primary_key=True, autoincrement=False),
        sa.Column("archive", sa.String(32), nullable=False),
        sa.Column("school", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False),
        sa.Column("year", WHOLE, nullable=False),
        sa.Column("class_code", sa.String(4), nullable=False),
        sa.Column("volume", WHOLE, nullable=False),
        sa.Column("item", WHOLE, nullable=False),
        sa.UniqueConstraint("school", "year", "class_code", "volume", "item", name="uq_archive_numbers"),
        sa.CheckConstraint("volume > 0 AND item > 0"),
    )
    op.create_index("ix_archive_numbers_archive_year", "archive_numbers", ["archive", "year"])
    op.create_table(
        "locations",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("entry", WHOLE, sa.ForeignKey("entries.id"), nullable=False, index=True),
        sa.Column("paper", sa.Boolean(), nullable=False),
        sa.Column("fonds", sa.Text(), nullable=False),
        sa.Column("cabinet", sa.Text(), nullable=False),
        sa.Column("box", sa.Text(), nullable=False),
        sa.Column("pages", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.create_table(
        "closures",
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("holder", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("lists", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("by_org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.CheckConstraint("kind IN ('merged', 'revoked')"),
        sa.CheckConstraint("holder <> org"),
    )
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
