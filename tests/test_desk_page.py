"""The review desk as a registrar sees it: a real browser, by keyboard alone, on a small laptop."""

import io
import re
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from service import custody, receive, worker
from service.app import build
from service.register import make_token
from service.settings import Settings
from service.web.http import create
from storage.jobs import MAX_ATTEMPTS
from storage.records import Transfer
from tests.browser import chromium, visit
from tests.conftest import as_role
from tests.desked import as_file, nobodys, placed, scanned, sheet, side
from tests.placed import SCHOOL, STUDENT_NO, place_people
from tests.served import served

expect.set_options(timeout=20_000)
"""Milliseconds: a machine that runs other tests as well decodes a page in seconds."""
LAPTOP = {"width": 1280, "height": 680}
MORNING = datetime.now(UTC)
NARROW = {"width": 1024, "height": 600}


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    office, close = build(Settings(data=tmp_path_factory.mktemp("data"), rate=10_000), printing=False)
    place_people(office)
    yield office
    close()


@pytest.fixture(scope="module")
def base(office):
    with served(create(office)) as base:
        yield base


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def laptop(browser, base):
    """A small laptop."""
    with visit(browser, base, viewport=LAPTOP) as page:
        yield page


def enter(page, base, office, role="registrar"):
    """Open the desk, type the token, press Enter."""
    token = make_token(office.archive, secrets.token_bytes, role, SCHOOL)
    answer = page.goto(f"{base}/desk")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    expect(page.get_by_label("访问令牌")).to_be_focused()
    page.keyboard.type(token)
    page.keyboard.press("Enter")
    return token


def shown(page, heading):
    """Wait until the thing of that name is on the desk; until then the answers are gone, and keys do nothing."""
    expect(page.locator("#answers button").first).to_be_visible()
    expect(page.get_by_role("heading", level=2)).to_have_text(heading)


def test_a_morning_at_the_desk_by_keyboard(laptop, base, office):
    """Oldest first, one key per answer, taken back once; the paper is effective at the end; no token in any address."""
    first, second = placed(office, "140426202620120001"), placed(office, "140426202620120002")
    drawn = sheet(birth_date="二〇一一年四月十二曰").rotate(180)
    scanned(office, [side(first, turn=2, birth_date="unreadable")], sheets=[drawn])
    scanned(office, [side(second, student_name="altered"), nobodys(1)], form="TIFF")
    laptop.clock.install(time=MORNING)  # an answer is held until the next one, however slow this machine is
    token = enter(laptop, base, office)
    laptop.clock.pause_at(MORNING + timedelta(hours=1))
    shown(laptop, "出生日期")
    expect(laptop.locator("#queue button")).to_have_count(5)
    expect(laptop.locator("#expected")).to_have_text("二〇一一年四月十二日")
    for picture in ("page", "crop", "printed"):
        expect(laptop.locator(f"#{picture}")).to_have_attribute("alt", re.compile("出生日期"))
        assert laptop.locator(f"#{picture}").evaluate("it => it.decode().then(() => it.naturalWidth)") > 100
    expect(laptop.locator("#box")).to_be_visible()
    box, page = laptop.locator("#box").bounding_box(), laptop.locator("#page").bounding_box()
    assert box["y"] > page["y"] + page["height"] * 0.2, "the page was turned, and the box with it"
    assert laptop.locator("html").evaluate("html => html.scrollHeight") <= LAPTOP["height"]
    assert laptop.locator("#answers").bounding_box()["y"] < LAPTOP["height"] - 100

    laptop.keyboard.press("2")
    expect(laptop.get_by_role("status")).to_have_text("出生日期：不符。还有 4 件。")
    shown(laptop, "照片钢印")
    laptop.keyboard.press("u")
    shown(laptop, "出生日期")
    laptop.keyboard.press("1")
    shown(laptop, "照片钢印")
    laptop.keyboard.press("1")
    expect(laptop.get_by_role("alert")).to_contain_text("请按 P")
    laptop.keyboard.press("p")
    laptop.keyboard.press("1")
    shown(laptop, "姓名")
    laptop.keyboard.press("ArrowDown")
    shown(laptop, "照片钢印")
    laptop.keyboard.press("ArrowLeft")
    shown(laptop, "姓名")
    laptop.keyboard.press("1")
    expect(laptop.get_by_label("说明")).to_be_focused()
    laptop.keyboard.type("印章压字，核对原件无误")
    laptop.keyboard.press("Escape")
    laptop.keyboard.press("1")
    expect(laptop.locator("#queue button")).to_have_count(2)
    with laptop.expect_response(re.compile("/reviews/3/decisions")):
        laptop.get_by_role("button", name="退出").click()
    expect(laptop.get_by_label("访问令牌")).to_be_focused()
    expect(laptop.get_by_label("访问令牌")).to_have_value("")
    with office.archive.read() as reading:
        assert reading.document(first.serial).status == "effective"
        answers = {(one.review, one.answer, one.note) for one in reading.all_decisions()}
    assert answers == {("1", "match", ""), ("2", "present", ""), ("3", "match", "印章压字，核对原件无误")}
    assert not [url for url in laptop.asked if token in url]
    assert laptop.evaluate("sessionStorage.length") == 0


def test_a_page_without_a_paper_is_given_one_by_hand(laptop, base, office):
    """Key 1 asks for the serial, Enter gives it; what the service refuses comes back with its reason."""
    document = placed(office, "140426202620120003")
    with office.archive.read() as reading:
        before = len(reading.entries_of(document.serial))
    enter(laptop, base, office)
    row = laptop.locator("#queue button", has_text="无主的页").first
    row.click()
    laptop.get_by_role("button", name="归入文书").wait_for()
    laptop.keyboard.press("1")
    expect(laptop.get_by_label("属于文书")).to_be_focused()
    laptop.keyboard.type("0000-0000-00001")
    laptop.keyboard.press("Enter")
    expect(laptop.get_by_role("alert")).to_contain_text("请", timeout=10_000)
    expect(laptop.get_by_role("heading", level=2)).to_have_text("第2页")
    laptop.faults.clear()  # the browser's own note of the refusal
    laptop.get_by_role("button", name="归入文书").wait_for()
    laptop.keyboard.press("1")
    laptop.keyboard.type(document.serial)
    laptop.keyboard.press("Enter")
    with laptop.expect_response(re.compile("/decisions")) as kept:
        laptop.get_by_role("button", name="退出").click()
    assert kept.value.status == 200
    expect(laptop.get_by_label("访问令牌")).to_be_visible()
    with office.archive.read() as reading:
        assert len(reading.entries_of(document.serial)) == before + 1


def test_a_loose_page_is_filed_as_evidence(laptop, base, office):
    """The serial, then Tab and the kind by its first letters, then Enter: no mouse."""
    document = placed(office, "140426202620120004")
    scanned(office, [nobodys(0)])
    enter(laptop, base, office)
    laptop.locator("#queue button", has_text="无主的页").last.click()
    laptop.get_by_role("button", name="归入文书").wait_for()
    laptop.keyboard.press("1")
    laptop.keyboard.type(document.serial)
    laptop.keyboard.press("Tab")
    expect(laptop.get_by_label("归入为")).to_be_focused()
    expect(laptop.get_by_label("归入为")).to_have_value("")
    laptop.get_by_label("归入为").select_option("居民户口簿复印件")
    laptop.keyboard.press("Enter")
    with laptop.expect_response(re.compile("/decisions")) as kept:
        laptop.get_by_role("button", name="退出").click()
    assert kept.value.status == 200
    with office.archive.read() as reading:
        entry = reading.entries_of(document.serial)[-1]
    assert (entry.kind, entry.evidence) == ("evidence", "hukou_copy")


def test_a_wrong_token_stays_at_the_door(laptop, base):
    """The reason is said aloud, and the token is forgotten."""
    laptop.goto(f"{base}/desk")
    laptop.keyboard.type("yz_nobody")
    laptop.keyboard.press("Enter")
    expect(laptop.get_by_role("alert")).to_contain_text("令牌")
    expect(laptop.get_by_label("访问令牌")).to_be_visible()
    assert laptop.evaluate("sessionStorage.length") == 0
    laptop.faults.clear()


def test_every_control_has_a_name(laptop, base, office):
    """Labels, a heading, landmarks, live regions; nothing scrolls sideways on a narrow screen."""
    laptop.set_viewport_size(NARROW)
    enter(laptop, base, office)
    laptop.locator("#queue button").first.wait_for()
    for control in laptop.locator("button:visible, input:visible").all():
        named = control.evaluate(
            "it => it.innerText || it.labels?.[0]?.innerText || it.getAttribute('aria-label')"
        )
        assert named, control.evaluate("it => it.outerHTML")
    assert laptop.get_by_role("heading", level=1).inner_text() == "待核事项"
    assert laptop.get_by_role("navigation").count() == 1
    assert laptop.locator("[role=status][aria-live=polite]").count() == 1
    assert laptop.locator("html").evaluate("html => html.scrollWidth") <= NARROW["width"]


def test_a_job_that_stopped_is_seen_and_requeued(laptop, base, office, tmp_path):
    """What, why and what to do, and one button; afterwards it waits for a worker, and the list is gone."""
    scan = receive.accept(office, as_role("registrar", SCHOOL), as_file([sheet()], "PNG"))
    for _ in range(MAX_ATTEMPTS):
        with office.archive.work() as transaction:
            job = transaction.lease_job([worker.SCAN], 60)
            transaction.give_back_job(job.id, "MemoryError")
    enter(laptop, base, office)
    stopped = laptop.locator("#stopped")
    expect(stopped.locator("summary")).to_have_text("停下的任务 1")
    stopped.locator("summary").click()
    row = stopped.locator("li")
    expect(row).to_contain_text(f"扫描件 {scan} 没有读成")
    expect(row).to_contain_text("意外错误（MemoryError）")
    expect(row).to_contain_text("请先看原件能否打开")
    laptop.screenshot(path=tmp_path / "stopped.png")
    assert laptop.locator("html").evaluate("html => html.scrollWidth") <= LAPTOP["width"]
    row.get_by_role("button", name="重新排队").click()
    expect(laptop.get_by_role("status")).to_contain_text("已重新排队")
    expect(stopped).to_be_hidden()
    with office.archive.read() as reading:
        assert (reading.job(job.id).state, reading.job(job.id).attempts) == ("waiting", 0)


def test_what_is_held_and_overdue_is_seen_and_done(laptop, base, office, tmp_path):
    """A packet that is none and a transfer whose month is over: why, by which article, what to do, and one button."""
    registrar, day = as_role("registrar", SCHOOL), MORNING.date()
    row = Transfer(
        "f" * 32, STUDENT_NO, "student", SCHOOL, "3114000456", "武乡县第二中学校", "1", "长教基〔2026〕40号",
        day - timedelta(days=40), day - timedelta(days=10), [], "e" * 64, 1, {}, False,
        "x", "registrar", SCHOOL, MORNING,
    )  # fmt: skip
    with office.archive.begin() as transaction:
        transaction.add_transfer(row)
    came = custody.take(office, registrar, SCHOOL, io.BytesIO(b"junk"))
    enter(laptop, base, office)
    side = laptop.locator("#custody")
    expect(side.locator("summary")).to_have_text("移交与到来 2")
    late, held = side.locator("li").all()
    expect(late).to_contain_text("移交已逾期")
    expect(late).to_contain_text("文勇俊：黎城县第三中学校 → 武乡县第二中学校")
    expect(late.locator("i")).to_have_text("第二十二条")
    expect(late.get_by_role("button", name="上传回执")).to_be_visible()
    expect(held).to_contain_text(f"没有通过检查的档案包 {came['id']}")
    expect(held).to_contain_text("不是 zip 文件")
    expect(held.locator("i")).to_have_text("第十八条")
    assert laptop.locator("html").evaluate("html => html.scrollWidth") <= LAPTOP["width"]
    assert laptop.locator("html").evaluate("html => html.scrollHeight") <= LAPTOP["height"]
    laptop.screenshot(path=tmp_path / "custody.png")
    held.get_by_role("button", name="再检查一次").click()
    while not worker.work_once(office, (worker.ARRIVAL,)):
        laptop.wait_for_timeout(50)
    expect(laptop.get_by_role("status")).to_contain_text("检查仍没有通过")
    held = side.locator("li.held")
    expect(held).to_have_count(1)
    held.get_by_role("button", name="不再处理").click()
    held.get_by_role("button", name="不再处理").click()
    expect(laptop.get_by_role("alert")).to_contain_text("请先写明")
    held.get_by_label("不再处理的理由").fill("传错的文件")
    laptop.keyboard.press("Enter")
    expect(side.locator("summary")).to_have_text("移交与到来 1")
    late.get_by_label("回执文件").set_input_files({"name": "r.txt", "mimeType": "text/plain", "buffer": b"x"})
    expect(laptop.get_by_role("alert")).to_contain_text("这不是移交回执")
    laptop.faults.clear()  # the browser's own note of the refusal
