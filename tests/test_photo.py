"""Photos: only a portrait that a certificate can carry is taken, refusals say what to do, the newest one is printed."""

import contextlib
import io
import json
from datetime import date

import numpy as np
import pypdfium2
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from service import photos
from service.__main__ import main
from service.demo.portrait import portrait
from service.errors import Problem
from service.issue import IssueRequest, issue
from service.register import make_token, put_student
from service.web.http import create
from storage.records import Student
from templates.errors import PhotoRefused
from templates.photo import MAX_BYTES
from tests.conftest import COUNTY, DIPLOMA, OTHER_SCHOOL, SCHOOL, STUDENT
from tests.served import client_of
from tests.specimens.sheet import FONT

SIZE = (307, 378)
BLUE = (186, 214, 240)
OTHER = "G140499201011030228"


def jpeg(picture, quality=85, **how):
    """Give a picture as a JPEG."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality, **how)
    return buffer.getvalue()


def opened(data):
    return Image.open(io.BytesIO(data))


def page_of_text(size=SIZE, paper="white", ink=(20, 20, 90)):
    picture = Image.new("RGB", (size[0] * 2, size[1] * 2), paper)
    pen, face = ImageDraw.Draw(picture), ImageFont.truetype(FONT, 30)
    for row in range(16):
        pen.text((30, 30 + row * 44), "学籍管理实施细则第十二条照片重新采集", fill=ink, font=face)
    return picture.resize(size)


def letter():
    """A page with wide margins: its corners are as plain as a portrait's."""
    sheet = Image.new("RGB", SIZE, (255, 250, 225))
    sheet.paste(page_of_text((180, 220), paper=(255, 250, 225)), (64, 80))
    return sheet


def landscape():
    rng = np.random.default_rng(3)
    fields = rng.integers(0, 255, (12, 10, 3), np.uint8)
    return Image.fromarray(fields).resize(SIZE, Image.Resampling.BICUBIC)


def gradient():
    ramp = np.linspace(0, 1, SIZE[1])[:, None, None]
    shades = np.array(BLUE) * (1 - ramp) + np.array((120, 160, 220)) * ramp
    return Image.fromarray(np.broadcast_to(shades, (SIZE[1], SIZE[0], 3)).astype(np.uint8))


PORTRAIT = opened(portrait(1))
WRONG = {
    "photo_nobody": [
        jpeg(Image.new("RGB", SIZE, BLUE)),
        jpeg(gradient()),
        jpeg(letter()),
    ],
    "photo_colourless": [jpeg(PORTRAIT.convert("L")), jpeg(page_of_text(ink=(0, 0, 0)))],
    "photo_background": [
        jpeg(landscape()),
        jpeg(page_of_text(paper=(255, 250, 225))),
        jpeg(page_of_text(paper=(255, 250, 225), size=(614, 756))),
    ],
    "photo_ratio": [jpeg(PORTRAIT.resize((295, 413))), jpeg(PORTRAIT.rotate(90, expand=True))],
    "photo_too_small": [jpeg(PORTRAIT.resize((130, 160)))],
    "photo_too_large": [portrait(2) + bytes(MAX_BYTES)],
    "photo_damaged": [portrait(3)[:9000], portrait(3)[:40]],
    "photo_not_jpeg": [b"", b"%PDF-1.7 no", b"<html>" + portrait(3)],
}


@pytest.mark.parametrize(
    ("reason", "data"), [(reason, data) for reason, every in WRONG.items() for data in every]
)
def test_what_is_no_photo_is_refused(reason, data):
    """Each wrong file has its own reason, and the reason says what to do."""
    with pytest.raises(PhotoRefused) as told:
        photos.judged(data)
    assert told.value.reason == reason
    assert "请" in told.value.message_zh


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF"])
def test_other_pictures_are_no_jpeg(kind):
    """A portrait in another format is asked for as JPEG."""
    buffer = io.BytesIO()
    PORTRAIT.save(buffer, kind)
    with pytest.raises(PhotoRefused, match="photo_not_jpeg"):
        photos.judged(buffer.getvalue())


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [(153, 188), (154, 189), SIZE, (481, 592)])
def test_portraits_pass(seed, size):
    """Invented people of every looks pass, from 150 dpi up."""
    assert opened(photos.judged(portrait(seed, size))).size == size


def test_honest_photos_of_many_kinds_pass():
    """White, blue and red grounds, a shadow, a soft lens, a camera that turned the picture: all pass."""
    person = np.asarray(PORTRAIT, np.int16)
    ground = np.abs(person - np.array(BLUE)).max(axis=2) < 14
    for colour in ((255, 255, 255), (67, 142, 219), (200, 30, 40)):
        changed = np.where(ground[:, :, None], np.array(colour), person).astype(np.uint8)
        assert photos.judged(jpeg(Image.fromarray(changed)))
    shade = np.linspace(1.0, 0.82, SIZE[0])[None, :, None]
    assert photos.judged(jpeg(Image.fromarray((person * shade).astype(np.uint8))))
    assert photos.judged(jpeg(PORTRAIT.filter(ImageFilter.GaussianBlur(2))))
    turned = PORTRAIT.rotate(90, expand=True)
    exif = turned.getexif()
    exif[0x0112] = 6
    assert opened(photos.judged(jpeg(turned, exif=exif))).size == SIZE


def test_only_the_picture_is_kept():
    """EXIF (a place, a name), comments and profiles are gone; the copy is RGB, 26 : 32, below 60 KB, and stable."""
    exif = PORTRAIT.getexif()
    exif[0x9286] = "住址"
    exif[0x013B] = "somebody"
    data = jpeg(PORTRAIT.resize((820, 1000)), 60, exif=exif, comment=b"secret")
    kept = photos.judged(data)
    picture = opened(kept)
    assert (picture.mode, picture.size) == ("RGB", (614, 756))
    assert not picture.getexif()
    assert b"somebody" not in kept
    assert b"secret" not in kept
    assert len(kept) <= MAX_BYTES
    assert photos.judged(data) == kept


def test_the_newest_photo_is_printed(town, registrar):
    """Two photos: both stay, the second one stands on the diploma, and its digest among the data."""
    first = photos.put_photo(town, registrar, STUDENT, portrait(4))
    second = photos.put_photo(town, registrar, STUDENT, portrait(5))
    assert (first.created, second.created) == (True, True)
    assert not photos.put_photo(town, registrar, STUDENT, portrait(5)).created
    told = issue(town, registrar, IssueRequest("diploma_junior", STUDENT, DIPLOMA)).body
    with town.archive.read() as reading:
        document = reading.document(told["serial"])
        assert [item.sha256 for item in reading.photos(STUDENT)] == [
            second.body["sha256"],
            first.body["sha256"],
        ]
    assert document.data["photo"] == second.body["sha256"]
    layout = json.loads(town.archive.objects.get(document.layout))
    (place,) = layout["pages"][0]["photos"]
    with pypdfium2.PdfDocument(town.archive.objects.get(document.pdf)) as pdf:
        page = np.asarray(pdf[0].render(scale=150 / 72).to_pil().convert("RGB"))
    left, top, right, bottom = (round(edge / 25.4 * 150) for edge in place["box"])
    shown = page[top + 4 : bottom - 4, left + 4 : right - 4]
    wanted = opened(town.archive.objects.get(second.body["sha256"])).resize(shown.shape[1::-1])
    assert np.abs(shown.astype(int) - np.asarray(wanted, int)).mean() < 12


def test_the_same_picture_is_nobody_elses(town, registrar):
    """A photo that is on file for one student is refused for another (art. 14)."""
    photos.put_photo(town, registrar, STUDENT, portrait(6))
    with pytest.raises(Problem) as told:
        photos.put_photo(town, registrar, OTHER, portrait(6))
    assert (told.value.code, told.value.article) == ("photo_of_another", "第十四条")


@pytest.mark.parametrize(
    ("grade", "wanted"), [("P6", None), ("J1", "2026-08-01"), ("J3", "2024-08-01"), ("S2", "2025-08-01")]
)
def test_a_new_photo_is_wanted_at_entry(grade, wanted):
    """Art. 12: who enters 初中 or 普通高中 is photographed anew; the day counts from that August."""
    student = Student(STUDENT, "文勇俊", SCHOOL, {"grade": grade})
    since = photos.wanted_since(student, date(2026, 11, 16))
    assert since == (None if wanted is None else date.fromisoformat(wanted))


def test_an_old_photo_is_told(town, clock, city, registrar):
    """The date of each photo is shown, and that a pupil who moved up needs a new one."""
    assert photos.photos(town, registrar, STUDENT)["due"] is True
    photos.put_photo(town, registrar, STUDENT, portrait(8))
    assert photos.photos(town, registrar, STUDENT)["due"] is False
    clock.advance(days=365)
    with town.archive.read() as reading:
        record = reading.student(STUDENT).data
    put_student(town, city, STUDENT, {**record, "grade": "J1"})
    told = photos.photos(town, registrar, STUDENT)
    assert (told["due"], told["article"]) == (True, "第十二条")
    assert told["photos"][0]["at"] == "2026-11-16"
    assert "重新采集" in told["note"]


@pytest.fixture
def callers(town):
    """HTTP clients by role and organization."""
    with client_of(create(town)) as client:

        def call(method, path, role="registrar", org=SCHOOL, headers=None, **body):
            token = make_token(town.archive, town.randbytes, role, org)
            sent = {"Authorization": f"Bearer {token}", **(headers or {})}
            return client.request(method, path, headers=sent, **body)

        yield call


def test_over_http(town, callers):
    """Raw and multipart bodies, 201 then 200; the photo comes back as JPEG; each look is noted."""
    path = f"/v1/students/{STUDENT}/photo"
    assert callers("GET", path).status_code == 404
    raw = callers("PUT", path, content=portrait(9), headers={"Content-Type": "image/jpeg"})
    assert raw.status_code == 201, raw.text
    again = callers("PUT", path, files={"file": ("me.jpg", portrait(9), "image/jpeg")})
    assert (again.status_code, again.json()) == (200, raw.json())
    got = callers("GET", path, role="county", org=COUNTY)
    assert (got.status_code, got.headers["content-type"]) == (200, "image/jpeg")
    assert opened(got.content).size == SIZE
    assert callers("GET", path + "s").json()["photos"][0]["sha256"] == raw.json()["sha256"]
    with town.archive.read() as reading:
        looks = [row.what for row in reading.accesses(STUDENT)]
    assert looks.count("student photo") == 2
    assert looks.count("student photos") == 1


def test_from_the_command_line(town, tmp_path, monkeypatch, capsys):
    """`yinzheng photo` keeps a photo, and says in one line why it does not."""
    monkeypatch.setattr("service.app.opened", lambda *_settings, **_how: contextlib.nullcontext(town))
    good, bad = tmp_path / "good.jpg", tmp_path / "bad.jpg"
    good.write_bytes(portrait(1))
    bad.write_bytes(WRONG["photo_ratio"][0])
    known = ["--org", SCHOOL, "--data", str(tmp_path)]
    assert main(["photo", STUDENT, str(good), *known]) == 0
    assert json.loads(capsys.readouterr().out)["at"] == "2026-11-16"
    assert main(["photo", STUDENT, str(bad), *known]) == 1
    assert "26:32" in capsys.readouterr().err
    assert main(["calibrate", "diploma_junior", str(tmp_path / "sheet.pdf"), *known]) == 0
    assert (tmp_path / "sheet.pdf").read_bytes().startswith(b"%PDF")


def test_refusals_over_http(callers):
    """A wrong file is 422 with its reason; another school's registrar, an auditor and nobody are kept out."""
    path, body = f"/v1/students/{STUDENT}/photo", {"headers": {"Content-Type": "image/jpeg"}}
    bad = callers("PUT", path, content=WRONG["photo_ratio"][0], **body)
    assert (bad.status_code, bad.json()["code"]) == (422, "photo_ratio")
    assert "请" in bad.json()["detail"]
    for role, org, status in (("registrar", OTHER_SCHOOL, 403), ("auditor", COUNTY, 403)):
        assert callers("PUT", path, role=role, org=org, content=portrait(1), **body).status_code == status
    assert callers("GET", path, role="registrar", org=OTHER_SCHOOL).status_code == 403
    assert callers(
        "PUT", "/v1/students/G140499201104129999/photo", content=portrait(1), **body
    ).status_code in {404, 422}
