"""Whose job it is and when its turn comes, so that no school waits behind another's thousands; and which keys sign here."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns and the table; jobs that wait already keep their order, before those that come."""
    op.add_column("jobs", sa.Column("org", sa.String(10), nullable=False, server_default=""))
    op.add_column("jobs", sa.Column("turn", WHOLE, nullable=False, server_default="0"))
    op.create_index("ix_jobs_turn", "jobs", ["kind", "state", "turn", "id"])
    op.create_index("ix_jobs_org", "jobs", ["kind", "state", "org", "turn"])
    op.drop_index("ix_jobs_kind_state", "jobs")
    op.create_table(
        "signing_keys",
        sa.Column("kid", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("public_key", sa.String(200), nullable=False),
        sa.Column("first_used_at", sa.String(27), nullable=False),
        sa.CheckConstraint("kid BETWEEN 1 AND 255"),
    )
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
