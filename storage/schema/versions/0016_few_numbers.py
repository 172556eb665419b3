"""What is free or held is found among the few that are, however many numbers were used."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put an index of the free and one of the held in the place of the one of all."""
    op.drop_index("ix_numbers_state", "numbers")
    _indexed("free", ["block_id", "seq"])
    _indexed("held", ["changed_at"])


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _indexed(state: str, columns: list[str]) -> None:
    where = sa.text(f"state = '{state}'")
    op.create_index(f"ix_numbers_{state}", "numbers", columns, sqlite_where=where, postgresql_where=where)
