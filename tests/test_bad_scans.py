"""Bad and mixed scans over HTTP: coarse, colourless, turned, shuffled, foreign; three-valued, and nothing is lost."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from service.demo.paper import SCALE
from service.demo.scanner import capture, encode
from tests.bureau import SEALS, SIGNERS, bureau_of, foreign_page, reasons_of
from tests.conftest import BEARER, MOVER, STUDENT, TRANSFER
from tests.paper import LEVELS, copied

FEEDER = replace(LEVELS["B"], seed=61)
FORMATS = {"tiff": "scan.tif", "heic": "IMG_0001.HEIC", "png": "scan.png", "jpeg": "scan.jpg"}


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request, rate=1_000_000) as bureau:
        yield bureau


@pytest.fixture(scope="module")
def papers(bureau):
    """Two diplomas and a transfer form with every mark, none of them scanned yet."""
    wanted = {
        "diploma": (STUDENT,),
        "second": (BEARER,),
        "transfer": (MOVER, "transfer_application", TRANSFER),
    }
    made = {}
    for name, request in wanted.items():
        document = bureau.issue(*request)
        made[name] = document, bureau.paper(document, seed=len(made)).complete(SEALS, SIGNERS)
    return made


def seals(document):
    """What was found at each place of a seal that a scan can prove."""
    found = [mark["result"] for mark in document["marks"] if mark["kind"] == "seal"]
    return [result for result in found if result != "not_checked"]


def test_sixty_dots_an_inch(bureau, papers):
    """Too coarse to judge: to be scanned again, with the reason; no field matches, nothing becomes effective."""
    for name in ("diploma", "transfer"):
        document, paper = papers[name]
        scan = paper.scan(replace(FEEDER, dpi=60))
        result = bureau.brought(scan)
        bureau.assert_kept(result["id"], scan, "done")
        told = [
            (item["verdict"], item["reasons"][0], {field["result"] for field in item["fields"]})
            for item in result["documents"]
        ]
        told += [("cannot_check", item["reason"], {"unreadable"}) for item in result["unmatched"]]
        assert told == [("cannot_check", "rescan:low_resolution", {"unreadable"})]
        answer = bureau.looked_at(scan)
        assert (answer["verdict"], answer["reasons"][-1]) == ("cannot_check", "rescan:low_resolution")
        assert bureau.verified(document)["verdict"] == "pending"


@pytest.mark.parametrize("bilevel", [False, True])
def test_a_copy_without_colour(bureau, papers, bilevel):
    """Gray or black and white: seals are unclear, never absent, and the paper does not become effective."""
    document, paper = papers["diploma"]
    scan = paper.scan(copied(replace(FEEDER, dpi=300), bilevel=bilevel))
    (found,) = bureau.brought(scan)["documents"]
    assert set(seals(found)) == {"unclear"}
    assert found["verdict"] in {"pending", "cannot_check"}
    assert "altered" not in {item["result"] for item in found["fields"]}
    assert bureau.verified(document)["verdict"] == "pending"


def test_a_shuffled_stack(bureau, papers):
    """Two documents, a foreign letter and a blank sheet, turned all ways in one TIFF: each page finds its own.

    The blank and the foreign page are listed with their reason, and the whole scan is kept.
    """
    blank = np.full((3508, 2480, 3), 255, np.uint8)
    feeder = replace(FEEDER, dpi=150, noise=1)
    sheets = [
        (papers["transfer"][1].sheets[0], 180),
        (foreign_page(), 0),
        (papers["second"][1].sheets[0], 90),
        (blank, 0),
        (papers["diploma"][1].sheets[0], 270),
    ]
    pictures = [
        capture(sheet, SCALE, replace(feeder, turn=turn), number).pixels
        for number, (sheet, turn) in enumerate(sheets)
    ]
    scan = encode(pictures, replace(feeder, file="tiff"))
    result = bureau.brought(scan, "stack.tif")
    assert result["pages"] == 5
    assert reasons_of(result) == [(1, "no_code"), (3, "no_code")]
    serials = [papers[name][0]["serial"] for name in ("transfer", "second", "diploma")]
    assert [sheet["serial"] for sheet in result["sheets"]] == [serials[0], None, serials[1], None, serials[2]]
    assert [item["serial"] for item in result["documents"]] == serials
    assert [(item["verdict"], item["reasons"]) for item in result["documents"]] == [("genuine", [])] * 3
    for item in result["documents"]:
        assert {field["result"] for field in item["fields"]} == {"match"}
    bureau.assert_kept(result["id"], scan, "done")
    for name in papers:
        assert bureau.verified(papers[name][0])["verdict"] == "genuine"
        entries = bureau.caller().get(f"/v1/archives/{papers[name][0]['student']}").json()["entries"]
        # The picture of the check follows when the worker has the time.
        kinds = [entry["kind"] for entry in entries if entry["kind"] != "picture"]
        assert kinds[-2:] == ["scan", "check"]
    bureau.assert_sound()


@pytest.mark.parametrize(("kind", "turn"), [("png", 0), ("jpeg", 180), ("heic", 90)])
def test_pictures_of_every_kind(bureau, papers, kind, turn):
    """PNG, JPEG and HEIC, turned: the same findings as from a PDF."""
    document, paper = papers["second"]
    scan = paper.scan(replace(FEEDER, file=kind, turn=turn, dpi=150, noise=1))
    result = bureau.brought(scan, FORMATS[kind])
    (found,) = result["documents"]
    assert (found["serial"], found["verdict"], found["reasons"]) == (document["serial"], "genuine", [])
    assert (
        bureau.caller().get(f"/v1/scans/{result['id']}/original").headers["content-type"] == f"image/{kind}"
    )


def test_the_same_page_twice(bureau, papers):
    """A page fed twice is one document; of a good and a bad picture of it the good one counts."""
    document, paper = papers["second"]
    pictures = [
        capture(paper.sheets[0], SCALE, machine).pixels for machine in (replace(FEEDER, dpi=80), FEEDER)
    ]
    (found,) = bureau.brought(encode(pictures, FEEDER))["documents"]
    assert (found["serial"], found["pages"]) == (document["serial"], [0, 1])
    assert (found["verdict"], found["reasons"]) == ("genuine", [])


def test_half_a_page(bureau, papers):
    """A torn diploma that still shows its code: fields are missing, so nobody may call it checked."""
    _, paper = papers["diploma"]
    whole = Image.fromarray(paper.sheets[0][:, :, ::-1])
    _, top, _, bottom = (edge * SCALE for edge in paper.layout["pages"][0]["codes"][0]["box"])
    upper = (top + bottom) / 2 < whole.height / 2
    keep = (
        (0, 0, whole.width, round(bottom + 60)) if upper else (0, round(top - 60), whole.width, whole.height)
    )
    torn = whole.crop(keep)
    out = io.BytesIO()
    torn.save(out, "JPEG", dpi=(300, 300), quality=80)
    (found,) = bureau.brought(out.getvalue(), "torn.jpg")["documents"]
    assert found["verdict"] in {"cannot_check", "altered"}
