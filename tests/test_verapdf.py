"""Every kind of paper is PDF/A-2b in the eyes of veraPDF, and veraPDF refuses copies that were broken on purpose."""

import hashlib
import io
from dataclasses import replace

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import BooleanObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from templates import blank, code, overprint, pdfa
from templates.catalogue import SHEETS, Catalogue, load_form
from templates.errors import PdfRefused
from templates.lint import trial
from templates.order import MarkAt, Order, TemplateSource
from tests.validator import validator

FORMS = Catalogue.load().forms
MET_TWICE = 3  # prints after which every paper of one page is stamped, even one on which a row grows
RARE = "郝一㛃𠮷"  # set in two fonts, one of them for this word alone


def example(name, **changes):
    """A form's example with all its pictures."""
    form = FORMS[name]
    return trial.order(form, form.template.read_bytes(), changes)


def without_photos(name):
    asked = example(name)
    data = {key: value for key, value in asked.data.items() if key not in asked.photos}
    return replace(asked, data=data, photos={})


def on_blank(name):
    """The example printed over the shipped pre-printed blank."""
    form, sheet = FORMS[name], blank.default(name)
    picture = next(iter(example(name).photos.values()))
    kinds = {block.id: "seal" if block.seal_box else "sign" for block in form.blocks}
    return Order(
        form=sheet.form_on(form),
        data={**form.example_data(), "photo": hashlib.sha256(picture).hexdigest()},
        serial=trial.SERIAL,
        codes=lambda pages: [trial.CODE_TEXT] * pages,
        photos={"photo": picture},
        template=TemplateSource(overprint.template(sheet), sheet.hash),
        mark_places=tuple(MarkAt(mark, kinds[mark], box) for mark, box in sheet.mark_places().items()),
        rooms=sheet.rooms(),
    )


def ledger():
    """The ledger of a number block: a working sheet, no paper of the catalogue."""
    form = load_form(SHEETS / "number_ledger")
    return trial.order(form, form.template.read_bytes())


DIPLOMAS = [name for name in FORMS if name.startswith("diploma_") and FORMS[name].kind == "certificate"]
ORDERS = {
    **{name: lambda name=name: example(name) for name in FORMS},
    **{f"{name} without photo": lambda name=name: without_photos(name) for name in DIPLOMAS},
    **{f"{name} on its blank": lambda name=name: on_blank(name) for name in DIPLOMAS},
    "diploma_junior with a rare name": lambda: example("diploma_junior", student_name=RARE),
    "class_roster of many pages": lambda: trial.many_rows(example("class_roster")),
    "number_ledger": ledger,
}
CONVERTED = {"diploma_junior with a rare name", "class_roster of many pages", "number_ledger"}
STAMPED = [name for name in ORDERS if name not in CONVERTED and FORMS[name.split()[0]].pages == 1]
IN_EVERY_TIER = pytest.mark.parametrize(
    ("tier", "name"),
    [
        pytest.param(tier, name, id=f"{tier} {name}")
        for tier, names in ((1, STAMPED), (2, ORDERS))
        for name in names
    ],
)


@pytest.fixture(scope="session")
def validate(tmp_path_factory):
    """Bytes of a PDF in, broken rules out."""
    with validator(tmp_path_factory.mktemp("verapdf")) as asked:
        yield asked


@pytest.fixture(scope="module")
def papers(printer, slow_printer):
    """Each paper in each tier, printed when first asked for."""
    printers, made = {1: printer, 2: slow_printer}, {}

    def paper(tier, name):
        if (tier, name) not in made:
            times = MET_TWICE if tier == 1 else 1
            made[tier, name] = [printers[tier].print(ORDERS[name]()) for _ in range(times)][-1]
        return made[tier, name]

    return paper


@IN_EVERY_TIER
def test_it_is_an_archive_copy(papers, validate, tier, name):
    """No rule of PDF/A-2b is broken, in the tier it was asked of."""
    paper = papers(tier, name)
    assert paper.tier == tier
    assert validate(paper.pdf) == []


@IN_EVERY_TIER
def test_its_codes_are_pictures_of_one_bit(papers, tier, name):
    """Each page draws its own code as black and white, one bit for each pixel."""
    paper = papers(tier, name)
    for page, text in zip(PdfReader(io.BytesIO(paper.pdf)).pages, paper.codes, strict=True):
        drawn = page.get_contents().get_data()
        wanted = code.draw(text) if tier == 2 else code.quick(text)
        pixels = wanted.pixels if tier == 2 else (wanted.side, wanted.side)
        pictures = page["/Resources"]["/XObject"].items()
        shown = [item.get_object() for key, item in pictures if key.encode() + b" Do" in drawn]
        (picture,) = [item for item in shown if (item["/Width"], item["/Height"]) == pixels]
        assert (picture["/BitsPerComponent"], picture["/ColorSpace"]) == (1, "/DeviceGray")
        assert picture.get_data() == wanted.bits


def test_some_papers_have_several_pages(papers):
    """Else a later page was never looked at."""
    assert papers(2, "class_roster of many pages").pages > 2
    assert papers(2, "student_info").pages == 2


def fonts(writer):
    return writer.pages[0]["/Resources"]["/Font"]


def not_embedded(writer):
    descriptor = fonts(writer)["/F1"]["/FontDescriptor"]
    for key in [key for key in descriptor if key.startswith("/FontFile")]:
        del descriptor[key]


def wrong_width(writer):
    widths = fonts(writer)["/F1"]["/Widths"]
    widths[1] = NumberObject(widths[1] + 100)


def other_font(writer):
    """A font program of no font at all."""
    descriptor = fonts(writer)["/F1"]["/FontDescriptor"]
    key = next(key for key in descriptor if key.startswith("/FontFile"))
    descriptor[key].get_object().set_data(b"nothing of a font")


def script(writer):
    action = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.beep()")}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject(key): value for key, value in action.items()}
    )


def unclaimed(writer):
    xmp = writer.root_object["/Metadata"].get_object()
    xmp.set_data(xmp.get_data().replace(b"pdfaid:part>2", b"pdfaid:part>7"))


def picture(writer):
    return next(iter(writer.pages[0]["/Resources"]["/XObject"].values())).get_object()


def of_four_inks(writer):
    picture(writer)[NameObject("/ColorSpace")] = NameObject("/DeviceCMYK")


def smoothed(writer):
    picture(writer)[NameObject("/Interpolate")] = BooleanObject(True)


# What is done to a copy, and the clause of ISO 19005-2 that it breaks.
BREAKS = {
    "output intent": (lambda writer: writer.root_object.pop("/OutputIntents"), "6.2.4.3"),
    "font not embedded": (not_embedded, "6.2.11.4.1"),
    "wrong width": (wrong_width, "6.2.11.5"),
    "broken font": (other_font, "6.2.11.4.1"),
    "script": (script, "6.5.1"),
    "metadata": (lambda writer: writer.root_object.pop("/Metadata"), "6.6.2.1"),
    "claim": (unclaimed, "6.6.4"),
    "picture of four inks": (of_four_inks, "6.2.4.3"),
    "smoothed picture": (smoothed, "6.2.8"),
    "no mark of the file": (lambda writer: setattr(writer, "_ID", None), "6.1.3"),
    "encrypted": (lambda writer: writer.encrypt("", "owner"), "6.1.3"),
}


INSIDE = {"wrong width", "broken font"}  # seen by who reads the font itself: veraPDF


def broken(pdf, harm):
    """A copy, written by pypdf, that is harmed."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    harm(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def unharmed(writer):
    pass


def test_a_copy_is_as_good(papers, validate):
    """What is refused below is refused for its harm, not for having been written by pypdf."""
    assert validate(broken(papers(2, "diploma_junior").pdf, unharmed)) == []


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_copy_is_refused(papers, validate, name):
    """Each harm breaks the clause that speaks of it."""
    harm, clause = BREAKS[name]
    assert clause in {rule.clause for rule in validate(broken(papers(2, "diploma_junior").pdf, harm))}


@pytest.mark.parametrize("name", [name for name in BREAKS if name not in INSIDE])
def test_our_own_check_refuses_it_too(papers, name):
    """What every paper is asked before it is issued needs no Java, and lets none of these pass."""
    with pytest.raises(PdfRefused):
        pdfa.check(broken(papers(2, "diploma_junior").pdf, BREAKS[name][0]))
