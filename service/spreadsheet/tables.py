"""The sheets of an uploaded table as plain values; a limited child process opens the file."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from service.errors import Objection, Problem
from service.spreadsheet import reader

MAX_BYTES = 20 << 20
"""Bytes of an import file: 10,000 students are 3 MB."""
MAX_ROWS = 10_000
"""Rows of a file of students: the largest school has half as many."""
SECONDS = 90
"""Wall clock of the child: the largest allowed file takes ten."""
Kind = Literal["s", "n", "d", "b", "f", "e"]
REFUSALS: Mapping[str, str] = MappingProxyType(
    {
        "empty": "文件是空的；请选择有内容的文件",
        "too_large": f"文件超过 {MAX_BYTES >> 20} MB；请分几个文件导入",
        "too_large_inside": f"文件解压后的内容过大（超过 {reader.MAX_INFLATED >> 20} MB）；请另存为新文件，或分几个文件导入",
        "too_many_rows": "超过 {most} 行；请分几个文件导入，并删去表格下方多余的格式行",
        "too_many_cells": f"单元格过多（列不得超过 {reader.MAX_COLUMNS}）；请删去用不到的列和空白格式区后另存",
        "too_many_merged": f"合并单元格超过 {reader.MAX_MERGED} 处；请取消合并，逐行填写后再导入",
        "too_slow": "文件处理超时；请另存为新文件，或分几个文件导入",
        "damaged": "文件损坏或格式不合规；请用 Excel 或 WPS 打开后另存为 .xlsx 再导入",
        "not_a_table": "不是 .xlsx 或 .csv 表格；请另存为其中一种再导入",
        "old_or_locked": "是旧的 .xls 格式或设了密码；请另存为不带密码的 .xlsx 再导入",
        "unknown_encoding": "文字编码不是 UTF-8 或 GB18030；请另存为 .xlsx 再导入",
    }
)
"""Why a file is not read at all: code → what to do."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell: s text, n number, d date, b truth value, f formula, e error."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet with its number as the program shows it; `cells` by column, counted from 1."""

    number: int
    hidden: bool
    cells: Mapping[int, Cell]


@dataclass(slots=True)
class Sheet:
    """One sheet: its rows that are not empty, and its merged ranges (first row, first column, last row, last column).

    `epoch` is the year dates are counted from, 1900 or 1904.
    """

    name: str
    visible: bool
    epoch: int
    rows: list[Row] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)


def read_tables(data: bytes, most: int = MAX_ROWS) -> list[Sheet]:
    """Open a table of unknown origin and at most so many rows. Raises Problem 413 or 422 with a code of REFUSALS."""
    if not data:
        raise refusal("empty")
    if len(data) > MAX_BYTES:
        raise refusal("too_large")
    return _sheets(_answer(data, "xlsx" if data.startswith(b"PK\x03\x04") else "csv", most), most)


def refusal(code: str, most: int = MAX_ROWS) -> Problem:
    """The refusal of a whole file; `most` is how many rows it may have."""
    message = REFUSALS[code].format(most=most)
    status = 413 if code.startswith("too_") else 422
    return Problem(
        code, status, "不能读取这个文件", f"{message}。", errors=[Objection("file", code, message)]
    )


def _answer(data: bytes, kind: str, most: int) -> Sequence[bytes]:
    """The lines of the child's answer; whatever happens it is dead afterwards."""
    source = os.memfd_create("table")
    try:
        with os.fdopen(os.dup(source), "wb") as file:
            file.write(data)
        os.lseek(source, 0, os.SEEK_SET)
        command = [sys.executable, "-I", "-B", str(Path(reader.__file__)), kind, str(source), str(most)]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(source,),
            env={"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"},
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise refusal("too_slow") from None
    finally:
        os.close(source)
    return done.stdout.splitlines()


def _sheets(lines: Sequence[bytes], most: int) -> list[Sheet]:
    """Put the child's lines together; an answer without its end is a child that died of its limits."""
    sheets: list[Sheet] = []
    for line in lines:
        said = json.loads(line)
        if "refused" in said:
            raise refusal(said["refused"] if said["refused"] in REFUSALS else "damaged", most)
        if "end" in said:
            return sheets
        if "sheet" in said:
            sheets.append(Sheet(said["sheet"], said["visible"], said["epoch"]))
        elif "merged" in said:
            sheets[-1].merged.extend(_range(text) for text in said["merged"])
        else:
            cells = {column: Cell(kind, text) for column, kind, text in said["cells"]}
            sheets[-1].rows.append(Row(said["row"], said["hidden"], cells))
    raise refusal("too_slow")


def _range(text: str) -> tuple[int, int, int, int]:
    first, _, last = text.partition(":")
    (row, column), (end_row, end_column) = _place(first), _place(last or first)
    return row, column, end_row, end_column


def _place(text: str) -> tuple[int, int]:
    letters = text.rstrip("0123456789")
    return int(text[len(letters) :] or 0), column_number(letters)


def column_number(letters: str) -> int:
    """A → 1, Z → 26, AA → 27."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def column_letters(number: int) -> str:
    """Name a column as the program shows it: 1 → A, 27 → AA."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
