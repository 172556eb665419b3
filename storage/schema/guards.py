"""Triggers that hold even against our own mistakes: what is kept for ever can be neither changed nor deleted."""

from collections.abc import Iterator
from dataclasses import dataclass

from storage.schema import scopes

FIRST = "0001"


@dataclass(frozen=True, slots=True)
class Guard:
    """Refuses to change the frozen columns of a table (all of them when empty), or to delete from it.

    `since` is the revision that brings it, `until` the one that puts another of its name in its place; `when`
    narrows the rows an update is refused for.
    """

    name: str
    since: str
    table: str
    event: str
    frozen: tuple[str, ...] = ()
    when: str = ""
    until: str = ""


_DOCUMENT = (
    *(
        "id",
        "serial",
        "form",
        "student_no",
        "school",
        "number",
        "facts",
        "data",
        "issued_on",
        "digest",
        "token",
    ),
    *(
        "code_text",
        "pages",
        "template_hash",
        "font_hashes",
        "pdf",
        "docx",
        "layout",
        "created_at",
        "created_by",
    ),
    *("stage", "tier", "stamp"),
)
_DOUBT = (
    *("id", "kind", "scan", "org", "serial", "evidence", "page", "name", "mark", "box"),
    *("expected", "read", "result", "reason", "holds", "opened_at"),
)
_BACKWARDS = (
    "NEW.status <> OLD.status AND (OLD.status = 'revoked' OR NEW.status = 'pending'"
    " OR (OLD.status = 'superseded' AND NEW.status <> 'revoked'))"
)
_GAP = (
    "NEW.next <= OLD.next OR NEW.next - OLD.next <> (SELECT count(*) FROM numbers"
    " WHERE block_id = NEW.id AND seq >= OLD.next AND seq < NEW.next)"
)
"""A block steps only over numbers that have their line in the ledger, by one or by many."""

GUARDS = (
    Guard("documents_no_delete", "0001", "documents", "DELETE"),
    Guard("documents_frozen", "0003", "documents", "UPDATE", _DOCUMENT),
    Guard("documents_forward", "0001", "documents", "UPDATE", ("status",), _BACKWARDS),
    Guard("entries_no_delete", "0001", "entries", "DELETE"),
    Guard("entries_frozen", "0001", "entries", "UPDATE"),
    Guard("leaves_no_delete", "0001", "leaves", "DELETE"),
    Guard("leaves_frozen", "0001", "leaves", "UPDATE"),
    Guard("log_nodes_no_delete", "0009", "log_nodes", "DELETE"),
    Guard("log_nodes_frozen", "0009", "log_nodes", "UPDATE"),
    Guard("log_head_no_delete", "0009", "log_head", "DELETE"),
    Guard("log_head_frozen", "0009", "log_head", "UPDATE", ("id", "carried")),
    Guard("log_head_forward", "0009", "log_head", "UPDATE", ("size",), "NEW.size <= OLD.size"),
    Guard("accesses_no_delete", "0001", "accesses", "DELETE"),
    Guard("accesses_frozen", "0001", "accesses", "UPDATE"),
    Guard("scans_no_delete", "0001", "scans", "DELETE"),
    Guard("scans_frozen", "0001", "scans", "UPDATE", ("id", "kind", "original", "org", "by", "uploaded_at")),
    Guard("copies_no_delete", "0005", "copies", "DELETE"),
    Guard("copies_frozen", "0005", "copies", "UPDATE"),
    Guard("blocks_no_delete", "0001", "number_blocks", "DELETE"),
    Guard(
        "blocks_frozen",
        "0001",
        "number_blocks",
        "UPDATE",
        ("id", "form", "year", "org", "pattern", "first", "last", "by", "created_at"),
    ),
    Guard("blocks_forward", "0003", "number_blocks", "UPDATE", ("next",), _GAP),
    Guard("numbers_no_delete", "0001", "numbers", "DELETE"),
    Guard("numbers_frozen", "0001", "numbers", "UPDATE", ("block_id", "seq", "form", "number")),
    Guard("numbers_final", "0001", "numbers", "UPDATE", (), "OLD.state IN ('used', 'void')"),
    Guard("students_no_delete", "0001", "students", "DELETE"),
    Guard("organizations_no_delete", "0001", "organizations", "DELETE"),
    Guard("photos_no_delete", "0002", "photos", "DELETE"),
    Guard("photos_frozen", "0002", "photos", "UPDATE"),
    Guard("blanks_no_delete", "0002", "blanks", "DELETE"),
    Guard("blanks_frozen", "0002", "blanks", "UPDATE", ("id", "org", "form")),
    Guard("template_versions_no_delete", "0002", "template_versions", "DELETE"),
    Guard("template_versions_frozen", "0002", "template_versions", "UPDATE"),
    Guard("source_templates_no_delete", "0003", "source_templates", "DELETE"),
    Guard("source_templates_frozen", "0003", "source_templates", "UPDATE"),
    Guard("overrides_no_delete", "0002", "overrides", "DELETE"),
    Guard("overrides_frozen", "0002", "overrides", "UPDATE"),
    Guard("imprints_no_delete", "0007", "imprints", "DELETE"),
    Guard("imprints_frozen", "0007", "imprints", "UPDATE"),
    Guard("batches_no_delete", "0003", "batches", "DELETE"),
    Guard(
        "batches_frozen",
        "0003",
        "batches",
        "UPDATE",
        ("id", "form", "org", "role", "by", "request", "total", "created_at"),
    ),
    Guard("batches_final", "0003", "batches", "UPDATE", ("state",), "OLD.state IN ('done', 'cancelled')"),
    Guard("batch_rows_no_delete", "0003", "batch_rows", "DELETE"),
    Guard("batch_rows_frozen", "0003", "batch_rows", "UPDATE", ("batch", "row", "student_no", "asked")),
    Guard("batch_rows_final", "0003", "batch_rows", "UPDATE", (), "OLD.state = 'printed'"),
    Guard("reviews_no_delete", "0008", "reviews", "DELETE"),
    Guard("reviews_frozen", "0008", "reviews", "UPDATE", _DOUBT),
    Guard("reviews_final", "0008", "reviews", "UPDATE", (), "OLD.state IN ('decided', 'superseded')"),
    Guard("decisions_no_delete", "0008", "decisions", "DELETE"),
    Guard("decisions_frozen", "0008", "decisions", "UPDATE"),
    Guard("volumes_no_delete", "0011", "volumes", "DELETE"),
    Guard("volumes_frozen", "0011", "volumes", "UPDATE"),
    Guard("archive_numbers_no_delete", "0011", "archive_numbers", "DELETE"),
    Guard("archive_numbers_frozen", "0011", "archive_numbers", "UPDATE"),
    Guard("locations_no_delete", "0011", "locations", "DELETE"),
    Guard("locations_frozen", "0011", "locations", "UPDATE"),
    Guard("closures_no_delete", "0011", "closures", "DELETE"),
    Guard("closures_frozen", "0011", "closures", "UPDATE"),
    Guard("signing_keys_no_delete", "0013", "signing_keys", "DELETE"),
    Guard("signing_keys_frozen", "0013", "signing_keys", "UPDATE"),
    Guard("transfers_no_delete", "0014", "transfers", "DELETE"),
    Guard("transfers_frozen", "0014", "transfers", "UPDATE"),
    Guard("transfer_steps_no_delete", "0014", "transfer_steps", "DELETE"),
    Guard("transfer_steps_frozen", "0014", "transfer_steps", "UPDATE"),
    Guard("package_pieces_no_delete", "0014", "package_pieces", "DELETE"),
    Guard("package_pieces_frozen", "0014", "package_pieces", "UPDATE"),
    Guard("arrivals_no_delete", "0014", "arrivals", "DELETE"),
    Guard("arrivals_frozen", "0014", "arrivals", "UPDATE"),
    Guard("arrived_entries_no_delete", "0014", "arrived_entries", "DELETE"),
    Guard("arrived_entries_frozen", "0014", "arrived_entries", "UPDATE"),
    Guard("partners_no_delete", "0014", "partners", "DELETE"),
    Guard("partners_frozen", "0014", "partners", "UPDATE"),
    Guard("partner_units_no_delete", "0017", "partner_units", "DELETE"),
    Guard("partner_units_frozen", "0017", "partner_units", "UPDATE"),
    Guard("arrival_results_no_delete", "0017", "arrival_results", "DELETE"),
    Guard("arrival_results_frozen", "0017", "arrival_results", "UPDATE"),
    Guard("arrival_asides_no_delete", "0017", "arrival_asides", "DELETE"),
    Guard("arrival_asides_frozen", "0017", "arrival_asides", "UPDATE"),
)
"""Those that stand now."""

_YOUNGER = {"tier", "stamp"}
REPLACED = (
    Guard(
        "documents_frozen",
        "0001",
        "documents",
        "UPDATE",
        tuple(name for name in _DOCUMENT if name not in _YOUNGER),
        until="0003",
    ),
    Guard(
        "blocks_forward",
        "0001",
        "number_blocks",
        "UPDATE",
        ("next",),
        "NEW.next <> OLD.next + 1",
        until="0003",
    ),
)
"""Those that stood once, so that the earlier revisions can still be made as they were."""


REFUSE = "BEGIN RAISE EXCEPTION USING MESSAGE = TG_NAME, ERRCODE = 'YZ001'; END"
"""What PostgreSQL's triggers run; the code is ours alone, its message the guard's name."""


def functions() -> dict[str, str]:
    """The functions of PostgreSQL's triggers and what they say, by name: whoever replaces one is found by its text.

    A condition that asks other rows cannot stand in a trigger there, so such a guard has a function of its own.
    """
    asking = (guard for guard in (*GUARDS, *REPLACED) if "SELECT" in guard.when)
    return {"yinzheng_refuse": REFUSE} | {
        f"yinzheng_{guard.name}": f"BEGIN IF {guard.when} THEN RAISE EXCEPTION USING MESSAGE = TG_NAME,"
        " ERRCODE = 'YZ001'; END IF; RETURN NEW; END"
        for guard in asking
    }


def changes(revision: str, dialect: str) -> Iterator[str]:
    """Write what a revision does to guards and scopes, after its tables are made: first those it replaces go, then its own come."""
    if dialect == "postgresql" and revision == FIRST:
        yield from (_function(name, text) for name, text in functions().items())
        yield from scopes.HELPERS
    of_table = dialect == "postgresql"
    for guard in REPLACED:
        if guard.until == revision:
            yield f"DROP TRIGGER {guard.name}" + (f" ON {guard.table}" if of_table else "")
    yield from (ddl(guard, dialect) for guard in (*GUARDS, *REPLACED) if guard.since == revision)
    if of_table:
        yield from scopes.changes(revision)


def _function(name: str, text: str) -> str:
    """Write a trigger's function; it sees every row, whoever's change it judges."""
    return (
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
        f" SET search_path FROM CURRENT AS $body${text}$body$"
    )


def ddl(guard: Guard, dialect: str) -> str:
    """Write a guard for a database engine; ValueError for one whose triggers nobody has written yet."""
    columns = " OF " + ", ".join(f'"{name}"' for name in guard.frozen) if guard.frozen else ""
    if dialect == "postgresql":
        return _for_server(guard, columns)
    if dialect != "sqlite":
        raise ValueError(dialect)
    when = f" WHEN {guard.when}" if guard.when else ""
    return (
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event}{columns} ON {guard.table}{when}"
        f" BEGIN SELECT RAISE(ABORT, '{guard.name}'); END"
    )


def _for_server(guard: Guard, columns: str) -> str:
    if guard.event == "DELETE":  # a table is emptied there by a word of its own, which no row hears
        head = f"BEFORE DELETE OR TRUNCATE ON {guard.table} FOR EACH STATEMENT"
        return f"CREATE TRIGGER {guard.name} {head} EXECUTE FUNCTION yinzheng_refuse()"
    head = f"BEFORE {guard.event}{columns} ON {guard.table} FOR EACH ROW"
    if "SELECT" in guard.when:
        return f"CREATE TRIGGER {guard.name} {head} EXECUTE FUNCTION yinzheng_{guard.name}()"
    when = f" WHEN ({guard.when})" if guard.when else ""
    return f"CREATE TRIGGER {guard.name} {head}{when} EXECUTE FUNCTION yinzheng_refuse()"
