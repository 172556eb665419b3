"""Says everything that is wrong with a form's template at once, and where in the document it stands."""

from templates.form import Form
from templates.lint import looks, names, page, trial
from templates.lint.finding import Finding, Severity, found
from templates.lint.parts import opened
from templates.render import Printer
from templates.word_safety import faults

__all__ = ("Finding", "Severity", "findings", "found", "refused")


def findings(form: Form, docx: bytes | None = None, printer: Printer | None = None) -> list[Finding]:
    """Look at a template (the form's own, or `docx`) and give all findings, errors first.

    With a printer the template is also printed: its example, and every field at its longest; that takes
    seconds. A file that is not safe to open is not looked into, one with errors is not printed.
    """
    data = form.template.read_bytes() if docx is None else docx
    unsafe = [Finding(fault.code, place, fault.message_zh, "error") for place, fault in faults(data)]
    if unsafe:
        return list(dict.fromkeys(unsafe))
    parts = opened(data)
    told = [*names.check(form, parts), *looks.check(parts), *page.check(form, parts)]
    told += trial.example(form)
    if not refused(told):
        told += trial.rehearsed(form, data)
    if printer is not None and not refused(told):
        told += trial.printed(form, data, printer)
    return sorted(dict.fromkeys(told), key=lambda finding: finding.severity)


def refused(told: list[Finding]) -> bool:
    """Tell whether any of these findings is an error."""
    return any(finding.severity == "error" for finding in told)
