"""What differs on a page outside its values: print erased, changed or added, and another person's photo."""

from collections import Counter

from intake.reading import LayoutPage, PageImage, Pixels, Registered, SurfaceFinding
from intake.recognise import Recogniser
from intake.reference import Printed
from intake.surface import photo
from intake.surface.ground import Ground
from intake.surface.wording import changes, is_foreign
from intake.surface.words import own_words

__all__ = ["differences", "other_paper"]

MID_GRAY = (40, 215)
BILEVEL_SHARE = (
    0.004  # of the pixels between black and white: gray scans have 2 % and more, 1-bit copies none
)


def differences(
    page: PageImage, flat: Registered, printed: Printed, layout_page: LayoutPage, recogniser: Recogniser
) -> tuple[SurfaceFinding, ...]:
    """Compare a registered page with its archived picture place by place; nothing is told of what is alike."""
    bilevel = is_bilevel(page.pixels)
    words = own_words(printed.glyphs, layout_page)
    found = []
    times: Counter[str] = Counter()
    for change in changes(Ground.of(flat, printed.pixels), words, recogniser, bilevel=bilevel):
        word = change.word
        times[word.text] += 1
        where = word.text if times[word.text] == 1 else f"{word.text}#{times[word.text]}"
        found.append(
            SurfaceFinding(
                change.kind,
                change.result,
                where,
                flat.on_scan(word.box),
                change.amount,
                change.confidence,
            )
        )
    for place in layout_page.get("photos", ()):
        result, unlike = photo.judged(flat, printed.pixels, place["box"], bilevel=bilevel)
        if result is not None:
            box = flat.on_scan(place["box"])
            sure = 0.9 if result == "altered" else 0.0
            found.append(SurfaceFinding("photo", result, place["name"], box, unlike, sure))
    return tuple(found)


def other_paper(flat: Registered, printed: Printed, layout_page: LayoutPage) -> tuple[SurfaceFinding, ...]:
    """Look at a page that cannot be judged: not because it is badly scanned, but because it prints something else."""
    words = own_words(printed.glyphs, layout_page)
    if not is_foreign(Ground.of(flat, printed.pixels), words):
        return ()
    whole = (0.0, 0.0, float(layout_page["width"]), float(layout_page["height"]))
    return (SurfaceFinding("other_paper", "unclear", "", flat.on_scan(whole), 1.0, 0.5),)


def is_bilevel(pixels: Pixels) -> bool:
    """Tell whether a scan (BGR, as it came) knows black and white only."""
    sample = pixels[::5, ::5, 1]
    return bool(((sample > MID_GRAY[0]) & (sample < MID_GRAY[1])).mean() < BILEVEL_SHARE)
