"""The whole way of a doubt: a blot on a printed value, the worker, the desk, a person, the public answer, a rescan."""

import json

import numpy as np

from service import receive, retrieve, verify
from service.demo.paper import SCALE
from storage.check import check
from tests.conftest import STUDENT, issue_diploma, layout_of
from tests.paper import level
from tests.test_receive import SEALS, SIGNERS, brought, only, paper_of


def blotted(paper, layout, name):
    """The sheet with ink scribbled over a value until nobody could say what stands there."""
    (value,) = [one for one in layout["pages"][0]["values"] if one["name"] == name]
    left, top, right, bottom = value["lines"][0]["box"]
    size = (round((bottom - top + 0.6) * SCALE), round((right - left) * SCALE))
    grain = np.random.default_rng(1).integers(0, 255, (*size, 1), np.uint8)
    return paper.paste(0, np.repeat(grain, 3, axis=2), left - 0.2, top - 0.3)


def test_a_blot_is_decided_by_a_person(town, registrar, county):
    """Unreadable, pending to the public; match by a person makes it effective, and the archive proves itself."""
    issued = issue_diploma(town, registrar).body
    serial = issued["serial"]
    layout = layout_of(town, serial)
    clean = paper_of(town, serial, seed=41).complete(SEALS, SIGNERS)
    result = brought(town, registrar, blotted(clean, layout, "birth_date").scan(level("B", 41)))
    document = only(result)
    assert (document["verdict"], document["reasons"]) == ("cannot_check", ["field_unreadable:birth_date"])
    told = receive.waiting(town, county, serial=serial)["reviews"]
    assert [(one["kind"], one["name"]) for one in told] == [("field", "birth_date"), ("tick", "photo")]
    assert receive.crop(town, registrar, told[0]["id"]).data.startswith(b"\xff\xd8")
    assert receive.record_crop(town, registrar, told[0]["id"]).data.startswith(b"\xff\xd8")
    assert verify.by_code(town, issued["verify_url"]).verdict == "pending"
    receive.decide(town, registrar, told[0]["id"], answer="match", note="核对户口簿无误", paper=True)
    document = only(receive.result(town, registrar, result["id"]))
    assert (document["verdict"], document["reviewed"]["verdict"]) == ("cannot_check", "genuine")
    assert verify.by_code(town, issued["verify_url"]).verdict == "genuine"
    kept = json.loads(retrieve.entry(town, registrar, STUDENT, document["reviewed"]["entry"]).data)
    assert (kept["reviewed"][0]["by"], kept["reviewed"][0]["paper"]) == (registrar.token_digest, True)
    assert "户口簿" not in json.dumps(kept, ensure_ascii=False)
    again = only(brought(town, registrar, clean.scan(level("B", 42))))
    assert again["verdict"] == "genuine"
    assert [fault.code for fault in check(town.archive) if not fault.harmless] == []
