"""The tables we hand out: an empty one to fill in, and the list of what to put right."""

from typing import Any

from openpyxl import Workbook
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

from service.importing.flow import Report
from service.importing.headings import fields_of
from service.regulation.edition import Edition, RecordField
from service.spreadsheet.tables import column_letters
from service.spreadsheet.writing import BOLD, TEXT, WRAP, line, saved
from templates.codes import CODE_SETS

FILLED_ROWS = 2000
"""Rows of the empty table that offer the words of codes: the largest usual school."""
FAULTS_LISTED = 20_000
"""Faults of one list: whoever has more made the same mistake in every row, and a workbook of a million would take
gigabytes of the service's memory."""
REQUIRED = frozenset({"student_no", "name"})
GUIDE = (
    "一行填一名学生，带★的必填；栏目可以删去（★除外）或换顺序，栏目名称不要改。",
    "所有单元格都是文本格式：身份证件号、学籍号不会被改成科学计数。从别处粘贴请用“选择性粘贴—数值”。",
    "日期写成 2011-04-12，年月写成 2023-09。代码栏目可填代码或名称（如 1 或 男）。",
    "已登记的学生按学籍号更新；空着的单元格保留原来的内容。学籍号由全国学籍系统生成，本系统不编号。",
    "表中有任何一处不合规，全部不导入；请按问题清单逐处改正后重新导入整张表。",
    "不要合并单元格、不要隐藏行、不要用公式。",
)
_HEAD = PatternFill("solid", fgColor="E8E4D8")


def template(edition: Edition) -> bytes:
    """An empty .xlsx to fill in: the edition's columns, every cell a text, the words of each code to choose from."""
    book = Workbook()
    sheet, guide, codes = book.active, book.create_sheet("填写说明"), book.create_sheet("代码")
    sheet.title = "学生"
    for number, field in enumerate(fields_of(edition).values(), 1):
        letter = column_letters(number)
        star = "★" if field.required or field.name in REQUIRED else ""
        cell = sheet.cell(1, number, field.label + star)
        cell.font, cell.fill = BOLD, _HEAD
        sheet.column_dimensions[letter].number_format = TEXT
        sheet.column_dimensions[letter].width = max(12, 2 * len(field.label) + 4)
        _offer(sheet, codes, letter, number, field)
    sheet.freeze_panes = "C2"
    for row, advice in enumerate(GUIDE, 1):
        guide.cell(row, 1, advice).alignment = WRAP
    guide.column_dimensions["A"].width = 100
    return saved(book)


def _offer(sheet: Any, codes: Any, letter: str, number: int, field: RecordField) -> None:
    """Let a column choose from the words of its code set; open sets take others too."""
    if field.code_set is None:
        return
    known = CODE_SETS[field.code_set]
    codes.cell(1, number, field.label).font = BOLD
    for row, word in enumerate(known.words.values(), 2):
        codes.cell(row, number, word)
    choice = DataValidation(
        type="list",
        formula1=f"代码!${letter}$2:${letter}${len(known.words) + 1}",
        allow_blank=True,
        showErrorMessage=False,
    )
    choice.add(f"{letter}2:{letter}{FILLED_ROWS + 1}")
    sheet.add_data_validation(choice)


def faults_table(report: Report) -> bytes:
    """The report as .xlsx: one line for each fault, or one that says that all is well."""
    book = Workbook()
    sheet = book.active
    sheet.title = "问题清单" if report.faults else "导入结果"
    widths: tuple[int, ...] = (14, 8, 8, 20, 40, 60, 14)
    if report.faults:
        line(sheet, 1, ("工作表", "行", "列", "栏目", "问题", "怎么改", "依据"))
        for row, fault in enumerate(report.faults[:FAULTS_LISTED], 2):
            place = (fault.sheet, str(fault.row or ""), fault.column, fault.heading)
            line(sheet, row, (*place, *fault.what_and_how(), fault.cited()))
        if (more := len(report.faults) - FAULTS_LISTED) > 0:
            line(
                sheet,
                FAULTS_LISTED + 2,
                ("", "", "", "", f"另有 {more} 处未列出", "请先改正以上各处再导入", ""),
            )
    else:
        done = "可以导入" if report.dry_run else "已导入"
        line(sheet, 1, ("结果", "学生", "新登记", "更新", "未识别的栏目"))
        counts = (str(report.rows), str(report.created), str(report.updated))
        line(sheet, 2, (done, *counts, "、".join(report.ignored)))
        widths = (14, 10, 10, 10, 60)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[column_letters(number)].width = width
        sheet.cell(1, number).font = BOLD
    sheet.freeze_panes = "A2"
    return saved(book)
