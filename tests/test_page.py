"""The answer page as a phone shows it: a real browser without scripts, against the served office."""

import io
from dataclasses import replace
from urllib.parse import urlsplit

import cv2
import numpy as np
import pypdfium2
import pytest
import qrcode
from PIL import Image

from service.app import build
from service.office.verdicts import LOOKS
from service.settings import Settings
from service.web.http import create
from tests.browser import chromium, visit
from tests.conftest import STUDENT, issue_diploma, layout_of, pdf_of
from tests.paper import LEVELS, Paper
from tests.placed import place, place_people
from tests.served import served

PHONE = {"width": 390, "height": 844}
SMALL_PHONE = {"width": 320, "height": 568}
BY_CODE = {"genuine": "effective", "pending": "pending", "revoked": "revoked", "superseded": "superseded"}
"""Verdict → the status whose code leads to it."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    office, close = build(Settings(data=tmp_path_factory.mktemp("data"), rate=10_000), printing=False)
    place_people(office)
    yield office
    close()


@pytest.fixture(scope="module")
def codes(desk):
    return {
        status: place(desk, f"14042620262012000{place_no}", status).token
        for place_no, status in enumerate(BY_CODE.values(), 1)
    }


@pytest.fixture(scope="module")
def base(desk):
    with served(create(desk)) as base:
        yield base


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def phone(browser, base):
    """A phone without scripts."""
    with visit(browser, base, viewport=PHONE, java_script_enabled=False, device_scale_factor=2) as page:
        page.context.on("requestfailed", lambda request: page.faults.append(request.url))
        yield page


def picture(tmp_path, text=None):
    path = tmp_path / "photo.jpg"
    made = qrcode.make(text).convert("RGB") if text else Image.new("RGB", (640, 480), "white")
    data = io.BytesIO()
    made.save(data, "JPEG")
    path.write_bytes(data.getvalue())
    return path


def check_look(page, verdict):
    """The verdict fills the first screen, in its word, and nothing hangs over the edge."""
    heading = page.get_by_role("heading", level=1)
    assert heading.inner_text() == LOOKS[verdict].word
    status = page.get_by_role("status")
    assert status.get_attribute("class").split() == ["verdict", verdict]
    box = status.bounding_box()
    assert box["y"] + box["height"] < PHONE["height"] * 0.6
    icon = page.locator(".verdict .icon").bounding_box()
    assert icon["width"] >= 48
    assert heading.bounding_box()["height"] < 70, "the verdict stays on one line"
    assert page.locator("html").bounding_box()["width"] <= page.viewport_size["width"]


@pytest.mark.parametrize("verdict", BY_CODE)
def test_a_scanned_code_opens_one_big_verdict(phone, base, codes, verdict):
    """Four of the seven, as they come from a code, and under the policy that allows nothing foreign."""
    answer = phone.goto(f"{base}/V/{codes[BY_CODE[verdict]]}")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["referrer-policy"] == "no-referrer"
    check_look(phone, verdict)
    assert phone.locator("dt").all_inner_texts() == ["文书名称", "证书编号", "学校", "签发日期", "姓名"]
    assert phone.locator("dd").last.inner_text() == "文**"
    assert "文勇俊" not in phone.content()


def test_a_foreign_code_opens_unknown(phone, base):
    """查无此证 shows no facts and does not call it forged."""
    phone.goto(f"{base}/V/{'A' * 152}")
    check_look(phone, "unknown")
    assert phone.locator("dl").count() == 0
    assert "还不能断定纸张是伪造的" in phone.content()


def test_a_picture_without_a_code_cannot_be_checked(phone, base, tmp_path):
    """The plain form works without scripts: choose, send, read."""
    phone.goto(base)
    phone.get_by_label("或选择已有的照片").set_input_files(picture(tmp_path))
    phone.get_by_role("button", name="上传核对").click()
    check_look(phone, "cannot_check")
    assert "不表示文书有问题" in phone.content()
    assert phone.url == f"{base}/V"


def test_a_picture_of_the_code_is_answered_and_says_so(phone, base, codes, tmp_path):
    """From the answer page itself, with the camera input."""
    phone.goto(f"{base}/V/{codes['pending']}")
    phone.get_by_label("用相机拍摄").set_input_files(
        picture(tmp_path, f"HTTPS://OTHER.EXAMPLE/V/{codes['effective']}")
    )
    phone.get_by_role("button", name="上传核对").click()
    check_look(phone, "genuine")
    assert "没有拍到整张纸" in phone.content()


def test_a_small_phone_and_large_type_lose_nothing(browser, base, codes):
    """320 pixels wide: the longest verdict stays whole, nothing scrolls sideways."""
    with visit(browser, base, viewport=SMALL_PHONE, java_script_enabled=False) as page:
        page.goto(f"{base}/V/{codes['pending']}")
        assert page.get_by_role("heading", level=1).bounding_box()["height"] < 70
        for part in page.locator("main *").all()[:60]:
            box = part.bounding_box()
            assert box is None or box["x"] + box["width"] <= SMALL_PHONE["width"] + 1


def test_the_front_page_says_what_this_is(phone, base):
    """The scan box stands on the first screen; every form control has a label."""
    phone.goto(base)
    assert phone.get_by_role("heading", level=1).inner_text() == "印证"
    assert phone.get_by_label("用相机拍摄").bounding_box()["y"] < PHONE["height"]
    assert phone.locator("html").get_attribute("lang") == "zh-CN"


def test_swagger_runs_from_our_own_files(browser, base):
    """The description is shown, with scripts of ours only, and every call is listed."""
    with visit(browser, base, viewport={"width": 1280, "height": 900}) as page:
        page.goto(f"{base}/docs")
        page.get_by_text("/v1/verifications", exact=True).first.wait_for()
        assert page.locator(".opblock").count() >= 30


def test_a_photo_of_an_altered_paper_opens_the_red_page(browser, town, registrar, tmp_path):
    """A diploma issued, printed, its date changed on the paper, photographed and sent by the plain form."""
    serial = issue_diploma(town, registrar).body["serial"]
    paper = Paper(pdf_of(town, serial), layout_of(town, serial)).alter("study_to", "二〇二五年七月")
    photo = tmp_path / "altered.jpg"
    photo.write_bytes(paper.scan(replace(LEVELS["B"], file="jpeg")))
    with (
        served(create(town)) as base,
        visit(browser, base, viewport=PHONE, java_script_enabled=False) as page,
    ):
        page.goto(base)
        page.get_by_label("或选择已有的照片").set_input_files(photo)
        page.get_by_role("button", name="上传核对").click(timeout=60_000)
        check_look(page, "altered")
        assert "与存档不一致" in page.locator(".reasons").inner_text()
        text = page.content()
    assert "没有看纸" not in text
    for secret in ("文勇俊", STUDENT, "二〇二五", "二〇二六年七月"):
        assert secret not in text


def test_the_code_cut_out_of_the_printed_paper_leads_to_its_page(browser, town, registrar):
    """What a phone camera sees: only the symbol, cut from the print, read by another decoder than ours."""
    issued = issue_diploma(town, registrar).body
    left, top, right, bottom = layout_of(town, issued["serial"])["pages"][0]["codes"][0]["keep_out"]
    with pypdfium2.PdfDocument(pdf_of(town, issued["serial"])) as document:
        sheet = document[0].render(scale=300 / 72).to_pil().convert("L")
    cut = np.asarray(sheet.crop([round(side * 300 / 25.4) for side in (left, top, right, bottom)]))
    text, _, _ = cv2.QRCodeDetectorAruco().detectAndDecode(cut)
    assert text == issued["verify_url"]
    with served(create(town)) as base, visit(browser, base, viewport=PHONE) as page:
        page.goto(base + urlsplit(text).path)
        check_look(page, "pending")
        assert issued["number"] in page.locator("main").inner_text().replace(" ", "")
