"""Packs an archive as a BagIt 1.0 zip (RFC 8493): readable and provable in 30 years without this software."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from html import escape

from storage.errors import PackageTooLarge
from storage.records import Entry

BAG = "yinzheng-archive"
"""The one directory at the top of the zip, as RFC 8493 §4 asks; it names nobody."""
MAX_BYTES = 512 * 1024 * 1024
"""The zip is made in memory: 40 student files of the largest kind, a fraction of the machine."""
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The same archive gives the same bytes, so the zip carries no clock."""
SUFFIXES = {
    "application/pdf": "pdf",
    "application/json": "json",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/heic": "heic",
}
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
    "件号",
    "种类",
    "类别",
    "题名",
    "文书编号",
    "文件",
    "字节",
    "类型",
    "SHA-256",
    "归档时间",
    "归档人",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by a spreadsheet instead of shown."""


def bagit(entries: Sequence[Entry], get_bytes: Callable[[str], bytes]) -> bytes:
    """Pack entries; `get_bytes` fetches an object by its sha256 and checks it.

    Payload: data/files/…, data/entries.csv, and data/index.html, which opens in any browser.
    PackageTooLarge above MAX_BYTES; whatever `get_bytes` raises comes through: no package is made with a hole.
    """
    if sum(entry.size for entry in entries) > MAX_BYTES:
        raise PackageTooLarge
    payload = {f"data/{_path(entry)}": get_bytes(entry.sha256) for entry in entries}
    payload["data/entries.csv"] = _table(entries)
    payload["data/index.html"] = _index(entries)
    tags = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": _info(payload),
        "manifest-sha256.txt": _manifest(payload),
    }
    return _zip({**tags, "tagmanifest-sha256.txt": _manifest(tags), **payload})


def _path(entry: Entry) -> str:
    return f"files/{int(entry.id):06d}-{entry.kind}.{SUFFIXES.get(entry.media_type, 'bin')}"


def _info(payload: dict[str, bytes]) -> bytes:
    octets = sum(len(data) for data in payload.values())
    lines = ("Bag-Software-Agent: Yinzheng 印证", f"Payload-Oxum: {octets}.{len(payload)}")
    return "".join(f"{line}\n" for line in lines).encode()


def _manifest(files: dict[str, bytes]) -> bytes:
    return "".join(f"{sha256(data).hexdigest()}  {path}\n" for path, data in sorted(files.items())).encode()


def _cells(entry: Entry) -> tuple[str, ...]:
    return (
        entry.id,
        KINDS[entry.kind],
        entry.archive_class,
        entry.title,
        entry.serial or "",
        _path(entry),
        str(entry.size),
        entry.media_type,
        entry.sha256,
        entry.created_at.isoformat(timespec="seconds"),
        entry.by,
    )


def _table(entries: Sequence[Entry]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([f"'{cell}" if cell.startswith(FORMULA) else cell for cell in _cells(entry)])
    return text.getvalue().encode("utf-8-sig")  # the mark lets spreadsheets show Chinese


def _index(entries: Sequence[Entry]) -> bytes:
    rows = "\n".join(_row(entry) for entry in entries)
    return f"""<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>学籍档案目录</title>
<style>
body {{ font: 16px/1.6 serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid #888; padding: .3em .6em; text-align: left; }}
code {{ font-size: 12px; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>学籍档案目录</h1>
<p>共 {len(entries)} 件。点击题名打开原件；各件的校验值（SHA-256）同时载于 manifest-sha256.txt，
可用任何 BagIt 工具或命令 <code>sha256sum -c manifest-sha256.txt</code> 验证未被更改。</p>
<table>
<thead><tr><th>件号</th><th>题名</th><th>种类</th><th>类别</th><th>文书编号</th><th>归档时间</th><th>校验值</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</body>
</html>
""".encode()


def _row(entry: Entry) -> str:
    link = f'<a href="{_path(entry)}">{escape(entry.title)}</a>'
    plain = (
        KINDS[entry.kind],
        entry.archive_class,
        entry.serial or "",
        f"{entry.created_at:%Y-%m-%d %H:%M} UTC",
    )
    cells = "".join(f"<td>{escape(text)}</td>" for text in plain)
    return f"<tr><td>{entry.id}</td><td>{link}</td>{cells}<td><code>{entry.sha256}</code></td></tr>"


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bag:
        for path, data in files.items():
            item = zipfile.ZipInfo(f"{BAG}/{path}", EPOCH)
            item.compress_type = zipfile.ZIP_DEFLATED
            item.external_attr = 0o644 << 16
            bag.writestr(item, data)
    return packed.getvalue()
