"""Whose trouble an error is: one row's own, so that the row is found and given up, or everybody's, which is waited for."""

from dataclasses import replace

from service.office import Office
from templates.errors import ConverterBusy, ConverterFailed, ConverterMissing, FontMissing, TemplatesError
from templates.form import Form
from templates.lint import trial

NOT_OURS = (ConverterBusy, ConverterFailed, ConverterMissing, FontMissing)
"""What the printer raises not because of what is to be printed: nothing is told of a row for it."""
AWAY = (ConverterBusy, ConverterMissing, FontMissing)
"""What every job would meet now."""


def everybodys(office: Office, form: Form, error: Exception) -> bool:
    """Tell whether every job would fail now, so that waiting helps and trying this one alone does not.

    LibreOffice that gave up on a paper is asked for another one: when it prints that, the paper is to blame.
    """
    return isinstance(error, AWAY) or (isinstance(error, ConverterFailed) and not _prints(office, form))


def _prints(office: Office, form: Form) -> bool:
    """Tell whether LibreOffice prints the example of a form."""
    # A form of any number of pages is never stamped: that would ask nobody.
    order = trial.order(replace(form, pages=0), form.template.read_bytes())
    try:
        office.printer.print(order)
    except NOT_OURS:
        return False
    except TemplatesError:
        return True
    return True
