"""What differs on a page outside its values: print erased, changed or added, and another person's photo."""

from collections import Counter

from intake.glare import Glare
from intake.quality import is_bilevel
from intake.reading import Box, LayoutPage, PageImage, Registered, SurfaceFinding
from intake.recognise import Recogniser
from intake.reference import Printed
from intake.surface import photo
from intake.surface.added import additions
from intake.surface.ground import Ground
from intake.surface.wording import changes, is_foreign
from intake.surface.words import GLUED, Word, nearest, own_words
from intake.thresholds import LETTER_LOST

__all__ = ["differences", "other_paper"]

PHOTO_MM = (26.0, 32.0)  # of every certificate of the region


def differences(
    page: PageImage, flat: Registered, printed: Printed, layout_page: LayoutPage, recogniser: Recogniser
) -> tuple[SurfaceFinding, ...]:
    """Compare a registered page with its archived picture place by place; nothing is told of what is alike."""
    bilevel = is_bilevel(page)
    ground = Ground.of(flat, printed.pixels)
    own = own_words(printed.glyphs, layout_page)
    glue = [word for word in own if GLUED in word.text]
    words = [word for word in own if word not in glue]
    found = []
    times: Counter[str] = Counter()

    def named(word: str) -> str:
        times[word] += 1
        return word if times[word] == 1 else f"{word}#{times[word]}"

    glare = Glare(flat)
    for change in changes(ground, words, recogniser, bilevel=bilevel):
        dazzled = (
            change.result == "altered" and change.kind != "other_paper" and change.amount >= LETTER_LOST
        ) and glare.over(change.word.box)
        place = flat.on_scan(change.word.box)
        found.append(
            SurfaceFinding(
                change.kind,
                "unclear" if dazzled else change.result,
                named(change.word.text),
                place,
                change.amount,
                change.confidence,
            )
        )
    frames = [_frame(word) for word in glue]
    for addition in additions(ground, printed.glyphs, layout_page, recogniser, frames):
        where = named(nearest(words, addition.box))
        found.append(
            SurfaceFinding(
                "added", "unclear", where, flat.on_scan(addition.box), 1.0, round(addition.weakest, 3)
            )
        )
    found += [
        SurfaceFinding("photo", "not_checked", GLUED, flat.on_scan(frame), 0.0, 0.0) for frame in frames
    ]
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


def _frame(word: Word) -> Box:
    """Return the box of a photo that is glued on after printing, around the word that asks for it.

    What lies there was never archived: it cannot be compared, only told to a person.
    """
    across, down = (word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2
    return (
        across - PHOTO_MM[0] / 2,
        down - PHOTO_MM[1] / 2,
        across + PHOTO_MM[0] / 2,
        down + PHOTO_MM[1] / 2,
    )
