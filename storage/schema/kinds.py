"""Lets entries be of one kind more: changes the CHECK in the schema's own text, so that no row of what is kept is copied."""

from alembic import op


def add_kind(last: str, kind: str) -> None:
    """Add a kind of entry behind `last`, which ends the list so far; ValueError when the schema's text is another."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'entries' AND instr(sql, ?)",
        (f"'{last}')", f"'{last}', '{kind}')", f"'{last}')"),
    )
    if changed.rowcount != 1:
        raise ValueError("entries.kind")
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")
