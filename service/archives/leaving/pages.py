"""What people read of a package without this software: index.html in any browser, entries.csv in any spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from service.archives.items import Item
from service.office import CHINA
from storage.records import Entry

KINDS = {
    "document": "文书",
    "layout": "版面",
    "scan": "扫描件",
    "check": "核对",
    "tick": "人工确认",
    "evidence": "证明材料",
    "picture": "核对图",
    "reading": "材料识读",
}
COLUMNS = (
    *("卷", "档案", "件号", "档号", "种类", "类别", "题名", "文书编号", "页数"),
    *("文件", "字节", "类型", "SHA-256", "归档时间", "归档人", "纸质位置"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by a spreadsheet instead of shown."""
OWNERS = {
    "student": "学生学籍档案",
    "school": "学校学籍档案",
    "county": "主管部门档案",
    "city": "主管部门档案",
}
STYLE = """
body { font: 16px/1.6 "Noto Serif CJK SC", "Songti SC", SimSun, serif; margin: 2em auto; max-width: 84em; padding: 0 1em; color: #111; }
h1 { font-size: 1.5em; margin-bottom: .2em; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { border: 1px solid #888; padding: .25em .5em; text-align: left; vertical-align: top; }
th { background: #eee; white-space: nowrap; }
td.n { white-space: nowrap; }
td.c { min-width: 7em; }
code { font-size: 12px; overflow-wrap: anywhere; }
.sum { color: #555; font-size: 11px; overflow-wrap: anywhere; min-width: 14em; }
@media print { body { margin: 0; max-width: none; } a { color: inherit; text-decoration: none; } }
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is listed: its path in its folder, from the top, and from the folder's own page; its item's 档号."""

    entry: Entry
    path: str
    root_link: str
    link: str
    archive_no: str
    pages: int | None
    place: str
    item: Item | None

    def row(self, link: str) -> bytes:
        """The row of a page that opens the file by this link."""
        entry = self.entry
        at = entry.created_at.astimezone(CHINA)
        cells = (
            f'<td class="n">{escape(self.archive_no)}</td>',
            f"<td>{int(entry.id)}</td>",
            f'<td><a href="{escape(link)}">{escape(entry.title)}</a></td>',
            f'<td class="n">{KINDS[entry.kind]}</td>',
            f'<td class="c">{escape(entry.archive_class)}</td>',
            f"<td>{'' if self.pages is None else self.pages}</td>",
            f'<td class="n">{escape(entry.serial or "")}</td>',
            f'<td class="n">{at:%Y-%m-%d %H:%M}</td>',
            f"<td>{escape(self.place)}</td>",
            f'<td class="sum">{entry.sha256}</td>',
        )
        return f"<tr>{''.join(cells)}</tr>\n".encode()


HEADS = (
    "档号",
    "件号",
    "题名",
    "种类",
    "类别",
    "页数",
    "文书编号",
    "归档时间",
    "纸质位置",
    "校验值（SHA-256）",
)


def line_cells(line: Line, folder: str, name: str) -> bytes:
    """The line of an entry in the table, without the mark at its beginning."""
    entry = line.entry
    return _csv(
        (
            *(folder, name, entry.id, line.archive_no, KINDS[entry.kind], entry.archive_class, entry.title),
            *(entry.serial or "", "" if line.pages is None else str(line.pages), line.root_link),
            *(str(entry.size), entry.media_type, entry.sha256),
            *(entry.created_at.isoformat(timespec="seconds"), entry.by, line.place),
        )
    )


def table_head() -> bytes:
    """The mark that lets spreadsheets show Chinese, and the names of the columns."""
    return b"\xef\xbb\xbf" + _csv(COLUMNS)


def _csv(cells: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells])
    return text.getvalue().encode("utf-8")


def file_page(
    told: Mapping[str, Any], rows: Iterable[bytes], at: datetime, *, first: bool, lists: Sequence[str] = ()
) -> Iterator[bytes]:
    """The page of one file; the `first` one of a package says too how it is proved, and links to its 移交清单."""
    heading = f"{escape(told['name'])}　{OWNERS[told['kind']]}目录"
    yield _head(heading)
    yield f"<h1>{heading}</h1>\n".encode()
    hidden = f"另有 {told['withheld']} 件限制查阅，不在其中。" if told["withheld"] else ""
    yield (
        f"<p>{escape(told['folder'])}，{at:%Y年%m月%d日 %H:%M} 打包，共 {told['entries']} 件电子文件。{hidden}"
        "点击题名打开原件。</p>\n"
    ).encode()
    yield _lists(lists)
    yield _table(HEADS)
    yield from rows
    yield b"</tbody></table>\n"
    if first:
        yield HOW.encode()
    yield b"</body></html>\n"


def whole_page(
    name: str, files: Sequence[Mapping[str, Any]], at: datetime, lists: Sequence[str] = ()
) -> Iterator[bytes]:
    """The first page of a whole school: its own file and its students', each with its own page."""
    heading = f"{escape(name)}　学籍档案总目录"
    yield _head(heading)
    yield f"<h1>{heading}</h1>\n".encode()
    entries = sum(one["entries"] for one in files)
    yield (
        f"<p>{at:%Y年%m月%d日 %H:%M} 打包，共 {len(files)} 卷、{entries} 件电子文件。"
        '点击卷号看该卷目录；全部各件也在 <a href="entries.csv">entries.csv</a>（可用 Excel、WPS 打开）。</p>\n'
    ).encode()
    yield _lists(lists)
    yield _table(("卷号", "档案", "姓名或单位", "文书", "电子文件", "字节", "限制查阅未列"))
    for one in files:
        cells = (
            f'<td class="n"><a href="{escape(one["page"])}">{escape(one["folder"])}</a></td>',
            f"<td>{OWNERS[one['kind']]}</td>",
            f"<td>{escape(one['name'])}</td>",
            *(f"<td>{one[what]:,}</td>" for what in ("documents", "entries", "bytes", "withheld")),
        )
        yield f"<tr>{''.join(cells)}</tr>\n".encode()
    yield b"</tbody></table>\n"
    yield HOW.encode()
    yield b"</body></html>\n"


def _lists(paths: Sequence[str]) -> bytes:
    links = "、".join(f'<a href="{escape(path)}">第 {place} 份</a>' for place, path in enumerate(paths, 1))
    return f"<p>移交清单：{links}</p>\n".encode() if links else b""


def _head(title: str) -> bytes:
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
    ).encode()


def _table(heads: Sequence[str]) -> bytes:
    return f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead><tbody>\n".encode()


HOW = """<h2>怎样证明没有被更改</h2>
<ul>
<li>BagIt 包：任何 BagIt 工具，或在包的最上一层运行 <code>sha256sum -c manifest-sha256.txt</code>。
OCFL 存储根：任何 OCFL 校验工具，或 <code>sha256sum -c signed-files.txt</code> 后按各目录的 inventory.json 核对。</li>
<li><code>signature.txt</code> 是打包单位的系统对清单的签名，公钥在 <code>yinzheng-keys.json</code>；请以另外取得的公钥为准。</li>
<li>各卷 <code>entries.json</code> 写明每件在日志里的位置和路径，通向 <code>checkpoint.txt</code>；
<code>documents/编号.json</code> 是该文书的全部栏目和证明，可用
<code>yinzheng verify --keys yinzheng-keys.json --status-list status-list.txt --checkpoint checkpoint.txt --proof documents/编号.json 二维码内容</code> 离线核验。</li>
</ul>
"""
