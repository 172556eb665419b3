"""The leaf of an entry that belongs to no paper is found by the entry, so that a file can be packed with its proofs."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index; no row changes."""
    op.create_index("ix_leaves_ref", "leaves", ["ref"])


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
