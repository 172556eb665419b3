"""A page that a person gives to a document may be evidence of a kind: the answer says which."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let an answer name the kind of evidence. The guard over decisions covers all their columns."""
    op.execute(
        "ALTER TABLE decisions ADD COLUMN evidence VARCHAR(32) CHECK (evidence IS NULL OR answer = 'belongs')"
    )


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
