"""For which units another installation's keys speak, how a package's arrival ended, and what of it a person set aside."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the three tables; the keys that are known already speak for nobody until an authority says for whom."""
    op.create_table(
        "partner_units",
        sa.Column("partner", WHOLE, sa.ForeignKey("partners.id"), primary_key=True, autoincrement=False),
        sa.Column("unit", sa.String(10), primary_key=True),
    )
    op.create_table(
        "arrival_results",
        sa.Column("arrival", WHOLE, sa.ForeignKey("arrivals.id"), primary_key=True, autoincrement=False),
        sa.Column("result", WHOLE, sa.ForeignKey("arrivals.id"), nullable=False, unique=True),
    )
    op.create_table(
        "arrival_asides",
        sa.Column("arrival", WHOLE, sa.ForeignKey("arrivals.id"), primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
