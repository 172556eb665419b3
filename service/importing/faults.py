"""One bad cell of a table: where it stands, what is wrong with it, and how to put it right."""

from dataclasses import dataclass

from service.errors import Objection, article_name


@dataclass(frozen=True, slots=True)
class CellFault(Objection):
    """An objection to one cell; `row` 0 is the whole sheet, `column` '' the whole row.

    `heading` is the column's name as the table has it.
    """

    sheet: str = ""
    row: int = 0
    column: str = ""
    heading: str = ""

    def to_json(self) -> dict[str, object]:
        """The member of a problem's `errors` list: an objection, and its place."""
        place = {"sheet": self.sheet, "row": self.row, "column": self.column, "heading": self.heading}
        return {**Objection.to_json(self), **place}

    def where(self) -> str:
        """Its place in words: 一班 第5行 C列（出生日期）."""
        row = f"第{self.row}行" if self.row else ""
        column = f"{self.column}列" if self.column else ""
        return " ".join(filter(None, (self.sheet, row, column))) + (
            f"（{self.heading}）" if self.heading else ""
        )

    def what_and_how(self) -> tuple[str, str]:
        """What is wrong, and what to do, as the two halves of the message."""
        what, _, how = self.message.partition("；")
        return what, how

    def cited(self) -> str:
        """The article that asks for it, '' when none does."""
        return "" if self.article is None else article_name(self.article)
