"""One paper, data to PDF bytes: ours against docxtpl with LibreOffice in its usual shapes, and against typst."""

import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import batches
import county
import house
import papers
import peers
from measuring import RECORDS, ROOT, ROUNDS, Row, against, line, medians, timed

from templates import code
from templates.fonts import KAI
from templates.render import Order, cleaned
from templates.wording import printed

TURN = 10
"""Records a tool prints before it is another's turn; a soffice of its own for every file takes seconds: it gets one."""
WARM = 4
"""Times as many people before, untimed: nearly every layout class is known then, as in a county's second school."""
FORM_RECORDS = max(20, RECORDS // 4)
Work = Callable[[], Any]
Tool = Callable[[Order], Work]
FORMS = ("transfer_application", "info_change_application")
COMPILED = 1000
"""Diplomas of a batch before those that are issued one by one over HTTP."""
HTTP_ROUNDS = max(ROUNDS, 15)
"""One of so many may meet a layout class that is new: the median is to be a warm one."""
REASONS = (
    "父母工作调动，全家迁居武乡县并已办理户籍迁移，申请转入现居住地学校就读。",
    "随父母迁居，就近入学。",
    "父母在武乡县务工并已购房定居，祖父母年迈无人照料，为便于家庭照顾，申请转入现居住地学校就读。",
)


def single(rows: list[Row]) -> None:
    """Diplomas of different people, then the 30-field forms: every tool prints the same record in turn."""
    with papers.press() as press, peers.unoserver() as uno, tempfile.TemporaryDirectory() as folder:
        typst = peers.Typst(Path(folder) / "typst", press.printer.fonts.files[KAI.files[0]])
        _diplomas(rows, press, uno, typst)
        for name in FORMS:
            _forms(rows, press, uno, name)


def _diplomas(rows: list[Row], press: papers.Press, uno: peers.Unoserver, typst: peers.Typst) -> None:
    warm = WARM * RECORDS
    people = county.graduates(0, 2 * (warm + RECORDS))
    common = [one for one in people if not set(one.name) & set(county.RARE)]  # typst has the Kai font alone
    orders = [press.diploma(one, number) for number, one in enumerate(common[: warm + RECORDS])]
    for order in orders[:warm]:
        press.printer.print(order)  # other people of the same schools: what they have in common is compiled
    before = press.printer.counts.copy()
    template = _template(county.FORM)

    def typeset(order: Order) -> Work:
        facts = _facts(order)
        typst.picture(code.quick(order.codes(1)[0]))
        return lambda: typst.compile(facts)

    def converted(order: Order) -> Work:
        facts = _facts(order)
        return lambda: peers.soffice(peers.fill(template, facts))

    rivals = {"typst": typeset, "unoserver": _unoserver(uno, county.FORM), "soffice": converted}
    result = _raced(press, orders[warm:], rivals)
    counts = press.printer.counts - before
    told = "diploma, data to PDF bytes, against "
    some = f"{RECORDS} people"
    rows.append(
        against(told + "docxtpl + warm unoserver", result["ours"], result["unoserver"], "≥ 60×", some)
    )
    few = f"{-(-RECORDS // TURN)} of them"
    rows.append(
        against(told + "docxtpl + soffice per file", result["ours"], result["soffice"], "≥ 300×", few)
    )
    share = f"{counts['stamped']} stamped, {counts['learned']} learned, {counts['converted']} by LibreOffice"
    value = f"{result['ours'] * 1000:.2f} ms : {result['typst'] * 1000:.2f} ms = {result['ours'] / result['typst']:.2f}×"
    rows.append(line(told + "typst setting its text alone", value, "≤ 1.5×"))
    rows.append(line("diplomas of that run", share))


def _forms(rows: list[Row], press: papers.Press, uno: peers.Unoserver, name: str) -> None:
    form = press.catalogue.get(name)

    def orders(first: int) -> list[Order]:
        return [
            press.example(
                form,
                student_name=one.name,
                sex=one.sex,
                birth_date=one.birth.isoformat(),
                student_no=one.student_no,
                id_number=one.id_number,
                reason=REASONS[number % len(REASONS)],
            )
            for number, one in enumerate(county.graduates(first, FORM_RECORDS))
        ]

    for order in orders(0):
        press.printer.print(order)
    result = _raced(press, orders(FORM_RECORDS), {"unoserver": _unoserver(uno, name)})
    what = f"{name}, data to PDF bytes, against docxtpl + warm unoserver"
    rows.append(against(what, result["ours"], result["unoserver"], "≥ 60×", f"{FORM_RECORDS} people"))


def _unoserver(uno: peers.Unoserver, name: str) -> Tool:
    template = _template(name)

    def prepared(order: Order) -> Work:
        facts = _facts(order)
        return lambda: uno.convert(peers.fill(template, facts))

    return prepared


def _raced(press: papers.Press, orders: Sequence[Order], rivals: Mapping[str, Tool]) -> dict[str, float]:
    """Print each record with every tool, in turns of ten, another tool first each time; median seconds by tool.

    In turns, since each is to be timed as it runs when it is at work: a soffice in between empties the caches of the
    processor. A tool prepares a record untimed, and one record warms it up.
    """
    tools = [("ours", lambda order: lambda: press.printer.print(order)), *rivals.items()]
    times: dict[str, list[float]] = {}
    for name, prepare in tools[1:]:
        prepare(orders[0])()
        times[name] = []
    times["ours"] = []
    for turn, start in enumerate(range(0, len(orders), TURN)):
        first = turn % len(tools)
        for name, prepare in (*tools[first:], *tools[:first]):
            records = orders[start : start + TURN]
            for order in records[:1] if name == "soffice" else records:
                times[name].append(timed(prepare(order)))
    return {name: statistics.median(values) for name, values in times.items()}


def _template(name: str) -> Path:
    return ROOT / "templates" / "forms" / name / "template.docx"


def _facts(order: Order) -> dict[str, str]:
    """Every text of a paper by name, as a user would hand it to docxtpl or typst."""
    return {
        **cleaned(order.form, printed(order.form, order.data)),
        **order.furniture,
        "serial": order.serial,
    }


def codes(rows: list[Row]) -> None:
    """QR symbols of different papers: the fast encoder, and reading each again, against qrcode and Pillow."""
    with papers.press() as press:
        people = county.graduates(0, RECORDS)
        texts = [press.diploma(one, number).codes(1)[0] for number, one in enumerate(people)]
    times: dict[str, list[float]] = {"quick": [], "again": [], "qrcode": []}
    for text in texts:
        symbol = code.quick(text)
        times["quick"].append(timed(lambda text=text: code.quick(text)))
        times["again"].append(timed(lambda symbol=symbol, text=text: code.proved(symbol, text)))
        times["qrcode"].append(timed(lambda text=text: code.draw(text)))
    found = {name: statistics.median(values) for name, values in times.items()}
    what = "QR code drawn, against qrcode"
    value = f"{found['quick'] * 1000:.2f} ms : {found['qrcode'] * 1000:.1f} ms = {found['qrcode'] / found['quick']:.0f}×"
    rows.append(line(what, value))
    rows.append(line("QR code decoded again before issue", f"{found['again'] * 1000:.2f} ms"))


def over_http(rows: list[Row]) -> None:
    """One diploma and one form: our whole issue over HTTP against filling and converting alone."""
    with house.opened() as ours, peers.unoserver() as uno:
        batches.run(ours, ours.admit(0, COMPILED))
        queue = iter(ours.admit(COMPILED, HTTP_ROUNDS + 2))

        def diploma() -> Any:
            body = {"form": county.FORM, "student": next(queue).student_no, "data": county.DATA}
            return ours.client.call("POST", "/v1/documents", body)

        for name, issue in ((county.FORM, diploma), ("transfer_application", ours.transfer)):
            document = issue()
            template = _template(name)
            layout = ours.client.call("GET", document["links"]["layout"])
            facts = {v["name"]: v["text"] for p in layout["pages"] for v in p["values"]}
            result = medians(
                {
                    "ours": issue,
                    "unoserver": lambda t=template, f=facts: uno.convert(peers.fill(t, f)),
                    "soffice": lambda t=template, f=facts: peers.soffice(peers.fill(t, f)),
                },
                HTTP_ROUNDS,
            )
            for rival, aim in (("soffice", "≥ 4×"), ("unoserver", "≥ 1×")):
                what = f"{name}: issued over HTTP against docxtpl + {rival}"
                rows.append(against(what, result["ours"], result[rival], aim))
