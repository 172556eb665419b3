"""Readings of evidence in the permanent files: what was read on it, beside it."""

from storage.schema.portable import add_kind

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let entries be readings."""
    add_kind("picture", "reading")


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
