"""The child process that opens hostile tables under limits; it imports nothing of ours and ends with its file.

Started by `service.spreadsheet.tables` as a script with the kind (xlsx or csv), the upload's descriptor and the most rows. It
answers with JSON lines: `{"sheet": …}` begins a sheet, `{"row": …}` is one of its rows that is not empty, `{"merged": …}`
its merged cells, `{"end": true}` the whole file; or `{"refused": code}` alone.
"""

import csv
import json
import os
import re
import resource
import sys
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any
from xml.etree import ElementTree as ET

MEMORY_LIMIT = 1_000_000_000  # 10,000 students of 60 columns need a third of it
CPU_SECONDS = 60  # … and eight seconds here
MAX_MEMBERS = 2_000  # parts of a workbook; a roster has twenty
MAX_INFLATED = 64 << 20  # bytes of all parts that are looked at: 10,000 students of 60 columns are 25 MB
MAX_ROW_MARKS = 200_000  # rows of a sheet, with those that are only formatted
MAX_CELL_MARKS = 1_200_000  # cells of a workbook, with those that are only formatted
MAX_COLUMNS = 300  # the national export has about 120
MAX_MERGED = 2_000  # merged ranges of a sheet: each row is held against all of them
MAX_CELL = 600  # characters that are passed on; the longest value has 500
MAX_OUTPUT = 64 << 20  # bytes of the whole answer: shared words may blow it up
EXACT = 1e15  # from here on a spreadsheet has already put zeros for the last digits
PICTURES = ("xl/media/", "xl/drawings/", "xl/charts/", "xl/embeddings/")
ROW_MARK, CELL_MARK = re.compile(rb"<(?:\w+:)?row[\s/>]"), re.compile(rb"<(?:\w+:)?c[\s/>]")
RANGE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7}")
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and an .xlsx with a password

Cell = list[Any]
"""[column from 1, kind, text]; kind: s text, n number, d date, b truth value, f formula, e error."""


class Refusal(Exception):
    """The file is not accepted, for the reason `code` that `service.spreadsheet.tables` words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def limit_this_process() -> None:
    """Take away memory, time, files and core dumps before the first hostile byte is looked at."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_OUTPUT, MAX_OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes, kind: str, most: int) -> Iterator[dict[str, Any]]:
    """Give the lines of the answer for a file of at most so many rows with something in them; raises Refusal."""
    if data.startswith(OLE):
        raise Refusal("old_or_locked")
    return _workbook(data, most) if kind == "xlsx" else _text(data, most)


def _workbook(data: bytes, most: int) -> Iterator[dict[str, Any]]:
    parts = check_parts(data)
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what openpyxl does not keep (styles, validations) is not asked for
        book = load_workbook(BytesIO(data), read_only=True, data_only=False, keep_links=False)
        rows = 0
        for sheet in book.worksheets:
            yield {
                "sheet": sheet.title,
                "visible": sheet.sheet_state == "visible",
                "epoch": max(1900, book.epoch.year),  # openpyxl says 1899 of the usual one
            }
            merged, hidden = _marks(parts[sheet._worksheet_path])  # noqa: SLF001 - read-only sheets tell neither
            for row in sheet.iter_rows(max_col=MAX_COLUMNS):
                cells = [cell for cell in (_cell(cell) for cell in row if cell.value is not None) if cell]
                if cells:
                    rows += 1
                    number = next(cell.row for cell in row if cell.value is not None)
                    yield {"row": number, "hidden": number in hidden, "cells": cells}
                if rows > most:
                    raise Refusal("too_many_rows")
            yield {"merged": merged}


def check_parts(data: bytes) -> dict[str, bytes]:
    """Inflate the sheets of a workbook under limits and give them by name; raises Refusal."""
    with zipfile.ZipFile(BytesIO(data)) as package:
        parts = [part for part in package.infolist() if not part.filename.startswith(PICTURES)]
        if len(package.infolist()) > MAX_MEMBERS or sum(part.file_size for part in parts) > MAX_INFLATED:
            raise Refusal("too_large_inside")
        if any(part.flag_bits & 1 for part in parts):
            raise Refusal("old_or_locked")
        found, cells = {}, 0
        for part in parts:
            content = package.read(part)  # never gives more than the size that was summed up
            head = content[:4]
            if b"<!DOCTYPE" in content or b"<!ENTITY" in content or head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
                raise Refusal("damaged")
            if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
                found[part.filename] = content
                cells += _count(CELL_MARK, content)
                if _count(ROW_MARK, content) > MAX_ROW_MARKS:
                    raise Refusal("too_many_rows")
                if cells > MAX_CELL_MARKS:
                    raise Refusal("too_many_cells")
        if "[Content_Types].xml" not in package.namelist() or not found:
            raise Refusal("not_a_table")
    return found


def _count(mark: re.Pattern[bytes], content: bytes) -> int:
    return sum(1 for _ in mark.finditer(content))


def _marks(content: bytes) -> tuple[list[str], set[int]]:
    """The merged ranges of a sheet (A1:C2) and the numbers of its hidden rows."""
    merged, hidden, number = [], set(), 0
    for _, item in ET.iterparse(BytesIO(content)):  # noqa: S314 - no DTD gets here, and expat caps entities
        name = item.tag.rpartition("}")[2]
        if name == "mergeCell":
            merged += [ref for ref in [item.get("ref", "")] if RANGE.fullmatch(ref)]
            if len(merged) > MAX_MERGED:
                raise Refusal("too_many_merged")
        elif name == "row":
            number = int(item.get("r", number + 1))
            if item.get("hidden") in {"1", "true"}:
                hidden.add(number)
            item.clear()
        elif name == "c":
            item.clear()
    return merged, hidden


def _cell(cell: Any) -> Cell | None:
    """One cell as [column, kind, text]; None when it holds nothing but blanks."""
    if cell.data_type in {"f", "e"}:
        return [cell.column, cell.data_type, ""]
    kind, text = _value(cell.value)
    return [cell.column, kind, text] if text.strip() else None


def _value(value: Any) -> tuple[str, str]:
    if isinstance(value, bool):
        return "b", "1" if value else "0"
    if isinstance(value, datetime):
        return "d", value.date().isoformat()
    if isinstance(value, date):
        return "d", value.isoformat()
    if isinstance(value, int | float):
        whole = isinstance(value, int) or (value.is_integer() and abs(value) < EXACT)
        return "n", str(int(value)) if whole else repr(value)
    return "s", str(value)[:MAX_CELL]


def _text(data: bytes, most: int) -> Iterator[dict[str, Any]]:
    """Rows of a CSV file: UTF-8, UTF-16 with its mark, or GB 18030; comma, tab or semicolon."""
    text = decoded(data)
    if "\x00" in text:
        raise Refusal("not_a_table")
    yield {"sheet": "", "visible": True, "epoch": 1900}
    csv.field_size_limit(MAX_CELL * 10)
    rows = 0
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=False)
    for row in reader:
        if len(row) > MAX_COLUMNS:
            raise Refusal("too_many_cells")
        cells = [[place, "s", value[:MAX_CELL]] for place, value in enumerate(row, 1) if value.strip()]
        if not cells:
            continue
        rows += 1
        if rows > most:
            raise Refusal("too_many_rows")
        yield {"row": reader.line_num, "hidden": False, "cells": cells}
    yield {"merged": []}


def decoded(data: bytes) -> str:
    """The text of a file in any encoding that Chinese offices save; raises Refusal `unknown_encoding`."""
    encodings = ["utf-8-sig", "gb18030"]
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("unknown_encoding")


def _delimiter(text: str) -> str:
    """The separator that the first 20 lines use most."""
    head = "\n".join(text.splitlines()[:20])
    return max(",\t;", key=head.count)


def refusal_code(error: BaseException) -> str:
    """The refusal a library's error means; only files are read here, so any of them is a bad file."""
    if isinstance(error, Refusal):
        return error.code
    if isinstance(error, MemoryError):
        return "too_large_inside"
    return "damaged"


def main(arguments: list[str]) -> None:
    """Serve one upload: arguments are the kind, the descriptor and the most rows."""
    limit_this_process()
    kind, source, most = arguments[0], int(arguments[1]), int(arguments[2])
    out = sys.stdout
    said = cells = 0
    try:
        with os.fdopen(source, "rb") as file:
            data = file.read()
        for line in read(data, kind, most):
            text = json.dumps(line, ensure_ascii=True)
            said += len(text)
            if said > MAX_OUTPUT:
                raise Refusal("too_large_inside")
            cells += len(line.get("cells", ()))
            if cells > MAX_CELL_MARKS:
                raise Refusal("too_many_cells")
            out.write(text + "\n")
        out.write('{"end": true}\n')
    except Exception as error:  # every way a hostile file can break a reader ends in one line
        out.write(json.dumps({"refused": refusal_code(error)}) + "\n")
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
