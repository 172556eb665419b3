"""Looks through a folder of forms, or at one form's folder, form by form."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from templates.catalogue import load_form
from templates.errors import BadForm
from templates.form import DEFINITION, Form
from templates.lint import Finding, findings, found
from templates.render import Printer


@dataclass(frozen=True, slots=True)
class Linted:
    """One form's folder and its findings; `form` is None when form.toml itself is wrong."""

    name: str
    form: Form | None
    findings: tuple[Finding, ...]

    @property
    def refused(self) -> bool:
        """Whether any finding is an error."""
        return any(finding.severity == "error" for finding in self.findings)


def linted(folder: Path, printer: Printer | None) -> Iterator[Linted]:
    """Lint every form below a folder, one after the other; nothing when there is none."""
    folders = (
        [folder]
        if (folder / DEFINITION).is_file()
        else sorted(path.parent for path in folder.glob(f"*/{DEFINITION}"))
    )
    numbers: dict[int, str] = {}
    for place in folders:
        try:
            form = load_form(place)
        except BadForm as problem:
            yield Linted(place.name, None, (found("bad_form", DEFINITION, problem.what),))
            continue
        told = findings(form, None, printer)
        other = numbers.setdefault(form.code, form.name)
        if other != form.name:
            told.insert(0, found("bad_form", DEFINITION, f"code = {form.code} 已被 {other} 使用"))
        yield Linted(form.name, form, tuple(told))
