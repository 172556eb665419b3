"""The verifying page in a real browser, from a file and without network: the same verdicts as the command, by both ways of Ed25519."""

import json

import pytest
from playwright.sync_api import expect, sync_playwright

from service import publish
from service.app import build
from service.office.verdicts import LOOKS, reason_text
from service.offline import Offline, verify
from service.settings import Settings
from service.signing import PublicKeys
from service.signing.published import read_checkpoint, read_list
from service.web.offline_page import advice, offline_page
from tests.browser import CHROMIUM, QUIET
from tests.placed import FACTS, STUDENT_NO, place, place_people

expect.set_options(timeout=20_000)
PLAIN = "crypto.subtle.importKey = () => Promise.reject(new Error('no Ed25519 here'))"
"""A browser that has no Ed25519 of its own."""
DETECTOR = """window.BarcodeDetector = class { async detect() { return [{ rawValue: window.scanned }]; } };"""


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office, close = build(Settings(data=tmp_path_factory.mktemp("data")), printing=False)
    place_people(office)
    yield office
    close()


@pytest.fixture(scope="module")
def papers(office):
    """A paper of each status, by it."""
    return {
        status: place(office, str(number), status)
        for number, status in enumerate(("pending", "effective", "revoked", "superseded"))
    }


@pytest.fixture(scope="module")
def file(office, papers, tmp_path_factory):
    """The page as somebody has saved it."""
    path = tmp_path_factory.mktemp("saved") / "offline.html"
    path.write_text(offline_page(office), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(params=["native", "plain"])
def page(request, browser, file):
    """The page from the file, offline, on a phone; it asks for nothing but itself."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", offline=True)
    page = context.new_page()
    asked, faults = [], []
    context.on("request", lambda one: asked.append(one.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(DETECTOR + (PLAIN if request.param == "plain" else ""))
    page.goto(file.as_uri())
    page.evaluate("ready")
    yield page
    assert [url for url in asked if not url.startswith("blob:")] == [file.as_uri()]
    assert faults == []
    context.close()


def said(page, code):
    page.get_by_label("扫码得到的文字").fill(code)
    page.get_by_role("button", name="核 验").click()
    expect(page.locator("#verdict")).to_be_visible()
    page.wait_for_function("document.querySelector('#verdict h2').textContent !== ''")
    return page.locator("#verdict h2").inner_text(), page.locator("#verdict li").all_inner_texts()


def by_command(office, code):
    keys = PublicKeys.from_json(office.keys.published())
    listed = read_list(keys, publish.status_list(office, long=True))
    answer = verify(
        Offline(keys, listed, read_checkpoint(keys, publish.checkpoint(office))), code, office.now()
    )
    reasons = [reason_text(reason, {}) for reason in answer.reasons]
    return LOOKS[answer.verdict].word, [*reasons, *advice(answer.verdict)]


@pytest.mark.parametrize("status", ["pending", "effective", "revoked", "superseded"])
def test_the_page_says_what_the_command_says(office, papers, page, status):
    code = papers[status].code_text
    assert said(page, code) == by_command(office, code)
    told = page.locator("#told").inner_text()
    assert papers[status].serial in told
    assert "初中毕业证书" in told
    assert STUDENT_NO not in page.content()
    assert FACTS["student_name"] not in page.content()


def test_codes_that_are_not_ours(office, papers, page):
    code = papers["effective"].code_text
    for wrong in ("https://example.com", code[:-3] + "AAA", code[:40] + "B" + code[41:]):
        assert said(page, wrong) == by_command(office, wrong)
        page.evaluate("document.querySelector('#verdict h2').textContent = ''")


def test_newer_files_take_the_place_of_older_ones(office, papers, page, tmp_path):
    """A short list leaves an effective paper undecided, its proof decides it; a changed list is not believed."""
    effective = papers["effective"]
    for name, text in (
        ("short", publish.status_list(office)),
        ("proof", json.dumps(publish.proof(office, effective.serial))),
        ("forged", publish.status_list(office).replace("revoked 1", "revoked 2")),
    ):
        (tmp_path / name).write_text(text)
    page.locator("#more").set_input_files(tmp_path / "short")
    expect(page.locator("#files")).to_contain_text("短清单")
    assert said(page, effective.code_text)[1][0] == reason_text("short_list", {})
    page.locator("#more").set_input_files(tmp_path / "proof")
    expect(page.locator("#files")).to_contain_text(effective.serial)
    page.evaluate("document.querySelector('#verdict h2').textContent = ''")
    assert said(page, effective.code_text)[0] == LOOKS["genuine"].word
    page.locator("#more").set_input_files(tmp_path / "forged")
    expect(page.locator("#files")).to_contain_text("不能用")
    page.evaluate("document.querySelector('#verdict h2').textContent = ''")
    assert said(page, effective.code_text)[1][0] == reason_text("no_status_list", {})


def test_a_list_grows_too_old(office, papers, page):
    """The same code, forty days later by this computer's clock; with a longer limit it is genuine again."""
    page.evaluate("Date.now = (now => () => now + 40 * 864e5)(Date.now())")
    assert said(page, papers["effective"].code_text)[1][0] == reason_text("list_too_old", {})
    page.locator("#age").fill("60")
    page.evaluate("document.querySelector('#verdict h2').textContent = ''")
    assert said(page, papers["effective"].code_text)[0] == LOOKS["genuine"].word


def test_a_scanned_picture_where_the_browser_reads_codes(papers, page, tmp_path):
    """The detector's text is what is verified."""
    from PIL import Image

    Image.new("L", (20, 20)).save(tmp_path / "scan.png")
    page.evaluate("code => { window.scanned = code; }", papers["revoked"].code_text)
    page.locator("#image").set_input_files(tmp_path / "scan.png")
    expect(page.locator("#verdict h2")).to_have_text(LOOKS["revoked"].word)
