"""What a leaf of the log commits to: the columns of a row, under a salt, so that a leaf tells nothing of anybody (version 2).

A leaf's bytes, and the bytes of the row behind it, are written once and for ever: whoever proves the log in thirty years
writes them again from the rows (docs/log.md). So nothing here may ever change; another content is another version.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any

VERSION = 2
"""Leaves of the first releases have no `v`; they say in the clear what was issued or revoked."""
SALT_BYTES = 16
DOCUMENT = (
    *("serial", "form", "student_no", "school", "number", "facts", "data", "issued_on", "digest", "token"),
    *("code_text", "pages", "template_hash", "font_hashes", "pdf", "docx", "layout", "created_at"),
    *("created_by", "stage", "tier", "stamp"),
)
"""The frozen columns of a document."""
ENTRY = (
    *("id", "archive", "kind", "archive_class", "title", "sha256", "size", "media_type", "serial"),
    *("created_at", "by", "evidence"),
)
ROWS: Mapping[str, tuple[str, ...]] = {
    "number_blocks": ("id", "form", "year", "org", "pattern", "first", "last", "by", "created_at"),
    "scans": ("id", "kind", "original", "org", "by", "uploaded_at"),
    "copies": ("scan", "kind", "page", "sha256", "size", "media_type", "created_at"),
    "accesses": ("id", "at", "who", "role", "org", "archive", "what", "approval"),
    "photos": ("id", "student_no", "sha256", "at", "by"),
    "template_versions": ("id", "form", "version", "hash", "docx", "note", "at", "by"),
    "source_templates": ("hash", "docx", "at"),
    "overrides": ("id", "serial", "form", "org", "rule", "document", "reason", "at", "by"),
    "decisions": ("id", "review", "answer", "serial", "paper", "note", "by", "role", "org", "at", "evidence"),
    "volumes": ("school", "year", "volume", "archive", "opened_at"),
    "archive_numbers": ("entry", "archive", "school", "year", "class_code", "volume", "item"),
    "locations": ("id", "entry", "paper", "fonds", "cabinet", "box", "pages", "by", "role", "org", "at"),
    "closures": ("org", "kind", "holder", "closed_on", "document", "lists", "by", "role", "by_org", "at"),
    "transfers": (
        *("id", "archive", "kind", "sender", "receiver", "receiver_name", "cause", "document"),
        *("approved_on", "due", "lists", "package", "size", "told", "restricted", "by", "role", "org", "at"),
    ),
    "transfer_steps": ("id", "transfer", "answer", "receipt", "by", "role", "org", "at"),
    "package_pieces": ("package", "piece", "sha256", "size"),
    "arrivals": (
        *("id", "org", "package", "size", "transfer", "said", "passed", "checks", "filed", "receipt"),
        *("by", "role", "at"),
    ),
    "arrived_entries": (
        *("entry", "arrival", "origin", "original", "archive_no", "serial", "form", "restricted"),
    ),
    "partners": ("id", "name", "keys", "by", "role", "org", "at"),
    "partner_units": ("partner", "unit"),
    "arrival_results": ("arrival", "result"),
    "arrival_asides": ("arrival", "note", "by", "role", "org", "at"),
}
"""The frozen columns of what else is kept for ever, by table."""
ROW_KEYS = {
    "copies": ("scan", "kind", "page"),
    "volumes": ("school", "year", "volume"),
    "package_pieces": ("package", "piece"),
    "partner_units": ("partner", "unit"),
}
"""The columns that name a row in its leaf's `ref`, where it is not the first one; never a person."""
CARRIED = "log_head/1"
"""`ref` of the leaf that an upgrade put behind the leaves of what was kept before: it commits to how many those were."""
NUMBER = ("block_id", "seq", "number", "state", "serial", "reason", "changed_at")
STATUS = ("serial", "status", "reason", "superseded_by")
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
ENDS = {"effective": "effective", "revoked": "revoke", "superseded": "supersede"}
"""The kind of leaf that says of a document that it has this status now."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What a leaf is about: its kind, the document, the entry's id or number's place (`ref`), the row, and open digests."""

    kind: str
    serial: str | None
    ref: str | None
    row: Mapping[str, Any]
    told: Mapping[str, str]


def issued(row: Mapping[str, Any]) -> Fact:
    """A document that was issued; who has the paper can prove it by the digests of its serial, code and file."""
    told = {"serial": _digest(row["serial"]), "token": _digest(row["token"])}
    return Fact(
        "issue",
        row["serial"],
        None,
        _picked(row, DOCUMENT),
        {**told, "pdf": row["pdf"], "layout": row["layout"]},
    )


def ended(row: Mapping[str, Any]) -> Fact:
    """A document that is effective, revoked or superseded from now on."""
    told = {"serial": _digest(row["serial"])}
    return Fact(ENDS[row["status"]], row["serial"], None, _picked(row, STATUS), told)


def voided(row: Mapping[str, Any]) -> Fact:
    """A number that was written off."""
    return Fact("void", None, f"{row['block_id']}/{row['seq']}", _picked(row, NUMBER), {})


def filed(row: Mapping[str, Any]) -> Fact:
    """An entry of a permanent file."""
    return Fact("entry", row["serial"], str(row["id"]), {**_picked(row, ENTRY), "id": str(row["id"])}, {})


def kept(table: str, row: Mapping[str, Any]) -> Fact:
    """A row of another table that is written once and for ever."""
    key = "/".join(str(row[name]) for name in ROW_KEYS.get(table, ROWS[table][:1]))
    told = {name: _plain(row.get(name)) for name in ROWS[table]}
    return Fact("row", None, f"{table}/{key}", {"table": table, **told}, {})


def carried(count: int) -> Fact:
    """How many leaves an upgrade wrote or found."""
    return Fact("row", None, CARRIED, {"table": "log_head", "id": 1, "carried": count}, {})


def leaf_bytes(fact: Fact, at: datetime, salt: bytes) -> bytes:
    """The bytes of a leaf, as its hash takes them: canonical JSON (sorted names, no blanks, UTF-8)."""
    said = {"v": VERSION, "kind": fact.kind, "at": moment(at), "row": row_digest(fact.row, salt), **fact.told}
    return canonical(said)


def row_digest(row: Mapping[str, Any], salt: bytes) -> str:
    """SHA-256 of the salt and the canonical JSON of a row, hexadecimal."""
    return sha256(salt + canonical(row)).hexdigest()


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one spelling of a JSON object: names sorted, no blanks, UTF-8."""
    return _encode(value).encode("utf-8", "surrogatepass")


@lru_cache(256)
def moment(at: datetime) -> str:
    """A moment as the tables have it: UTC, of fixed width."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _picked(row: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(row[name]) for name in names}


def _plain(value: Any) -> Any:
    if type(value) is str:
        return value
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date) else value


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8")).hexdigest()
