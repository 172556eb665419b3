"""The log tells of everything: nodes above its leaves, its head, and leaves for what was kept before it did."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.committed import SALT_BYTES, Fact, ended, filed, issued, leaf_bytes, moment, voided
from storage.log import leaf_hash
from storage.schema.guards import changes
from storage.schema.portable import WHOLE, may_be_missing
from storage.tree import completed

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

AT_ONCE = 1000
"""Rows read, and leaves written, at once."""

_leaves = sa.table(
    "leaves",
    *(sa.column(name) for name in ("index", "kind", "serial", "hash", "payload", "created_at")),
    sa.column("ref"),
    sa.column("salt"),
)
_nodes = sa.table("log_nodes", sa.column("level"), sa.column("index"), sa.column("hash"))


def upgrade() -> None:
    """Make the tables, carry in every document, status, void number and entry there is, and put the guards over them."""
    connection = op.get_bind()
    may_be_missing("leaves", "serial", "VARCHAR(32)")
    op.add_column("leaves", sa.Column("ref", sa.Text()))
    op.add_column("leaves", sa.Column("salt", sa.LargeBinary(16)))
    op.create_table(
        "log_nodes",
        sa.Column("level", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("index", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
    )
    op.create_table(
        "log_head",
        sa.Column("id", WHOLE, primary_key=True, autoincrement=False),
        sa.Column("size", WHOLE, nullable=False),
        sa.Column("carried", WHOLE, nullable=False),
        sa.CheckConstraint("id = 1 AND size >= carried AND carried >= 0"),
    )
    size = _carried(connection)
    head = sa.table("log_head", sa.column("id"), sa.column("size"), sa.column("carried"))
    connection.execute(head.insert(), {"id": 1, "size": size, "carried": size})
    for statement in changes(revision, connection.dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _carried(connection: sa.Connection) -> int:
    """Append leaves for what was kept before, all at the moment of the last of it; tell the size of the log then."""
    size = connection.execute(sa.select(sa.func.count()).select_from(_leaves)).scalar_one()
    at = _last_moment(connection)
    _grown(connection, 0, size)
    batch: list[Fact] = []
    for fact in _facts(connection):
        batch.append(fact)
        if len(batch) == AT_ONCE:
            size = _appended(connection, size, batch, at)
            batch = []
    return _appended(connection, size, batch, at)


def _facts(connection: sa.Connection) -> Iterator[Fact]:
    for row in _rows(connection, "documents", "id"):
        row |= {name: json.loads(row[name]) for name in ("facts", "data", "font_hashes")}
        yield issued(row)
        if row["status"] != "pending":
            yield ended(row)
    for row in _rows(connection, "numbers", "block_id", "seq"):
        if row["state"] == "void":
            yield voided(row)
    yield from (filed(row) for row in _rows(connection, "entries", "id"))


def _rows(connection: sa.Connection, name: str, *keys: str) -> Iterator[dict[str, Any]]:
    """All rows of a table in the order of its key, so many at a time: nobody writes meanwhile."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    order = sa.tuple_(*(table.c[key] for key in keys))
    wanted = sa.select(table).order_by(*(table.c[key] for key in keys)).limit(AT_ONCE)
    last: tuple[Any, ...] | None = None
    while True:
        some = connection.execute(wanted if last is None else wanted.where(order > last)).mappings().all()
        yield from (dict(row) for row in some)
        if len(some) < AT_ONCE:
            return
        last = tuple(some[-1][key] for key in keys)


def _appended(connection: sa.Connection, size: int, facts: Sequence[Fact], at: datetime) -> int:
    if not facts:
        return size
    rows = [_leaf(index, fact, at, secrets.token_bytes(SALT_BYTES)) for index, fact in enumerate(facts, size)]
    connection.execute(_leaves.insert(), rows)
    _grown(connection, size, size + len(rows))
    return size + len(rows)


def _leaf(index: int, fact: Fact, at: datetime, salt: bytes) -> Mapping[str, Any]:
    payload = leaf_bytes(fact, at, salt)
    place = {"index": index, "kind": fact.kind, "serial": fact.serial, "ref": fact.ref, "salt": salt}
    return {**place, "hash": leaf_hash(payload), "payload": payload, "created_at": moment(at)}


def _grown(connection: sa.Connection, before: int, after: int) -> None:
    def fetch(level: int, first: int, end: int) -> Sequence[bytes]:
        table = _nodes if level else _leaves
        wanted = sa.select(table.c.hash).where(table.c.index >= first, table.c.index < end)
        if level:
            wanted = wanted.where(table.c.level == level)
        return connection.execute(wanted.order_by(table.c.index)).scalars().all()

    for level, index, found in completed(before, after, fetch):
        connection.execute(_nodes.insert(), {"level": level, "index": index, "hash": found})


def _last_moment(connection: sa.Connection) -> datetime:
    """When the last thing was kept; there is nothing to carry in when there is none."""
    kept = (
        ("documents", "created_at"),
        ("entries", "created_at"),
        ("numbers", "changed_at"),
        ("leaves", "created_at"),
    )
    found: list[str | None] = [
        connection.execute(sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table))).scalar()
        for table, column in kept
    ]
    return datetime.fromisoformat(
        max((text for text in found if text), default="2000-01-01T00:00:00.000000Z")
    )
