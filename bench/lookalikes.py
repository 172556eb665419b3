"""Derives intake/lookalikes.txt: which letters look like each letter of GB 2312, in the font that values are set in.

    python bench/lookalikes.py

Each letter is drawn, blurred as a soft photo is, and correlated with all others; the nearest few are kept, and those
that the bench's forgers take for each other; then the nearest variants beyond GB 2312 (囯, 髙), which are other letters to a
register. Such a one that the font draws alike (巿 for 市) is not told from it by anybody.
"""

from pathlib import Path

import changing
import cv2
import numpy as np
from fontTools.ttLib import TTFont
from measuring import ROOT
from PIL import Image, ImageDraw, ImageFont

from templates.fonts import KAI, Fonts

TABLE = ROOT / "intake" / "lookalikes.txt"
EM, AIR, BLUR = 48, 4, 2.0  # pixels
ALIKE = 0.90  # correlation: 人 and 入 have 0.91, 第 and 笫 0.94; at 0.86 a page takes four times as long
FORGED = 0.80  # the same of pairs that forgers choose: 日 and 曰 have 0.86
MOST = 3  # of one letter: more cost time and are less alike
VARIANT = (
    0.94,
    0.985,
)  # correlation of variants with their letter: 強 has 0.94, 查 and 査 0.987, 市 and 巿 0.999
VARIANTS = 2  # of one letter
HANZI = range(0x4E00, 0x9FA6)


def main() -> None:
    """Draw, compare, write."""
    file = Fonts.find(ROOT / "data" / "fonts").files[KAI.files[0]]
    face, known = ImageFont.truetype(str(file), EM), TTFont(file, lazy=True).getBestCmap()
    letters = [chr(code) for code in HANZI if _common(chr(code))]
    others = [chr(code) for code in HANZI if not _common(chr(code)) and code in known]
    drawn, beyond = _all_drawn(letters, face), _all_drawn(others, face)
    rows = []
    for letter, likeness, variants in zip(letters, drawn @ drawn.T, drawn @ beyond.T, strict=True):
        nearest = [k for k in np.argsort(-likeness)[: MOST + 1] if letters[k] != letter][:MOST]
        alike = "".join(letters[k] for k in nearest if likeness[k] >= _least(letter, letters[k]))
        least, most = VARIANT
        near = [k for k in np.argsort(-variants) if least <= variants[k] <= most]
        alike += "".join(others[k] for k in near[:VARIANTS])
        rows += [letter + alike] if alike else []
    Path(TABLE).write_text("\n".join(rows) + "\n", "utf-8")
    print(f"{len(rows)} letters of {len(letters)}")


def _least(letter: str, other: str) -> float:
    return FORGED if any(letter in group and other in group for group in changing.ALIKE) else ALIKE


def _common(letter: str) -> bool:
    """GB 2312 holds the letters people write."""
    try:
        return len(letter.encode("gb2312")) == 2
    except UnicodeEncodeError:
        return False


def _all_drawn(letters: list[str], face: ImageFont.FreeTypeFont) -> np.ndarray:
    """Draw letters as vectors whose products are their correlations."""
    drawn = np.array([_drawn(letter, face) for letter in letters])
    drawn -= drawn.mean(axis=1, keepdims=True)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def _drawn(letter: str, face: ImageFont.FreeTypeFont) -> np.ndarray:
    picture = Image.new("L", (EM + 2 * AIR, EM + 2 * AIR))
    ImageDraw.Draw(picture).text((AIR, AIR + EM * 0.85), letter, fill=255, font=face, anchor="ls")
    return cv2.GaussianBlur(np.asarray(picture, np.float32), (0, 0), BLUR)[::2, ::2].ravel()


if __name__ == "__main__":
    main()
