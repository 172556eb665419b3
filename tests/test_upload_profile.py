"""What is uploaded to the national system again: JPEGs small enough and still legible, under the names it asks for."""

import io
import zipfile

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from intake.fitting import LEGIBLE_DPI, fitting
from service import issue, photos, receive, slips
from service.access import Role, Who
from service.demo.portrait import portrait
from service.errors import Problem
from service.receive.national import MOST_BYTES, _safe
from tests.conftest import MOVER, OTHER_SCHOOL, SCHOOL, TRANSFER, as_role
from tests.paper import level
from tests.test_receive import brought, paper_of
from tests.test_slips import foreign_page, scanned, sheets_of


def files_of(content):
    """The files of the zip by name."""
    with zipfile.ZipFile(io.BytesIO(content.data)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


@pytest.fixture
def transfer(town, registrar):
    """A transfer application just printed."""
    request = issue.IssueRequest("transfer_application", MOVER, TRANSFER)
    return issue.issue(town, registrar, request).body


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    dpi=st.sampled_from([96.0, 150.0, 200.0, 300.0]),
    noise=st.integers(0, 255),
    across=st.booleans(),
    gray=st.booleans(),
)
def test_any_picture_of_an_a4_page_fits_and_stays_legible(seed, dpi, noise, across, gray):
    """From white paper to nothing but noise, which no page is: at most 2 MB, never below 150 dpi."""
    size = (round(297 / 25.4 * dpi), round(210 / 25.4 * dpi))
    shape = (*(size[::-1] if across else size), *(() if gray else (3,)))
    pixels = 255 - np.random.default_rng(seed).integers(0, noise + 1, shape, np.uint8)
    packed = fitting(pixels, dpi, MOST_BYTES)
    assert len(packed) <= MOST_BYTES
    seen = Image.open(io.BytesIO(packed))
    assert seen.size[0] >= round(shape[1] / dpi * min(dpi, LEGIBLE_DPI)) - 1


def test_a_small_picture_is_packed_finely():
    """Quality is given away only for bytes."""
    flat = np.full((2339, 1654, 3), 240, np.uint8)
    cv2.putText(flat, "140426", (200, 900), cv2.FONT_HERSHEY_SIMPLEX, 3, (20, 20, 120), 5)
    seen = cv2.imdecode(np.frombuffer(fitting(flat, 200.0, MOST_BYTES), np.uint8), cv2.IMREAD_COLOR)
    assert seen.shape == flat.shape
    assert np.abs(seen.astype(int) - flat).mean() < 1


def test_what_is_larger_than_a4_is_made_smaller_at_last():
    """An A2 plan of pure noise still ends below the limit."""
    noise = np.random.default_rng(1).integers(0, 256, (3508, 2480, 3), np.uint8)
    assert len(fitting(noise, 150.0, 700_000)) <= 700_000


def test_the_profile_of_a_case(town, registrar, transfer):
    """The signed page, its evidence and the photo, each within its limits and under its name."""
    photos.put_photo(town, registrar, MOVER, portrait(3))
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data)
    (paper,) = paper_of(town, transfer["serial"]).sheets
    brought(town, registrar, scanned([paper, slip, foreign_page(), foreign_page()]))
    content = receive.upload_profile(town, registrar, transfer["serial"])
    assert content.filename == f"upload-{transfer['serial']}.zip"
    files = files_of(content)
    assert list(files) == [
        "申请材料/山西省中小学生转学申请表_1.jpg",
        "证明材料/居民户口簿复印件_1.jpg",
        "证明材料/居民户口簿复印件_2.jpg",
        f"照片/{MOVER[1:]}.jpg",
    ]
    for name, data in files.items():
        seen = Image.open(io.BytesIO(data))
        assert seen.format == "JPEG"
        if name.startswith("照片"):
            assert len(data) < 60 * 1024
            assert seen.width / seen.height == pytest.approx(26 / 32, rel=0.02)
            assert seen.width >= 26 / 25.4 * 150
        else:
            assert len(data) <= 2_000_000
            assert seen.height >= 297 / 25.4 * 150
    assert receive.upload_profile(town, registrar, transfer["serial"]).data == content.data
    with town.archive.read() as reading:
        looks = [look.what for look in reading.accesses(MOVER)]
    assert looks.count(f"upload profile {transfer['serial']}") == 2


def test_evidence_stands_upright(town, registrar, transfer):
    """A page fed upside down, or lying on its side, is uploaded as it is read; one filed by hand too."""
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["hukou_copy"]).data)
    page = foreign_page()
    turned = [np.ascontiguousarray(np.rot90(page, times)) for times in (0, 2, 1, 3)]
    result = brought(town, registrar, scanned([turned[1], slip, *turned]))
    (loose,) = [one for one in receive.waiting(town, registrar)["reviews"] if one["kind"] == "page"]
    assert [sheet["turn"] for sheet in result["sheets"]] == [2, 0, 0, 2, 1, 3]
    receive.decide(
        town, registrar, loose["id"], answer="belongs", serial=transfer["serial"], evidence="hukou_copy"
    )
    pictures = [
        cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
        for name, data in files_of(receive.upload_profile(town, registrar, transfer["serial"])).items()
        if name.startswith("证明材料")
    ]
    assert [one.shape[0] > one.shape[1] for one in pictures] == [True] * 5
    small = [cv2.GaussianBlur(cv2.resize(one, (210, 297)), (0, 0), 3).astype(float) for one in pictures]
    upright = cv2.GaussianBlur(cv2.resize(page[..., 1], (210, 297)), (0, 0), 3).astype(float)
    for one in small:
        alike, upside_down = (
            np.corrcoef(seen.ravel(), upright.ravel())[0, 1] for seen in (one, one[::-1, ::-1])
        )
        assert alike > upside_down + 0.2


def test_the_newest_good_scan_of_a_page_is_taken(town, registrar, transfer):
    """A page that was scanned again is uploaded as it was scanned last."""
    paper = paper_of(town, transfer["serial"])
    brought(town, registrar, paper.scan(level("B", 3)))
    first = files_of(receive.upload_profile(town, registrar, transfer["serial"]))
    brought(town, registrar, paper.scan(level("A", 4)))
    second = files_of(receive.upload_profile(town, registrar, transfer["serial"]))
    assert list(first) == list(second)
    assert first != second


def test_who_gets_a_profile(town, registrar, transfer):
    """Scope as for the paper; restricted evidence is left out for whoever may not see it; nothing there is said."""
    with pytest.raises(Problem) as caught:
        receive.upload_profile(town, registrar, transfer["serial"])
    assert (caught.value.status, caught.value.code) == (409, "nothing_to_upload")
    (slip,) = sheets_of(slips.printed(town, registrar, transfer["serial"], ["judicial"]).data)
    (paper,) = paper_of(town, transfer["serial"]).sheets
    brought(town, registrar, scanned([paper, slip, foreign_page()]))
    head, colleague = as_role("head", SCHOOL), Who(Role.REGISTRAR, SCHOOL, "somebody else")
    page, judicial = "申请材料/山西省中小学生转学申请表_1.jpg", "证明材料/司法部门文书_1.jpg"
    assert list(files_of(receive.upload_profile(town, head, transfer["serial"]))) == [page, judicial]
    assert list(files_of(receive.upload_profile(town, colleague, transfer["serial"]))) == [page]
    for who, code in ((as_role("registrar", OTHER_SCHOOL), "out_of_scope"), (None, "no_token")):
        with pytest.raises(Problem) as caught:
            receive.upload_profile(town, who, transfer["serial"])
        assert caught.value.code == code


def test_names_that_a_file_may_have():
    """What a file system forbids becomes a line; nothing becomes no name at all."""
    assert _safe("3114000123_6/7_文 勇俊") == "3114000123_6_7_文_勇俊"
    assert _safe("..") == "_"
    assert _safe("140499201104120011") == "140499201104120011"
