"""Fills the HTML pages: verdict, front page, trouble; self-contained, no script, no third party."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from service.errors import Problem
from service.office.verdicts import LOOKS, reason_text

PAGES: Final = Path(__file__).parent / "pages"
STATIC: Final = Path(__file__).parent / "static"
BEIJING: Final = timezone(timedelta(hours=8), "CST")
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Content-Language": "zh-CN",
    "Vary": "Accept",
}
FACTS: Final = (
    ("form", "文书名称"),
    ("number", "证书编号"),
    ("school", "学校"),
    ("issued_on", "签发日期"),
    ("holder_masked", "姓名"),
)
"""What the public may compare with the paper in hand, in the order the eye finds it there (art. 44)."""
INDEX_HEADERS: Final = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
}
"""The index of a file is one page that is saved and printed as it is, so it carries its own styles."""
ITEM_KINDS: Final = {"paper": "文书", "evidence": "证明材料", "filed": "归档材料"}
ITEM_STATES: Final = {
    "pending": "未收回",
    "effective": "已收回",
    "revoked": "已作废",
    "superseded": "已被替代",
}
LONG_NUMBER: Final = 8
GROUP: Final = 4


def chinese_date(text: str) -> str:
    """Return an ISO date as people read it: 2026-07-01 → 2026年7月1日."""
    year, month, day = text.split("-")
    return f"{int(year)}年{int(month)}月{int(day)}日"


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages of one installation: `host` is the address printed in its codes, `labels` name fields and blocks."""

    host: str
    max_upload_mb: int
    labels: Mapping[str, str]
    environment: Environment

    @classmethod
    def open(cls, host: str, max_upload_mb: int, labels: Mapping[str, str]) -> "Pages":
        """Load the templates; a value is always escaped, a name that is not given is an error."""
        environment = Environment(
            loader=FileSystemLoader(PAGES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        return cls(host.lower(), max_upload_mb, labels, environment)

    def verdict(self, answer: Mapping[str, Any], at: datetime, *, saw_paper: bool) -> HTMLResponse:
        """Show a verification answer (the JSON of design.md §4.5) as of `at`; `saw_paper` when more than the code was."""
        local = at.astimezone(BEIJING)
        return self._page(
            "verdict.html",
            look=LOOKS[answer["verdict"]],
            reasons=list(dict.fromkeys(reason_text(reason, self.labels) for reason in answer["reasons"])),
            facts=_facts(answer),
            saw_paper=saw_paper,
            at=f"{local:%Y}年{local.month}月{local.day}日 {local:%H:%M}",
            at_iso=local.isoformat(timespec="seconds"),
        )

    def front(self) -> HTMLResponse:
        """Show what this is, the scan box, and where staff go."""
        return self._page("front.html")

    def archive_index(self, told: Mapping[str, Any]) -> HTMLResponse:
        """Show the index of a file (as service.archives tells it) for printing; a student's names the volume, not the 学籍号."""
        page = self._page("file_index.html", **index_values(told))
        page.headers.update(INDEX_HEADERS)
        return page

    def trouble(self, problem: Problem, *, scan_box: bool = True) -> HTMLResponse:
        """Show a problem to a person, with its status."""
        page = self._page(
            "trouble.html", title=problem.title, detail=problem.detail, code=problem.code, scan_box=scan_box
        )
        page.status_code = problem.status
        if "retry_after" in problem.extra:
            page.headers["Retry-After"] = str(problem.extra["retry_after"])
        return page

    def _page(self, name: str, **values: object) -> HTMLResponse:
        text = self.environment.get_template(name).render(
            host=self.host, max_upload_mb=self.max_upload_mb, **values
        )
        return HTMLResponse(text, headers=HEADERS)


def index_values(told: Mapping[str, Any]) -> dict[str, Any]:
    """What the page of an index is filled with."""
    return {
        "index": told,
        "heading": "学生学籍档案目录" if told["kind"] == "student" else "学校学籍档案目录",
        "volume": (told["opened"] or {}).get("volume") or "",
        "kinds": ITEM_KINDS,
        "states": ITEM_STATES,
        "day": _day,
        "at": f"{datetime.fromisoformat(told['at']).astimezone(BEIJING):%Y-%m-%d %H:%M}",
    }


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(BEIJING):%Y-%m-%d}"


def _facts(answer: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Return label and text of what is known; the text in groups, of which only a long number has several."""
    rows = []
    for name, label in FACTS:
        if answer.get(name):
            text = str(answer[name])
            rows.append((label, groups(chinese_date(text) if name == "issued_on" else text)))
    return rows


def groups(text: str) -> list[str]:
    """Cut a long row of digits into fours, so that the eye can compare it; leave any other text whole."""
    if not (text.isdigit() and len(text) > LONG_NUMBER):
        return [text]
    return [text[start : start + GROUP] for start in range(0, len(text), GROUP)]
