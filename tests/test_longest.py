"""Every field of every form at its longest legal value is whole on the PDF itself; long papers of all kinds too."""

from dataclasses import replace

import pypdfium2 as pdfium
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from templates.catalogue import Catalogue
from templates.codes import CODE_SETS
from templates.errors import DoesNotFit
from templates.lint import trial
from templates.longest import cases, groups, longest
from templates.places import PDFIUM
from templates.wording import printed

FORMS = Catalogue.load().forms
EVERY = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
SMALLEST_PT = 6.5
LETTERS = "王欧阳思远㛃䶮𬱖翡疆麟璧瀛霭馥曦懿蠡ABCwxyz 09·"
REALISTIC = 0.5
"""Part of its longest that a value of several words has on a long paper."""


def bare(text):
    """Without blanks; pdfium gives a hyphen at the end of a line as U+0002 or U+FFFE."""
    return "".join(text.replace("\x02", "-").replace("\ufffe", "-").split())


def proved(order, paper):
    """Read the PDF anew: each value stands verbatim where the layout says, inside the page, apart, legible."""
    wanted = {key: value for key, value in printed(order.form, order.data).items() if value}
    shown = {}
    with PDFIUM, pdfium.PdfDocument(paper.pdf) as document:
        assert len(document) == len(paper.layout.pages)
        for number, page in enumerate(paper.layout.pages):
            text, boxes = document[number].get_textpage(), []
            high = document[number].get_height()
            for value in page.values:
                assert value.size_pt >= SMALLEST_PT, value.name
                shown.setdefault(value.name, []).append("".join(line.text for line in value.lines))
                for line in value.lines:
                    left, top, right, bottom = line.box
                    assert -0.3 <= left < right <= page.width + 0.3, value.name
                    assert -0.3 <= top < bottom <= page.height + 0.3, value.name
                    points = [edge * 72 / 25.4 for edge in line.box]
                    inside = text.get_text_bounded(
                        points[0] - 1, high - points[3] - 1, points[2] + 1, high - points[1] + 1
                    )
                    assert bare(line.text) in bare(inside), value.name
                    boxes.append((top, line.box, value.name))
            _apart(sorted(boxes))
    for key, value in wanted.items():
        assert bare(value) in {bare(one) for one in shown.get(key, ())}, key


def _apart(boxes):
    """No two lines share a third of their height and as much width."""
    for place, (_, one, name) in enumerate(boxes):
        for top, other, beside in boxes[place + 1 :]:
            if top >= one[3]:
                break
            high = min(one[3], other[3]) - max(one[1], other[1])
            wide = min(one[2], other[2]) - max(one[0], other[0])
            least = min(one[3] - one[1], other[3] - other[1])
            assert not (high > 0.4 * least and wide > 0.4 * least), (name, beside)


def print_with(printer, form, values):
    order = trial.order(form, form.template.read_bytes(), values)
    paper = printer.print(order)
    proved(order, paper)
    return paper


@EVERY
def test_each_field_at_its_longest(printer, form):
    """A few fields of a form at a time, each alone where they are too much together."""
    for group in groups(form):
        try:
            print_with(printer, form, {key: text for _, case in group for key, text in case.items()})
        except DoesNotFit:
            for name, case in group:
                try:
                    print_with(printer, form, case)
                except DoesNotFit:
                    pytest.fail(f"{form.name}: {name} of {max(map(len, case.values()))} characters")


def values_of(form):
    """A strategy: every text of a form of any length up to a long one, codes of any word."""
    drawn = {}
    for name, case in cases(form):
        ((key, most),) = case.items()
        field = form.field(key)
        if field.type == "code":
            words = [code for code in (field.words or CODE_SETS[field.code_set].words) if code]
            if field.code_set not in {"stage", "grade"} and name not in _asked(form):
                drawn[key] = st.sampled_from(sorted(words))
        elif field.type in {"string", "text"} and field.format is None:
            long = max(1, round(field.max * REALISTIC))
            texts = st.text(LETTERS, min_size=1, max_size=long).map(str.strip)
            drawn[key] = texts.filter(bool)
        else:
            drawn[key] = st.just(most) if field.source != "office" else st.nothing()
    drawn = {key: value for key, value in drawn.items() if not value.is_empty}
    return st.fixed_dictionaries({}, optional=drawn)


def _asked(form):
    """Fields that a block's condition asks for: another word is another paper."""
    return {name for block in form.blocks if block.when for name in block.when.replace("=", " ").split()}


@EVERY
@settings(
    max_examples=3,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # shrinking a paper takes minutes and says no more
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_long_papers_of_all_kinds(printer, form, data):
    """All fields of any length up to half of their longest, rare characters among them: whole on the paper."""
    print_with(printer, form, data.draw(values_of(form)))


KNOWN = [
    *("diploma_primary", "diploma_junior", "diploma_senior"),
    *("academic_record_certificate", "completion_certificate", "incomplete_certificate"),
    *("transfer_application", "student_info"),
]


@pytest.mark.parametrize("name", KNOWN)
def test_all_fields_at_their_longest_together(printer, name):
    """Whatever the rules let through fits on the papers that are issued most: smaller, with closer lines."""
    form = FORMS[name]
    print_with(printer, form, {key: text for _, case in cases(form) for key, text in case.items()})


ENDLESS = [form for form in FORMS.values() if form.pages == 0]


@pytest.mark.parametrize("form", ENDLESS, ids=[form.name for form in ENDLESS])
def test_a_paper_of_many_long_rows(printer, form):
    """Forty rows, every seventh of them with long names: several pages, every cell whole, a code on each."""
    order = trial.many_rows(trial.order(form, form.template.read_bytes()))
    long = {
        key: longest(form, key)[:24]
        for key in order.data
        if "." in key
        and int(key.split(".")[1]) % 7 == 0
        and form.field(key).type == "string"
        and not form.field(key).format
    }
    whole = replace(order, data={**order.data, **long})
    paper = printer.print(whole)
    proved(whole, paper)
    assert paper.pages > 1
    assert all(len(page.codes) == 1 and len(page.fiducials) == 4 for page in paper.layout.pages)


def test_the_longest_is_legal_and_long():
    """As many characters as `max` allows, the longest words of a code set, the longest day; none of a photo."""
    form = FORMS["transfer_application"]
    assert len(longest(form, "reason")) == form.field("reason").max
    assert len(longest(form, "student_name")) == form.field("student_name").max
    assert len(longest(form, "student_no")) == 19
    assert longest(form, "birth_date") == "2027-12-31"
    words = CODE_SETS["id_type"].words
    assert len(words[longest(form, "id_type")]) == max(map(len, words.values()))
    assert longest(FORMS["diploma_senior"], "photo") == ""


def test_what_does_not_fit_is_refused_and_not_cut(printer):
    """A text beyond every legal length is refused by name, never printed in part."""
    form = FORMS["diploma_junior"]
    order = trial.order(form, form.template.read_bytes())
    with pytest.raises(DoesNotFit) as refusal:
        printer.print(replace(order, data={**order.data, "school_name": "黎城县第三中学校" * 60}))
    assert "school_name" in refusal.value.names
