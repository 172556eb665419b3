"""A scan's copy, thumbnails, picture and upload profile as a registrar fetches them over HTTP."""

import io
import zipfile

import pytest
from PIL import Image

from service.demo.portrait import portrait
from tests.bureau import SEALS, SIGNERS, bureau_of, refused
from tests.conftest import OTHER_SCHOOL
from tests.paper import level
from tests.test_copies import texts

NAME = "文勇俊"


@pytest.fixture(scope="module")
def bureau(request):
    with bureau_of(request) as made:
        yield made


@pytest.fixture(scope="module")
def scanned(bureau):
    """A stamped diploma with a photo, and what was read on its scan."""
    student = bureau.admit(NAME, 11)
    bureau.caller().put(
        f"/v1/students/{student}/photo", content=portrait(5), headers={"Content-Type": "image/jpeg"}
    )
    document = bureau.issue(student)
    result = bureau.brought(bureau.paper(document).complete(SEALS, SIGNERS).scan(level("B", 1)))
    return student, document, result


def test_the_copy_is_waited_for(bureau, scanned):
    """It is made after the verdict; `wait` answers as soon as it is there."""
    _, document, result = scanned
    answer = bureau.caller().get(f"/v1/scans/{result['id']}/copy", params={"wait": 60})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].startswith(
        f'inline; filename="scan-{result["id"]}-copy.pdf"'
    )
    for text in texts(answer.content)[0]:
        assert document["number"] in text
        assert NAME in text
    small = bureau.caller().get(f"/v1/scans/{result['id']}/pages/0/thumbnail")
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(small.content)).width == 200


def test_the_picture_is_an_entry_like_others(bureau, scanned):
    """The result names it once it is made, and the archive gives it out."""
    student, document, result = scanned
    bureau.caller().get(f"/v1/scans/{result['id']}/copy", params={"wait": 60})
    (told,) = bureau.caller().get(f"/v1/scans/{result['id']}").json()["documents"]
    answer = bureau.caller().get(f"/v1/archives/{student}/entries/{told['picture']}/content")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert document["serial"] in texts(answer.content)[-1][0]
    bureau.assert_sound()


def test_the_profile_names_nobody_outside_the_zip(bureau, scanned):
    """The id number stands in the zip, where the national system wants it, not in a header."""
    student, document, result = scanned
    bureau.caller().get(f"/v1/scans/{result['id']}/copy", params={"wait": 60})
    answer = bureau.caller().get(f"/v1/documents/{document['serial']}/upload-profile")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    assert student[1:] not in str(answer.headers)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.namelist() == ["申请材料/初中毕业证书_1.jpg", f"照片/{student[1:]}.jpg"]


def test_refusals(bureau, scanned):
    """Who may not see the scan gets none of it; a page that is not there is said so; no scan, no copy."""
    _, document, result = scanned
    stranger = bureau.caller("registrar", OTHER_SCHOOL)
    paths = [
        f"/v1/scans/{result['id']}/copy",
        f"/v1/scans/{result['id']}/pages/0/thumbnail",
        f"/v1/documents/{document['serial']}/upload-profile",
    ]
    for path in paths:
        refused(stranger.get(path), 403, "out_of_scope", article="第四十四条")
        refused(bureau.caller(None).get(path), 401, "no_token")
    bureau.caller().get(paths[0], params={"wait": 60})
    refused(
        bureau.caller().get(f"/v1/scans/{result['id']}/pages/9/thumbnail"), 404, "unknown_page", "请核对页号"
    )
    refused(bureau.caller().get("/v1/scans/999/copy"), 404, "unknown_scan")
    refused(bureau.caller().get(f"/v1/scans/{result['id']}/pages/-1/thumbnail"), 422, "invalid_request")
