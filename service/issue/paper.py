"""What a draft is printed on and from: the form's own template, an accepted version, or a pre-printed blank."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from service.errors import Objection, refused
from service.issue.request import MODES, Request
from service.office import Office
from service.office.lookups import accepted_template, unknown
from storage.archive import Reading
from storage.errors import NotFound
from templates import blank as blanks
from templates import overprint
from templates.form import Form
from templates.order import MarkAt, Room, TemplateSource

OVERPRINT_ARTICLE = 34
"""Arts. 34 and 36: the certificate's paper is the authority's."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The form as this paper carries it, its template (None: the form's own), and what a blank says besides.

    That is the places of its marks, and the gaps it leaves for its values.
    """

    form: Form
    template: TemplateSource | None = None
    mark_places: tuple[MarkAt, ...] | None = None
    rooms: Mapping[str, Room] = field(default_factory=dict)


def sheet_for(office: Office, reading: Reading, request: Request) -> Sheet:
    """The sheet a request is printed on. Raises Problem 404 `unknown_blank`, 422 `blank_not_fitting`."""
    asked, form = request.asked, request.form
    if asked.mode not in MODES:
        raise refused([Objection("mode", "bad_code", "mode 只能是 full（整页）或 overprint（套打）；请改正")])
    if asked.mode == "overprint":
        return _overprint(_blank(reading, request), form)
    if asked.blank is not None:
        raise refused(
            [
                Objection(
                    "blank", "unknown_field", "整页打印不用空白证书；请删去 blank 或把 mode 改为 overprint"
                )
            ]
        )
    return Sheet(form, _accepted(office, reading, form))


def _accepted(office: Office, reading: Reading, form: Form) -> TemplateSource | None:
    version = accepted_template(office, reading, form)
    if version is None:
        return None
    return TemplateSource(office.archive.objects.get(version.docx), version.hash)


def _blank(reading: Reading, request: Request) -> blanks.Blank:
    """The blank asked for, of the form and of a unit above the issuing one.

    Without one it is the only blank registered there, else the shipped one.
    """
    form, wanted = request.form, request.asked.blank
    units = {unit.code for unit in request.chain}
    if wanted is None:
        own = [item for item in reading.blanks(form=form.name) if item.org in units]
        if len(own) > 1:
            names = "、".join(item.id for item in own)
            raise _unfit(f"{form.title}有几种空白证书；请在 blank 里写明用哪一种：{names}")
        if own:
            return blanks.parse({**own[0].data, "form": form.name})
        shipped = blanks.default(form.name)
        if shipped is None:
            raise _unfit(f"{form.title}没有空白证书；请先登记空白证书，或改用整页打印")
        return shipped
    if wanted == form.name and (shipped := blanks.default(form.name)) is not None:
        return shipped
    try:
        found = reading.blank(wanted)
    except NotFound:
        raise unknown("blank", "空白证书", "请核对编号，或先登记空白证书") from None
    if found.form != form.name or found.org not in units:
        raise _unfit(f"这种空白证书不是{form.title}的，或不属于本校及上级单位；请改用本单位的空白证书")
    return blanks.parse({**found.data, "form": found.form})


def _unfit(message: str) -> Exception:
    return refused([Objection("blank", "blank_not_fitting", message, OVERPRINT_ARTICLE)])


def _overprint(blank: blanks.Blank, form: Form) -> Sheet:
    template = TemplateSource(overprint.template(blank), blank.hash)
    return Sheet(blank.form_on(form), template, tuple(_places(blank, form)), blank.rooms())


def _places(blank: blanks.Blank, form: Form) -> Iterator[MarkAt]:
    """A block's place on the blank is that of its seal, or of its signature where the form's own paper has one."""
    for name, box in blank.mark_places().items():
        yield MarkAt(name, "seal" if form.block(name).seal_box else "sign", box)
