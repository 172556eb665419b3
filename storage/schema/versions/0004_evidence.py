"""Evidence in the permanent files: an entry says which kind of evidence it is, a scan which restricted one it holds."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_KINDS = "'check', 'tick')"


def upgrade() -> None:
    """Let entries be evidence, and name its kind. The guard over entries covers all their columns."""
    _one_kind_more()
    op.execute(
        "ALTER TABLE entries ADD COLUMN evidence VARCHAR(32) CHECK (kind <> 'evidence' OR evidence IS NOT NULL)"
    )


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _one_kind_more() -> None:
    """Add a kind to the CHECK in the schema's own text, as revision 0002 changed it; no row is copied."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'entries' AND instr(sql, ?)",
        (_KINDS, _KINDS.replace(")", ", 'evidence')"), _KINDS),
    )
    if changed.rowcount != 1:
        raise ValueError("entries.kind")
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
