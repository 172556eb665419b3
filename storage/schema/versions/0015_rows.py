"""The log tells of everything that is kept for ever: leaves for the rows of other tables there are."""

import json
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.committed import ROW_KEYS, ROWS, SALT_BYTES, Fact, carried, kept, leaf_bytes, moment
from storage.log import leaf_hash
from storage.tree import completed

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

AT_ONCE = 1000
"""Rows read, and leaves written, at once."""
JSON = {
    ("closures", "lists"),
    ("transfers", "lists"),
    ("transfers", "told"),
    ("arrivals", "said"),
    ("arrivals", "checks"),
    ("partners", "keys"),
}
"""Columns that hold JSON stand in a leaf as what they hold."""

_leaves = sa.table(
    "leaves",
    *(
        sa.column(name)
        for name in ("index", "kind", "serial", "hash", "payload", "created_at", "ref", "salt")
    ),
)
_nodes = sa.table("log_nodes", sa.column("level"), sa.column("index"), sa.column("hash"))
_head = sa.table("log_head", sa.column("size"), sa.column("carried"))


def upgrade() -> None:
    """Append a leaf for each row there is, and one that ends them; a log without a leaf and rows stays empty."""
    connection = op.get_bind()
    size, earlier = connection.execute(sa.select(_head.c.size, _head.c.carried)).one()
    at = connection.execute(sa.select(sa.func.max(_leaves.c.created_at))).scalar()
    last = datetime.fromisoformat(at or "2000-01-01T00:00:00.000000Z")
    told = set(connection.execute(sa.select(_leaves.c.ref).where(_leaves.c.kind == "row")).scalars())
    some: list[Fact] = []
    start = size
    for fact in _facts(connection):
        if fact.ref not in told:
            some.append(fact)
        if len(some) == AT_ONCE:
            size, some = _appended(connection, size, some, last), []
    if size > 0 or some:
        some.append(carried(earlier))
    size = _appended(connection, size, some, last)
    if size > start:
        connection.execute(_head.update().values(size=size))


def downgrade() -> None:
    """Refuse: going back would delete what is kept for ever."""
    raise NotImplementedError


def _facts(connection: sa.Connection) -> Iterator[Fact]:
    there = set(sa.inspect(connection).get_table_names())
    for name, columns in ROWS.items():
        if name not in there:  # a later revision brings it, empty
            continue
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        keys = [table.c[key] for key in ROW_KEYS.get(name, columns[:1])]
        wanted = sa.select(*(table.c[column] for column in columns)).order_by(*keys).limit(AT_ONCE)
        rest = wanted
        while found := connection.execute(rest).mappings().all():
            for row in found:
                yield kept(name, _read(name, dict(row)))
            rest = wanted.where(sa.tuple_(*keys) > tuple(found[-1][key.name] for key in keys))


def _read(table: str, row: dict[str, Any]) -> dict[str, Any]:
    return {name: json.loads(value) if (table, name) in JSON else value for name, value in row.items()}


def _appended(connection: sa.Connection, size: int, facts: Sequence[Fact], at: datetime) -> int:
    if not facts:
        return size
    rows = []
    for index, fact in enumerate(facts, size):
        salt = secrets.token_bytes(SALT_BYTES)
        payload = leaf_bytes(fact, at, salt)
        place = {"index": index, "kind": fact.kind, "serial": fact.serial, "ref": fact.ref, "salt": salt}
        rows.append({**place, "hash": leaf_hash(payload), "payload": payload, "created_at": moment(at)})
    connection.execute(_leaves.insert(), rows)

    def fetch(level: int, first: int, end: int) -> Sequence[bytes]:
        table = _nodes if level else _leaves
        found = sa.select(table.c.hash).where(table.c.index >= first, table.c.index < end)
        if level:
            found = found.where(table.c.level == level)
        return connection.execute(found.order_by(table.c.index)).scalars().all()

    for level, index, found in completed(size, size + len(rows), fetch):
        connection.execute(_nodes.insert(), {"level": level, "index": index, "hash": found})
    return size + len(rows)
