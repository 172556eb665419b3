"""Row level security on PostgreSQL: what a transaction may see there, whatever its statement asks for (art. 44).

A transaction carries the code of the organization it acts for in the setting `yinzheng.scope`, and sees the rows of that
organization and of those below it; EVERYTHING is for the service's own work, and without a scope nothing is seen at all.
"""

from collections.abc import Iterator
from dataclasses import dataclass

EVERYTHING = "*"
"""The scope of workers, of public verification (anybody's paper can be asked about), of `yinzheng check`."""

_SCOPE = "SELECT current_setting('yinzheng.scope', true)"
_HELPER = """CREATE FUNCTION yinzheng_{}() RETURNS text[] LANGUAGE sql STABLE SET search_path FROM CURRENT AS $body$
WITH RECURSIVE found(code) AS (SELECT current_setting('yinzheng.scope', true) UNION {})
SELECT array_agg(code) FROM found
$body$"""
HELPERS = (
    _HELPER.format("below", "SELECT o.code FROM organizations o JOIN found ON o.parent = found.code"),
    _HELPER.format(
        "above", "SELECT o.parent FROM organizations o JOIN found ON o.code = found.code WHERE o.parent <> ''"
    ),
)
"""The organizations at and below, and at and above, the scope; asked once for each statement."""

RENEWED = {
    "0011": (
        _HELPER.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION").format(
            "below",
            "SELECT under.code FROM (SELECT code, parent AS above FROM organizations"
            " UNION ALL SELECT org, holder FROM closures) under JOIN found ON under.above = found.code",
        ),
    )
}
"""Helpers as later revisions write them anew: whoever holds the files of a school that ended sees them too (art. 8)."""

_BELOW = "= ANY ((SELECT yinzheng_below())::text[])"
_ABOVE = "= ANY ((SELECT yinzheng_above())::text[])"
_OF_STUDENT = "EXISTS (SELECT 1 FROM students s WHERE s.student_no = {})"
_OF_DOCUMENT = "EXISTS (SELECT 1 FROM documents d WHERE d.serial = entries.serial)"
_ASKED_ABOUT = "EXISTS (SELECT 1 FROM reviews r WHERE r.scan = scans.id)"
_OWN = f"org {_BELOW}"
_HANDED_DOWN = f"{_OWN} OR org {_ABOVE}"
_OF_FILE = f"archive {_BELOW} OR {_OF_STUDENT.format('archive')}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows of a table are within the scope; `since` is the revision that brings it. `adds` narrows what may be added otherwise."""

    table: str
    since: str
    sees: str
    adds: str = ""

    @property
    def name(self) -> str:
        """The name of its policy."""
        return f"{self.table}_scope"


SCOPES = (
    Scope("students", "0001", f"school {_BELOW}"),
    # Of a student who came from elsewhere the earlier papers count, or a diploma would be given twice.
    Scope("documents", "0001", f"school {_BELOW} OR {_OF_STUDENT.format('documents.student_no')}"),
    Scope(
        "entries",
        "0001",
        f"{_OF_FILE} OR {_OF_DOCUMENT}",
    ),
    Scope("accesses", "0001", f"{_OWN} OR {_OF_FILE}", adds=_OWN),
    # A county's numbers are taken by the schools below it.
    Scope("number_blocks", "0001", _HANDED_DOWN),
    Scope("numbers", "0001", "EXISTS (SELECT 1 FROM number_blocks b WHERE b.id = numbers.block_id)"),
    Scope("tokens", "0001", "false"),
    Scope("photos", "0002", _OF_STUDENT.format("photos.student_no")),
    Scope("blanks", "0002", _HANDED_DOWN),
    Scope("overrides", "0002", _OWN),
    Scope("batches", "0003", _OWN),
    Scope("batch_rows", "0003", "EXISTS (SELECT 1 FROM batches b WHERE b.id = batch_rows.batch)"),
    Scope("reviews", "0008", _OWN),
    # A county may bring back a school's paper; the school answers what was doubtful on it.
    Scope("scans", "0008", f"{_OWN} OR {_ASKED_ABOUT}"),
    Scope("copies", "0008", "EXISTS (SELECT 1 FROM scans s WHERE s.id = copies.scan)"),
    Scope("decisions", "0008", "EXISTS (SELECT 1 FROM reviews r WHERE r.id = decisions.review)"),
    Scope("volumes", "0011", _OF_FILE),
    Scope("archive_numbers", "0011", _OF_FILE),
    # Sender and receiver see a transfer, and whoever is above either.
    Scope("transfers", "0014", f"sender {_BELOW} OR receiver {_BELOW}"),
    Scope(
        "transfer_steps", "0014", "EXISTS (SELECT 1 FROM transfers t WHERE t.id = transfer_steps.transfer)"
    ),
    Scope("arrivals", "0014", _OWN),
    Scope(
        "arrival_results", "0017", "EXISTS (SELECT 1 FROM arrivals a WHERE a.id = arrival_results.arrival)"
    ),
    Scope("arrival_asides", "0017", "EXISTS (SELECT 1 FROM arrivals a WHERE a.id = arrival_asides.arrival)"),
    Scope("arrived_entries", "0014", "EXISTS (SELECT 1 FROM entries e WHERE e.id = arrived_entries.entry)"),
    Scope("locations", "0011", "EXISTS (SELECT 1 FROM archive_numbers n WHERE n.entry = locations.entry)"),
)
"""Those that stand now."""
OPEN = {
    "alembic_version": "the schema's own revision",
    "organizations": "names of public bodies; who lies under whom is asked before a scope is known",
    "closures": "which school ended, and who holds its files; who may look is asked by it",
    "leaves": "the log is public and holds no personal data",
    "log_nodes": "hashes of the leaves",
    "log_head": "how many leaves there are",
    "imprints": "how ink lies, without text, picture or person; a seal used twice is looked for everywhere",
    "jobs": "kinds and ids; workers work for all",
    "answers": "kept under the caller's own token and key",
    "template_versions": "blank templates",
    "source_templates": "blank templates",
    "signing_keys": "public halves, which everybody may know",
    "package_pieces": "names of objects; who may have a package is asked by its transfer or arrival",
    "partners": "other installations' public keys",
    "partner_units": "for which units those keys speak",
}
"""The tables without a policy, and why."""


def changes(revision: str) -> Iterator[str]:
    """Write the policies a revision brings, after its tables are made."""
    yield from RENEWED.get(revision, ())
    for scope in SCOPES:
        if scope.since == revision:
            yield f"ALTER TABLE {scope.table} ENABLE ROW LEVEL SECURITY"
            check = f" WITH CHECK ({_or_all(scope.adds)})" if scope.adds else ""
            yield f"CREATE POLICY {scope.name} ON {scope.table} USING ({_or_all(scope.sees)}){check}"


def _or_all(condition: str) -> str:
    return f"({_SCOPE}) = '{EVERYTHING}' OR {condition}"
