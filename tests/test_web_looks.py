"""The words and looks of the answer page: seven verdicts, nothing else from the archive, legible colours."""

import itertools
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from service.errors import Problem
from service.office.verdicts import LOOKS, reason_text
from service.web.page import STATIC, Pages, groups
from service.web.public import wants_json

AT = datetime(2026, 7, 1, 16, 30, tzinfo=UTC)
KNOWN = {
    "form": "初中毕业证书",
    "number": "140426202620120001",
    "issued_on": "2026-07-01",
    "school": "黎城县第三中学校",
    "holder_masked": "文**",
}
CSS = (STATIC / "page.css").read_text("utf-8")


@pytest.fixture
def pages():
    return Pages.open("YINZHENG.EXAMPLE", 50, {"student_name": "姓名", "school": "学校公章"})


def shown(pages, verdict, reasons=(), saw_paper=False, **values):
    body = {"verdict": verdict, "reasons": list(reasons), **KNOWN, **values}
    return pages.verdict(body, AT, saw_paper=saw_paper).body.decode()


class Outline(HTMLParser):
    """Counts what a screen reader goes by, and checks that tags are closed in order."""

    void = frozenset({"meta", "link", "input", "br", "path", "circle", "rect"})

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.roles, self.ids, self.labels = [], [], [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note what opens."""
        given = dict(attrs)
        self.seen.append(tag)
        self.roles.append(given.get("role"))
        self.ids.add(given.get("id"))
        self.labels += [given[name] for name in ("aria-labelledby", "for") if name in given]
        assert "style" not in given
        assert not [name for name in given if name.startswith("on")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Match what closes."""
        if tag not in self.void:
            assert self.open.pop() == tag


@pytest.mark.parametrize("verdict", LOOKS)
def test_a_screen_reader_finds_its_way(pages, verdict):
    """One h1, landmarks, a status, every label with its target, every tag closed."""
    outline = Outline(shown(pages, verdict))
    assert outline.open == []
    assert outline.seen.count("h1") == 1
    assert outline.roles.count("status") == 1
    assert {"header", "main", "footer"} <= set(outline.seen)
    assert set(outline.labels) <= outline.ids
    assert "script" not in outline.seen


@pytest.mark.parametrize("verdict", LOOKS)
def test_each_verdict_has_word_colour_and_shape_of_its_own(pages, verdict):
    """No two verdicts share any of the three."""
    drawn = {name: shown(pages, name) for name in LOOKS}
    shape = {
        name: re.search(r"<svg class=\"icon\".*?</svg>", text, re.DOTALL)[0] for name, text in drawn.items()
    }
    assert LOOKS[verdict].word in drawn[verdict]
    assert len(set(shape.values())) == len(LOOKS)
    assert len({tone(name) for name in LOOKS}) == len(LOOKS)


def tone(verdict):
    found = re.search(
        rf"\.{verdict} {{[^}}]*--tone: (#\w+|var\(--\w+\))[^}}]*?(?:color: (#\w+))?[^}}]*}}", CSS
    )
    return found[0]


def luminance(colour):
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_is_legible():
    """All pairs of text and ground reach 7:1, the enhanced level of WCAG; the rest at least AA."""
    variables = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", CSS))
    for text, ground in itertools.product(("ink", "soft", "link"), ("paper", "sheet")):
        assert contrast(variables[text], variables[ground]) >= 6
    tones = re.findall(r"--tone: (#[0-9a-f]{6})", CSS)
    assert len(tones) == 6
    assert all(contrast(ground, "#ffffff") >= 5.5 for ground in tones)
    assert contrast("#4b3b78", variables["sheet"]) >= 7


def test_nothing_but_the_public_minimum_is_shown(pages):
    """Even a member that slipped into the answer does not reach the page (art. 44)."""
    text = shown(pages, "genuine", id_number="140499201104120011", fields=[{"read": "某某某"}])
    assert "140499201104120011" not in text
    assert "某某某" not in text
    assert "文**" in text


def test_unknown_shows_no_facts(pages):
    """An answer without facts has no list to compare."""
    text = shown(pages, "unknown", ["bad_signature"], **dict.fromkeys(KNOWN))
    assert "<dl>" not in text
    assert "电子签名不成立" in text
    assert "None" not in text


def test_values_are_escaped(pages):
    """A school's name cannot carry markup onto the page."""
    text = shown(pages, "genuine", school="<script>alert(1)</script>&")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_the_page_says_what_was_not_looked_at(pages):
    """After reading only a code, the page says that the paper was not seen."""
    assert "没有看纸" in shown(pages, "genuine")
    assert "没有看纸" not in shown(pages, "genuine", saw_paper=True)
    for limit in ("钢印", "照片", "签名", "复印"):
        assert limit in shown(pages, "genuine", saw_paper=True)


def test_the_time_is_beijing_time(pages):
    """16:30 UTC is half past midnight of the next day in Beijing."""
    assert "2026年7月2日 00:30" in shown(pages, "genuine")


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        ("field_altered:student_name", "“姓名”一栏与存档不一致"),
        ("field_altered:new_name", "“new_name”一栏"),
        ("mark_wrong_unit:school", "“学校公章”处的印章不是"),
        ("mark_absent:school", "还没有见到"),
        ("page_missing:2", "缺第 2 页"),
        ("rescan:blurred", "模糊"),
        ("rescan:other", "图像质量"),
        ("code_only", "没有拍到整张纸"),
        ("database", "暂时不可用"),
        ("something_new", "something_new"),
    ],
)
def test_every_reason_is_a_sentence(reason, part):
    """Reason codes become Chinese; one that is not known is shown as it is."""
    assert part in reason_text(reason, {"student_name": "姓名", "school": "学校公章"})


def test_a_long_number_is_cut_into_fours_and_loses_nothing():
    """Eighteen digits can be compared by eye; a 字号 stays whole."""
    assert groups("140426202620120001") == ["1404", "2620", "2620", "1200", "01"]
    assert groups("晋高毕证字第20260001号") == ["晋高毕证字第20260001号"]


def test_a_trouble_is_told_to_a_person_with_its_status(pages):
    """429 on a phone is a page with a sentence, not JSON."""
    page = pages.trouble(
        Problem("too_many_requests", 429, "请求过于频繁", "请等 3 秒再试。", extra={"retry_after": 3})
    )
    assert page.status_code == 429
    assert page.headers["retry-after"] == "3"
    assert "请等 3 秒再试" in page.body.decode()
    assert Outline(page.body.decode()).open == []


@pytest.mark.parametrize(
    ("accept", "json"),
    [
        ("application/json", True),
        ("application/json, text/html;q=0.9", True),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("text/html, application/json", False),
        ("*/*", False),
        ("", False),
        ("application/json;q=nonsense", False),
        ("application/json; charset=utf-8; q=0.5, text/html; q=0.4", True),
    ],
)
def test_json_only_for_who_asks_for_it(accept, json):
    """A browser gets the page, a program that names JSON gets JSON."""
    assert wants_json(accept) is json


def test_the_style_sheet_reaches_no_other_host():
    """No import, no address in the style sheet."""
    assert "url(" not in CSS
    assert "@import" not in CSS
