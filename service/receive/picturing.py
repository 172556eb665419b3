"""The picture of a check: what the check found, drawn on the scanned sides and listed, for the permanent file."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from intake.upright import corners
from service.office import Office
from service.office.desk import CHINA
from service.office.lookups import PDF, file, files_of, form_title
from service.office.verdicts import LOOKS, labels, reason_text
from service.receive.sheets import Side
from storage.archive import Transaction
from storage.records import Document, Scan
from templates.checksheet import Boxed, Marked, Report, Table, Tone, picture

FIELD_WORDS: dict[str, tuple[Tone, str]] = {
    "match": ("good", "一致"),
    "altered": ("wrong", "与存档不符"),
    "unreadable": ("doubt", "看不清，须由人看"),
    "not_checked": ("aside", "机器不判"),
}
MARK_WORDS: dict[str, tuple[Tone, str]] = {
    "present": ("good", "有"),
    "absent": ("wrong", "未见"),
    "wrong_unit": ("wrong", "不是应盖章的单位"),
    "unclear": ("doubt", "看不清，须由人看"),
    "not_checked": ("aside", "机器不判，须由人确认"),
}
DIFFERENCE_WORDS = {
    "erased": "印刷文字缺失",
    "changed": "印刷文字被改",
    "added": "多出的印刷文字",
    "photo": "照片",
    "other_paper": "不是这份文书的纸",
}
DIFFERENCE_TONES: dict[str, Tone] = {"altered": "wrong", "unclear": "doubt", "not_checked": "aside"}
MARK_KINDS = {"seal": "印章", "signature": "签名"}
VERDICT_TONES: dict[str, Tone] = {"genuine": "good", "pending": "doubt", "cannot_check": "doubt"}
"""All other verdicts say that the paper is not to be relied on."""
NOWHERE = [0.0, 0.0, 0.0, 0.0]


def wanted(office: Office, checks: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Fetch filed checks by their sha256."""
    return {sha256: json.loads(office.archive.objects.get(sha256)) for sha256 in checks}


def pictured(
    office: Office,
    document: Document,
    scan: Scan,
    check: tuple[str, Mapping[str, Any]],
    sides: Mapping[int, Side],
) -> bytes:
    """Draw a check, given with its sha256, on the sides of its scan (by index from 0); the same check gives the same bytes."""
    sha256, body = check
    words = _words(office, document.form)
    found = _found(body, words, _sheets(scan, document.serial))
    marked = [
        Marked(
            sides[index].sheet, _caption(office, document, body, index), _boxes(found, index, sides[index])
        )
        for index in body["pages"]
        if index in sides
    ]
    look = LOOKS[body["verdict"]]
    report = Report(
        title=f"核对图 {document.serial}",
        verdict=f"{look.word}：{look.meaning}",
        tone=VERDICT_TONES.get(body["verdict"], "wrong"),
        reasons=[reason_text(reason, words) for reason in body["reasons"]],
        facts=_facts(office, document, scan, sha256, body),
        tables=_tables(found),
    )
    return picture(office.printer.fonts, report, marked)


def file_picture(
    office: Office, transaction: Transaction, scan: Scan, document: Document, sha256: str
) -> str:
    """File a picture that was put away, once; gives the number of its entry."""
    for entry in transaction.entries_of(document.serial):
        if entry.kind == "picture" and entry.sha256 == sha256:
            return entry.id
    return file(
        transaction,
        document,
        "picture",
        to=files_of(transaction, document),
        archive_class=office.catalogue.get(document.form).archive_class,
        title=f"{form_title(office, document.form)}（核对图）",
        item=(sha256, office.archive.objects.size(sha256), PDF),
        by=scan.by,
    ).id


@dataclass(frozen=True, slots=True)
class _Finding:
    """One line of the list: which list, how it is drawn, its words, its side and box in scan pixels, the value's name, 0 or its number."""

    group: str
    tone: Tone
    label: str
    cells: Sequence[str]
    side: int | None
    box: Any
    value: str = ""
    number: int = 0


def _found(body: Mapping[str, Any], words: Mapping[str, str], sheets: Mapping[int, int]) -> list[_Finding]:
    """Everything a check says, in its order; what is not as it should be is numbered through."""
    found = [_field(item, words, _side(item, body, sheets)) for item in body["fields"]]
    found += [_mark(item, words, _side(item, body, sheets)) for item in body["marks"]]
    found += [_difference(item, words, sheets) for item in body.get("differences", ())]
    numbers = itertools.count(1)
    return [one if one.tone == "good" else replace(one, number=next(numbers)) for one in found]


def _field(item: Mapping[str, Any], words: Mapping[str, str], side: int | None) -> _Finding:
    tone, word = _said(FIELD_WORDS, item)
    name = words.get(item["name"], item["name"])
    label = "" if tone == "good" else f"{name}：{word}"
    cells = (name, item["expected"], item["read"] or "—", word)
    return _Finding("fields", tone, label, cells, side, item["box"], item["name"])


def _mark(item: Mapping[str, Any], words: Mapping[str, str], side: int | None) -> _Finding:
    tone, word = _said(MARK_WORDS, item)
    place, kind = words.get(item["block"], item["block"]), MARK_KINDS.get(item["kind"], item["kind"])
    cells = (place, kind, item.get("unit") or "—", word)
    return _Finding("marks", tone, f"{place}{kind}：{word}", cells, side, item["box"])


def _said(words: Mapping[str, tuple[Tone, str]], item: Mapping[str, Any]) -> tuple[Tone, str]:
    """The words of a result, and whether a person spoke it."""
    tone, word = words[item["result"]]
    return (tone, f"{word}（人工核对）") if item.get("person") else (tone, word)


def _difference(item: Mapping[str, Any], words: Mapping[str, str], sheets: Mapping[int, int]) -> _Finding:
    """What differs beside the values, on the side it was seen on; an old check tells the page of the paper alone."""
    tone = DIFFERENCE_TONES.get(item["result"], "aside")
    side = sheets.get(item["page"]) if item.get("side") is None else int(item["side"])
    what = DIFFERENCE_WORDS.get(item["kind"], item["kind"])
    word = FIELD_WORDS["altered" if tone == "wrong" else "unreadable" if tone == "doubt" else "not_checked"][
        1
    ]
    return _Finding(
        "differences",
        tone,
        f"{what}：{word}",
        (what, words.get(item["where"], item["where"]) or "—", word),
        side,
        item["box"],
    )


def _side(item: Mapping[str, Any], body: Mapping[str, Any], sheets: Mapping[int, int]) -> int | None:
    """The side a finding was made on: as it says itself, else the only one there is."""
    if item.get("page") is not None:
        return int(item["page"])
    only = list(body["pages"])
    return only[0] if len(only) == 1 or len(sheets) == 1 else None


def _sheets(scan: Scan, serial: str) -> dict[int, int]:
    """Page of a document (from 1) → side of the scan; of a page that came twice the first that can be judged."""
    found: dict[int, int] = {}
    sheets = [sheet for sheet in (scan.result or {})["sheets"] if sheet["serial"] == serial and sheet["page"]]
    for sheet in sorted(sheets, key=lambda sheet: not (sheet["quality"] or {}).get("ok")):
        found.setdefault(sheet["page"], sheet["index"])
    return found


def _boxes(found: Sequence[_Finding], index: int, side: Side) -> list[Boxed]:
    return [box for one in found if one.side == index for box in _boxed(one, side)]


def _boxed(one: _Finding, side: Side) -> list[Boxed]:
    """Box a finding: a value line by line where its page could be laid, the first with the label."""
    whole = [] if list(one.box) == NOWHERE else [side.upright.placed(corners(tuple(one.box)))]
    places = side.lines.get(one.value, whole) or whole
    return [Boxed(place, one.tone, "" if at else _label(one)) for at, place in enumerate(places)]


def _label(one: _Finding) -> str:
    return f"{one.number} {one.label}" if one.number else one.label


def _caption(office: Office, document: Document, body: Mapping[str, Any], index: int) -> str:
    look = LOOKS[body["verdict"]]
    title = form_title(office, document.form)
    return f"核对图　{title}　编号 {document.serial}　扫描件第 {index + 1} 页　核对结果：{look.word}"


def _facts(
    office: Office, document: Document, scan: Scan, sha256: str, body: Mapping[str, Any]
) -> list[tuple[str, str]]:
    moment = datetime.fromisoformat(body["checked_at"]).astimezone(CHINA)
    sides = "、".join(str(index + 1) for index in body["pages"])
    facts = [
        ("文书", form_title(office, document.form)),
        ("编号", document.serial),
        ("证书编号", document.number or ""),
        ("扫描件", f"{scan.id} 号，第 {sides} 页"),
        ("核对时间", f"{moment:%Y-%m-%d %H:%M:%S}（北京时间）"),
        ("识别程序", str(body.get("recogniser", ""))),
        ("原件 SHA-256", scan.original),
        ("核对记录 SHA-256", sha256),
        ("重复的页", "、".join(str(number) for number in body.get("doubled", ()))),
        ("人工核对", f"{len(body['reviewed'])} 处" if body.get("reviewed") else ""),
    ]
    return [(name, text) for name, text in facts if text]


def _tables(found: Sequence[_Finding]) -> list[Table]:
    columns = {
        "fields": (
            "栏目",
            [("序号", 0.07), ("栏目", 0.21), ("存档", 0.29), ("纸上读到", 0.25), ("结果", 0.18)],
        ),
        "marks": (
            "签章",
            [("序号", 0.07), ("签章处", 0.25), ("种类", 0.1), ("印章单位", 0.34), ("结果", 0.24)],
        ),
        "differences": ("栏目以外", [("序号", 0.07), ("什么", 0.25), ("何处", 0.44), ("结果", 0.24)]),
    }
    return [
        Table(
            heading,
            names,
            [(one.tone, (str(one.number or ""), *one.cells)) for one in found if one.group == group],
        )
        for group, (heading, names) in columns.items()
        if any(one.group == group for one in found)
    ]


def _words(office: Office, name: str) -> dict[str, str]:
    """The labels of a form's fields and blocks; of names it does not have, those of other forms."""
    form = office.catalogue.forms.get(name)
    if form is None:
        return labels(office.catalogue)
    own = {field.name: field.label for field in form.fields} | {
        block.id: block.label for block in form.blocks
    }
    return labels(office.catalogue) | own
