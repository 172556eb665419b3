"""Judges what a template's marks ask for: declared names, conditions and the rows of tables, and nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from jinja2 import TemplateSyntaxError, nodes

from templates.form import Field, Form
from templates.lint.finding import Finding, found
from templates.lint.marks import PARSER, Mark, alone, broken, marks_of, statement, unbalanced
from templates.lint.parts import Parts, text_of

FURNITURE = ("attachment", "authority", "copies_note", "school", "serial", "title")
_STATEMENT = re.compile(r"(if|elif|else|endif|for|endfor)\b\s*(.*)", re.DOTALL)
_LOOP = re.compile(r"([A-Za-z_]\w*)\s+in\s+([A-Za-z_]\w*)")
_IN_LOOP = ("index", "index0", "first", "last", "length")
_CURLY = str.maketrans("‘’“”", "''\"\"")  # Word's own quotes, which docxtpl takes as straight ones
_ASKING = (nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not)

Wrong = tuple[str, str]
"""A finding's code and the mark it is about."""


@dataclass(slots=True)
class Seen:
    """What was met so far: printed names, the block functions, and the loops that are open here."""

    form: Form
    shown: set[str] = field(default_factory=set)
    places: dict[tuple[str, str], list[Mark]] = field(default_factory=dict)
    codes: list[Mark] = field(default_factory=list)
    loops: list[tuple[str, str]] = field(default_factory=list)


def check(form: Form, parts: Parts) -> Iterator[Finding]:
    """Give everything that is wrong with the marks of a template."""
    seen = Seen(form)
    for part in parts.printed:
        written: list[Mark] = []
        for paragraph in part.paragraphs():
            yield from broken(part, paragraph)
            written += marks_of(part, paragraph)
        yield from unbalanced(written)
        seen.loops.clear()
        for mark in written:
            yield from _look(mark, seen)
    yield from _unused(form, seen, parts)
    yield from _codes(seen, parts)
    yield from _title(form, seen, parts)


def _look(mark: Mark, seen: Seen) -> Iterator[Finding]:
    for code, it in dict.fromkeys(_shown(mark, seen) if mark.kind == "shown" else _asked(mark, seen)):
        yield found(code, mark.where, it)


def _shown(mark: Mark, seen: Seen) -> Iterator[Wrong]:
    """Judge `{{ … }}`, and note what it prints."""
    written = mark.written
    try:
        (output,) = PARSER.parse(written.translate(_CURLY)).body
    except (TemplateSyntaxError, ValueError):
        yield "mark_syntax", written
        return
    asked = output.nodes[0] if isinstance(output, nodes.Output) and len(output.nodes) == 1 else None
    if not isinstance(asked, nodes.Expr) or isinstance(asked, nodes.Const):
        yield "mark_forbidden", written
        return
    if isinstance(asked, nodes.Name) and asked.name == "code":
        seen.codes.append(mark)
        return
    yield from _expression(asked, mark, seen, showing=True)


def _asked(mark: Mark, seen: Seen) -> Iterator[Wrong]:
    """Judge `{% … %}`: conditions and one loop at a time over a table's rows or the foot notes."""
    holder, text = statement(mark.inner)
    found_statement = _STATEMENT.fullmatch(text)
    if not found_statement:
        yield "mark_forbidden", mark.written
        return
    if holder and not alone(mark, holder):
        yield "mark_not_alone", mark.written
    word, rest = found_statement[1], found_statement[2].strip()
    if word == "endfor" and seen.loops:
        seen.loops.pop()
    elif word == "for":
        yield from _loop(mark, rest, seen)
    elif word in {"if", "elif"}:
        try:
            (output,) = PARSER.parse(f"{{{{ {rest.translate(_CURLY)} }}}}").body
        except (TemplateSyntaxError, ValueError):
            yield "mark_syntax", mark.written
            return
        assert isinstance(output, nodes.Output)
        yield from _expression(output.nodes[0], mark, seen, showing=False)


def _loop(mark: Mark, rest: str, seen: Seen) -> Iterator[Wrong]:
    match = _LOOP.fullmatch(rest)
    over = match[2] if match else ""
    known = {*(table.name for table in seen.form.tables), "footnotes"}
    if match is None or (over in known and seen.loops):
        yield "mark_forbidden", mark.written
    elif over not in known:
        yield "undeclared", mark.written
    seen.loops.append((match[1] if match else "", over))


def _expression(node: nodes.Node, mark: Mark, seen: Seen, *, showing: bool) -> Iterator[Wrong]:
    """Walk one expression: only names we know, and nothing that computes."""
    if isinstance(node, nodes.Call):
        yield from _call(node, mark, seen)
    elif isinstance(node, nodes.Name):
        yield from _name(node.name, mark, seen, showing=showing)
    elif isinstance(node, nodes.Getattr | nodes.Getitem):
        yield from _member(node, mark, seen, showing=showing)
    elif isinstance(node, nodes.CondExpr):
        yield from _expression(node.test, mark, seen, showing=False)
        for branch in filter(None, (node.expr1, node.expr2)):
            yield from _expression(branch, mark, seen, showing=showing)
    elif isinstance(node, _ASKING) and not showing:
        for child in node.iter_child_nodes():
            yield from _expression(child, mark, seen, showing=False)
    elif not isinstance(node, nodes.Const):
        yield "mark_forbidden", mark.written


def _call(node: nodes.Call, mark: Mark, seen: Seen) -> Iterator[Wrong]:
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    block = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
    if name not in {"seal", "sign"} or node.kwargs or not isinstance(block, str):
        yield "mark_forbidden", mark.written
        return
    labels = {item.id: item.seal_label if name == "seal" else item.sign_label for item in seen.form.blocks}
    if not labels.get(block):
        yield "undeclared", mark.written
    else:
        seen.places.setdefault((name, block), []).append(mark)


def _name(name: str, mark: Mark, seen: Seen, *, showing: bool) -> Iterator[Wrong]:
    fields = {item.name: item for item in seen.form.fields if item.printed}
    if name in FURNITURE or (name, "footnotes") in seen.loops or (name == "footnotes" and not showing):
        seen.shown.add(name)
    elif name not in fields:
        yield "undeclared", mark.written
    elif fields[name].type == "table" and showing:
        yield "mark_forbidden", mark.written
    elif showing:
        seen.shown.add(name)


def _member(node: nodes.Getattr | nodes.Getitem, mark: Mark, seen: Seen, *, showing: bool) -> Iterator[Wrong]:
    """Judge `row.name`, `members[0].name`, `plain.name`, `raw.name`, `text.name`, `loop.index`."""
    of, name = node.node, node.attr if isinstance(node, nodes.Getattr) else None
    if _is_end(node, seen) and not showing:
        return
    if name is None or name.startswith("_"):
        yield "mark_forbidden", mark.written
        return
    table = _table_of(of, seen)
    if table:
        yield from _column(table, name, mark, seen, showing=showing)
        return
    if isinstance(of, nodes.Getattr):
        yield from _deep(of, name, mark, seen, showing=showing)
        return
    holder = of.name if isinstance(of, nodes.Name) else ""
    printed = {item.name for item in seen.form.fields if item.printed}
    known = {
        "plain": printed,
        "raw": {item.name for item in seen.form.fields} | {"stage"},
        "text": set(seen.form.texts),
        "loop": set(_IN_LOOP) if seen.loops else set(),
    }.get(holder)
    if known is None:
        yield ("undeclared" if holder and holder not in printed else "mark_forbidden"), mark.written
    elif name not in known:
        yield "undeclared", mark.written
    elif holder == "text":
        seen.shown.add(f"text.{name}")


def _deep(of: nodes.Getattr, name: str, mark: Mark, seen: Seen, *, showing: bool) -> Iterator[Wrong]:
    """Judge `total.rows.length` and, in conditions, `row.raw.sex`."""
    table = _table_of(of.node, seen)
    if isinstance(of.node, nodes.Name) and of.node.name == "total" and _is_table(of.attr, seen):
        numbers = {item.name for item in seen.form.field(of.attr).columns if item.type == "int"}
        if name not in numbers | {"length"}:
            yield "undeclared", mark.written
    elif table and of.attr == "raw" and not showing:
        yield from _column(table, name, mark, seen, showing=False)
    else:
        yield "mark_forbidden", mark.written


def _table_of(of: nodes.Node, seen: Seen) -> str:
    """Give the table whose row an expression stands for: the loop's own name, or `members[0]`; '' for none."""
    if isinstance(of, nodes.Name):
        return next((over for name, over in seen.loops if name == of.name and over != "footnotes"), "")
    if isinstance(of, nodes.Getitem) and isinstance(of.node, nodes.Name) and isinstance(of.arg, nodes.Const):
        tables = {table.name for table in seen.form.tables}
        return of.node.name if of.node.name in tables and isinstance(of.arg.value, int) else ""
    return ""


def _column(table: str, name: str, mark: Mark, seen: Seen, *, showing: bool) -> Iterator[Wrong]:
    columns = {column.name for column in seen.form.field(table).columns} if _is_table(table, seen) else set()
    if name not in columns:
        yield "undeclared", mark.written
    elif showing:
        seen.shown.add(f"{table}.{name}")


def _is_end(node: nodes.Getattr | nodes.Getitem, seen: Seen) -> bool:
    """Tell whether `note[-1:]` is asked for: the last character of a foot note decides on a full stop."""
    of = node.node.name if isinstance(node.node, nodes.Name) else ""
    return (
        isinstance(node, nodes.Getitem)
        and isinstance(node.arg, nodes.Slice)
        and (of, "footnotes") in seen.loops
    )


def _is_table(name: str, seen: Seen) -> bool:
    return name in {table.name for table in seen.form.tables}


def _unused(form: Form, seen: Seen, parts: Parts) -> Iterator[Finding]:
    """Find fields, wordings and blocks that have no mark."""
    for item in filter(_is_printed, form.fields):
        for name, called in _wanted(item):
            if name not in seen.shown:
                yield found("unused", parts.body.zh, called)
    for name in form.texts:
        if f"text.{name}" not in seen.shown:
            yield found("unused_text", parts.body.zh, name)
    for block in form.blocks:
        called = f"{block.id}（{block.label}）"
        for kind, box in (("sign", block.sign_box), ("seal", block.seal_box)):
            written = seen.places.get((kind, block.id), [])
            if box is not None and not written:
                yield found("no_place", parts.body.zh, called, mark=f"{{{{ {kind}('{block.id}') }}}}")
            if len(written) > 1:
                yield found("place_twice", written[1].where, called)


def _wanted(item: Field) -> Iterator[tuple[str, str]]:
    """Give what must be printed of a field, itself or each of its columns, and how a person calls it."""
    if item.type != "table":
        yield item.name, f"{item.name}（{item.label}）"
    for column in filter(_is_printed, item.columns):
        yield f"{item.name}.{column.name}", f"{item.name} 的列 {column.name}（{column.label}）"


def _is_printed(item: Field) -> bool:
    return item.printed and not item.blank


def _codes(seen: Seen, parts: Parts) -> Iterator[Finding]:
    """Find a missing or doubled code, and a missing serial; a first page's header may have its own."""
    if not seen.codes:
        yield found("no_code", parts.body.zh)
    names = [mark.part.name for mark in seen.codes]
    if len(set(names)) != len(names) or len({mark.part.zh for mark in seen.codes}) > 1:
        yield found("codes", seen.codes[-1].where, len(seen.codes))
    if "serial" not in seen.shown:
        yield found("no_serial", parts.body.zh)


def _title(form: Form, seen: Seen, parts: Parts) -> Iterator[Finding]:
    """Find a paper without its title; a heading of the form's own texts is asked for as every text is."""
    if "title" in seen.shown or "heading" in form.texts:
        return
    words = "".join(form.title.split())
    written = ("".join(text_of(one).split()) for part in parts.printed for one in part.paragraphs())
    if not any(words in text for text in written):
        yield found("no_title", parts.body.zh, form.title)
