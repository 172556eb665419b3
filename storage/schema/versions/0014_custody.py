"""Files that are handed over and that arrive: transfers with their answers, packages with their checks, whose keys are known."""

import sqlalchemy as sa
from alembic import op

from storage.schema.guards import changes
from storage.schema.portable import WHOLE

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the six tables and put the guards and scopes over them."""
    _leaving()
    _arriving()
    for statement in changes(revision, op.get_bind().dialect.name):
        op.execute(statement)


def _leaving() -> None:
    op.create_table(
        "transfers",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("archive", sa.String(32), nullable=False, index=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("sender", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("receiver", sa.String(10), nullable=False, index=True),
        sa.Column("receiver_name", sa.Text(), nullable=False),
        sa.Column("cause", sa.String(2), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("approved_on", sa.Date(), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("lists", sa.Text(), nullable=False),
        sa.Column("package", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.CheckConstraint("receiver <> sender"),
    )
    op.create_table(
        "transfer_steps",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("transfer", sa.String(32), sa.ForeignKey("transfers.id"), nullable=False, index=True),
        sa.Column("answer", sa.String(8), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.CheckConstraint("answer IN ('received', 'refused')"),
    )
    op.create_table(
        "package_pieces",
        sa.Column("package", sa.Text(), primary_key=True),
        sa.Column("piece", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
    )


def _arriving() -> None:
    op.create_table(
        "arrivals",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("org", sa.String(10), sa.ForeignKey("organizations.code"), nullable=False, index=True),
        sa.Column("package", sa.Text(), nullable=False, index=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("transfer", sa.String(32), index=True),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.Column("filed", WHOLE, nullable=False),
        sa.Column("receipt", sa.Text()),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )
    op.create_table(
        "arrived_entries",
        sa.Column("entry", WHOLE, sa.ForeignKey("entries.id"), primary_key=True, autoincrement=False),
        sa.Column("arrival", WHOLE, sa.ForeignKey("arrivals.id"), nullable=False, index=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("archive_no", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text()),
        sa.Column("form", sa.Text()),
        sa.Column("restricted", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "partners",
        sa.Column("id", WHOLE, primary_key=True),
        sa.Column("name", sa.Text(), nullable=False, index=True),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("org", sa.String(10), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
    )


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
