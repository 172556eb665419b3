"""The upgrade notes keep up with the schema: whoever upgrades finds what the next revision brings."""

import re

from alembic.config import Config
from alembic.script import ScriptDirectory

from storage.schema.upgrade import HERE
from storage.tables import REVISION
from tests.shelf import ROOT

ROW = re.compile(r"^\| (\d{4}) \| (.+?) \|.*\|$", re.MULTILINE)


def test_every_revision_has_its_row_in_the_notes():
    """One row for each, in order, which says what the next one brings; the last one says that it is present."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    revisions = sorted(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())
    rows = ROW.findall((ROOT / "docs" / "upgrading.md").read_text("utf-8"))
    assert [revision for revision, _ in rows] == revisions
    assert rows[-1] == (REVISION, "present")
    assert all(len(told) > len("present") for _, told in rows[:-1])
