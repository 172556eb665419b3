"""`make gallery`: every form's example as PDF and PNG in data/gallery, and one contact sheet per group in docs/gallery."""

import sys
from pathlib import Path

import papers
import pypdfium2
from PIL import Image, ImageDraw, ImageFont

from templates.catalogue import Form
from templates.fonts import SONG, Fonts

ROOT = Path(__file__).resolve().parent.parent
PRINTED = ROOT / "data" / "gallery"
SHEETS = ROOT / "docs" / "gallery"
GROUPS = {
    "certificates": "证书与证明",
    "applications": "申请表",
    "reports": "报告、报批与登记",
    "registers": "学校登记表与花名册",
}
COLUMNS = 4
CELL = (330, 330)  # pixels of one thumbnail's place: text is recognisable, the file stays small
GAP, LABEL, EDGE = 14, 44, 8
GROUND = "#e8e8e8"
PALETTE = 48  # colours of a contact sheet: black, grays and the gold of the certificates
SCALE = 150 / 72


def group(form: Form) -> str:
    """Which contact sheet a form stands on."""
    if form.kind == "certificate":
        return "certificates"
    if form.subject in {"school", "unit"} and form.kind != "form":
        return "registers"
    return "applications" if form.kind == "form" else "reports"


def thumbnail(pdf: Path) -> Image.Image:
    """The first page, small; a paper of several pages shows its last one behind it."""
    with pypdfium2.PdfDocument(pdf) as document:
        shown = [document[0].render(scale=SCALE).to_pil()]
        if len(document) > 1:
            shown.append(document[len(document) - 1].render(scale=SCALE).to_pil())
    shown[0].save(pdf.with_suffix(".png"))
    shift = 18 if len(shown) > 1 else 0
    for page in shown:
        page.thumbnail((CELL[0] - shift, CELL[1] - shift), Image.Resampling.LANCZOS)
    place = Image.new("RGB", (shown[0].width + shift, shown[0].height + shift), GROUND)
    for step, page in reversed(list(enumerate(shown))):
        left = top = step * shift
        place.paste(page, (left, top))
        ImageDraw.Draw(place).rectangle(
            (left, top, left + page.width - 1, top + page.height - 1), outline="#909090"
        )
    return place


def contact_sheet(shown: list[tuple[str, Image.Image]], font: ImageFont.FreeTypeFont) -> Image.Image:
    """Thumbnails in rows of four with the title below each."""
    rows = -(-len(shown) // COLUMNS)
    high = max(picture.height for _, picture in shown) + 2 * EDGE
    step = (CELL[0] + 2 * EDGE + GAP, high + LABEL)
    sheet = Image.new("RGB", (GAP + COLUMNS * step[0], GAP + rows * step[1]), "white")
    pen = ImageDraw.Draw(sheet)
    for number, (title, picture) in enumerate(shown):
        x, y = GAP + number % COLUMNS * step[0], GAP + number // COLUMNS * step[1]
        sheet.paste(GROUND, (x, y, x + step[0] - GAP, y + high))
        sheet.paste(picture, (x + (step[0] - GAP - picture.width) // 2, y + (high - picture.height) // 2))
        pen.text((x + (step[0] - GAP) / 2, y + high + 6), title, fill="black", font=font, anchor="ma")
    return sheet


def main() -> int:
    """Print everything, draw everything; prints one line for each paper."""
    PRINTED.mkdir(parents=True, exist_ok=True)
    SHEETS.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[tuple[str, Image.Image]]] = {name: [] for name in GROUPS}
    with papers.press() as press:
        font = ImageFont.truetype(Fonts.find(PRINTED / "fonts").files[SONG.files[0]], 17, index=SONG.face)
        for form in sorted(press.catalogue.forms.values(), key=lambda form: form.code):
            paper = press.print(form)
            pdf = PRINTED / f"{form.name}.pdf"
            pdf.write_bytes(paper.pdf)
            groups[group(form)].append((form.title, thumbnail(pdf)))
            print(f"{form.name}  {form.title}  {paper.pages} 页  {len(paper.pdf) // 1024} KB", flush=True)
    for name, shown in groups.items():
        if shown:
            sheet = contact_sheet(shown, font)
            sheet.quantize(PALETTE).save(SHEETS / f"{name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
