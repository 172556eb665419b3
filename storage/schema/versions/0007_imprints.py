"""Imprints: by what each stamping of a seal that came back is known again, kept to find one that comes twice."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and put the guards over it; papers read so far have no imprints."""
    op.create_table(
        "imprints",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("serial", sa.String(32), sa.ForeignKey("documents.serial"), nullable=False, index=True),
        sa.Column("page", WHOLE, nullable=False),
        sa.Column("x", sa.Float(), nullable=False),
        sa.Column("y", sa.Float(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("rim", sa.LargeBinary(), nullable=False),
        sa.Column("face", sa.LargeBinary(), nullable=False),
        sa.Column("twin", WHOLE, sa.ForeignKey("imprints.id")),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.create_index("ix_imprints_unit_id", "imprints", ["unit", "id"])
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
