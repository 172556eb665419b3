"""An exception of an authority: one second 学历证明, the first superseded, and the level above can see it (arts. 38, 45)."""

import sqlite3
from contextlib import closing

import pytest

from service import issue, retrieve
from service.errors import Problem
from storage.archive import DATABASE
from storage.check import Fault, check
from storage.schema.guards import GUARDS
from tests.conftest import BEARER, OTHER_SCHOOL, RECORD_CERTIFICATE, as_role

ALLOWED = issue.Override(document="长教基〔2026〕88号", reason="原学历证明被火灾烧毁，经核查属实")


def certificate(office, who, override=None):
    """Ask for the 学历证明 of a graduate."""
    data = {**RECORD_CERTIFICATE, "paper_no": "20260001" if override is None else "20260002"}
    asked = issue.IssueRequest("academic_record_certificate", BEARER, data, override=override)
    return issue.issue(office, who, asked).body


def test_a_second_certificate_needs_the_authority(town, city, county, registrar):
    """Refused without exception and to a school; allowed to the authority, noted, listed, and the first superseded."""
    first = certificate(town, registrar)
    for who, override in ((county, None), (registrar, ALLOWED)):
        with pytest.raises(Problem) as refused:
            certificate(town, who, override)
        assert refused.value.article is not None
    second = certificate(town, county, ALLOWED)
    assert retrieve.document(town, county, first["serial"])["status"] == "superseded"
    (listed,) = retrieve.overrides(town, city)["overrides"]
    assert listed["serial"] == second["serial"]
    assert listed["document"] == ALLOWED.document
    assert listed["reason"] == ALLOWED.reason
    assert retrieve.overrides(town, as_role("registrar", OTHER_SCHOOL)) == {"overrides": []}


def test_rows_and_log_agree_on_a_superseded_paper(town, county, registrar):
    """The check accepts the first certificate as superseded, and names it when its status is altered by hand."""
    first = certificate(town, registrar)
    certificate(town, county, ALLOWED)
    assert check(town.archive) == []
    with closing(sqlite3.connect(town.settings.data / DATABASE)) as database, database:
        for guard in GUARDS:
            database.execute(f"DROP TRIGGER IF EXISTS {guard.name}")
        database.execute("UPDATE documents SET status = 'revoked' WHERE serial = ?", [first["serial"]])
    assert Fault("revocation_differs", first["serial"]) in check(town.archive)
