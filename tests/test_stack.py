"""A stack from the feeder, shuffled and of all kinds: each page finds its paper, or is listed for a person."""

import io
import random

import numpy as np
import pytest
import qrcode
from PIL import Image

from service import issue, slips
from storage.check import check
from tests.bureau import foreign_page
from tests.conftest import BEARER, MOVER, TRANSFER, issue_diploma
from tests.paper import level, scan
from tests.test_issue_every_form import asked
from tests.test_receive import SEALS, SIGNERS, brought, paper_of
from tests.test_slips import SCALE, sheets_of, white

DICE = 5


def with_foreign_code():
    """Somebody else's page with somebody else's code."""
    page = foreign_page()
    code = qrcode.QRCode(box_size=14)
    code.add_data("https://pay.example/9f3a")
    out = io.BytesIO()
    code.make_image().get_image().convert("RGB").save(out, "PNG")
    picture = np.asarray(Image.open(out))
    page[200 : 200 + picture.shape[0], 200 : 200 + picture.shape[1]] = picture
    return page


def upside_down(sheet):
    return np.ascontiguousarray(sheet[::-1, ::-1])


@pytest.fixture
def papers(town, city, registrar):
    """Two diplomas, a transfer form, and a form of two pages, all just printed."""
    transfer = issue.IssueRequest("transfer_application", MOVER, TRANSFER)
    return {
        "diploma": issue_diploma(town, registrar).body["serial"],
        "other": issue_diploma(town, registrar, student=BEARER).body["serial"],
        "transfer": issue.issue(town, registrar, transfer).body["serial"],
        "info": issue.issue(town, city, asked(town, city, "student_info")).body["serial"],
    }


def test_a_mixed_stack_files_itself(town, city, papers):
    """Shuffled, upside down, doubled, with blank backs, foreign pages and codes, evidence, and one page missing."""
    sheets = {name: paper_of(town, serial, seed) for seed, (name, serial) in enumerate(papers.items(), 1)}
    diploma, other = (sheets[name].complete(SEALS, SIGNERS).sheets[0] for name in ("diploma", "other"))
    first, second = sheets_of(
        slips.printed(town, city, papers["transfer"], ["hukou_copy", "unit_proof"]).data
    )
    groups = [
        [("diploma", diploma), ("blank", white())],
        [("diploma", upside_down(diploma))],
        [("other", upside_down(other)), ("blank", white())],
        [("transfer", sheets["transfer"].sheets[0]), ("stranger", foreign_page())],
        [("info", sheets["info"].sheets[1])],
        [("hukou_copy", first), ("hukou_copy", foreign_page()), ("hukou_copy", with_foreign_code())],
        [("unit_proof", second), ("blank", white()), ("unit_proof", upside_down(foreign_page()))],
    ]
    random.Random(DICE).shuffle(groups)
    groups.insert(0, [("stranger", with_foreign_code())])
    stack = [page for group in groups for page in group]
    result = brought(town, city, scan([sheet for _, sheet in stack], SCALE, level("C", DICE)))
    assert result["state"] == "done", result

    def places(name):
        return [number for number, (what, _) in enumerate(stack) if what == name]

    documents = {document["serial"]: document for document in result["documents"]}
    assert {serial: document["pages"] for serial, document in documents.items()} == {
        serial: places(name) for name, serial in papers.items()
    }
    verdicts = {
        name: (documents[serial]["verdict"], documents[serial]["reasons"]) for name, serial in papers.items()
    }
    assert verdicts["diploma"] == verdicts["other"] == ("genuine", [])
    assert verdicts["transfer"][0] == "pending"
    assert verdicts["info"] == ("cannot_check", ["page_missing:1"])
    assert {name: documents[serial]["doubled"] for name, serial in papers.items()} == {
        "diploma": [1],
        "other": [],
        "transfer": [],
        "info": [],
    }
    evidence = {one["evidence"]: one["pages"] for one in result["evidence"]}
    assert evidence == {name: places(name)[1:] for name in ("hukou_copy", "unit_proof")}
    assert sorted(one["page"] for one in result["unmatched"]) == sorted(places("stranger") + places("blank"))
    assert [sheet["index"] for sheet in result["sheets"] if sheet["blank"]] == places("blank")
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []


def test_the_code_of_a_papers_other_page(town, city):
    """Page 1's code glued over page 2's: page 2 is missing, and what lies there is not page 1; never genuine."""
    serial = issue.issue(town, city, asked(town, city, "student_info")).body["serial"]
    paper = paper_of(town, serial, 6).complete({"leader": SEALS["school"]}, {})
    (first,), (second,) = (paper.layout["pages"][number]["codes"] for number in (0, 1))
    left, top, right, bottom = (round(edge * SCALE) for edge in np.add(first["box"], (-1.0, -1.0, 1.0, 1.0)))
    patch = np.ascontiguousarray(paper.sheets[0][top:bottom, left:right])
    mixed = paper.paste(1, patch, second["box"][0] - 1, second["box"][1] - 1)
    result = brought(town, city, mixed.scan(level("B", DICE)))
    (document,) = result["documents"]
    assert document["pages"] == [0, 1]
    assert document["doubled"] == [1]
    assert document["verdict"] in {"altered", "cannot_check"}
