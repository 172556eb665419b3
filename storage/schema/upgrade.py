"""Brings a database to the present schema; Alembic is loaded only when there is something to do."""

from pathlib import Path

from sqlalchemy import Connection, String, column, inspect, select, table

from storage.tables import REVISION

HERE = Path(__file__).parent

_version = select(column("version_num", String)).select_from(table("alembic_version"))


def upgrade(connection: Connection) -> None:
    """Upgrade inside the caller's transaction: a process that is killed leaves the schema as it was."""
    if present(connection) == REVISION:
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def present(connection: Connection) -> str | None:
    """Tell the database's revision; None when it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(_version).scalar_one_or_none()
