"""Evidence in the permanent files: an entry says which kind of evidence it is, a scan which restricted one it holds."""

from alembic import op

from storage.schema.portable import add_kind

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let entries be evidence, and name its kind. The guard over entries covers all their columns."""
    add_kind("tick", "evidence")
    op.execute(
        "ALTER TABLE entries ADD COLUMN evidence VARCHAR(32) CHECK (kind <> 'evidence' OR evidence IS NOT NULL)"
    )


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
