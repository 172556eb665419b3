"""Readings of evidence in the permanent files: what was read on it, beside it."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KINDS = "'evidence', 'picture')"


def upgrade() -> None:
    """Add a kind to the CHECK in the schema's own text, as revision 0005 did; no row is copied."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'entries' AND instr(sql, ?)",
        (_KINDS, _KINDS.replace(")", ", 'reading')"), _KINDS),
    )
    if changed.rowcount != 1:
        raise ValueError("entries.kind")
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError
