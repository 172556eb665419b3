"""The hostile set: every file by name, how it is made, and the answers that are right for it.

python -m tests.specimens.hostile.museum FOLDER     writes them all
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.specimens import make
from tests.specimens.hostile import pdfs, pictures


@dataclass(frozen=True)
class Specimen:
    """A file and its right answers: `415 unknown_type` at once, or after 202 what became of the scan.

    `failed …` is set aside with a reason while it is decoded, `done` is a picture that names no paper of ours. Where two
    are right, it is the library's version that decides.
    """

    name: str
    make: Callable[[], bytes]
    answers: frozenset[str]


def _set(*rows):
    return {name: Specimen(name, making, frozenset(answers.split(" | "))) for name, making, answers in rows}


LETTERS = "这是一份说明，不是扫描件。\n" * 40
STOPPED = "failed decoder_limit"
DONE = "done"
TEXT = "415 unknown_type"
BROKEN = "422 damaged"
POLYGLOT = "422 polyglot"
LARGE = "422 too_many_pixels"

WRONG = _set(
    ("empty.pdf", lambda: b"", "422 empty"),
    ("text.pdf", LETTERS.encode, TEXT),
    ("program.jpg", lambda: b"MZ\x90\x00" + bytes(300), TEXT),
    ("elf.png", lambda: b"\x7fELF" + bytes(300), TEXT),
    ("page.html", lambda: b"<html><body>hello</body></html>", TEXT),
    ("drawing.svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", TEXT),
    ("letter.docx", lambda: b"PK\x03\x04" + bytes(300), TEXT),
    ("paper.ofd", lambda: b"PK\x03\x04" + b"OFD.xml" + bytes(300), TEXT),
    ("moving.gif", lambda: b"GIF89a" + bytes(300), TEXT),
    ("bitmap.bmp", lambda: b"BM" + bytes(300), TEXT),
    ("picture.webp", lambda: b"RIFF\0\0\1\0WEBPVP8 " + bytes(300), TEXT),
    ("picture.avif", lambda: b"\0\0\0\x20ftypavif" + bytes(300), TEXT),
    ("film.mp4", lambda: b"\0\0\0\x20ftypisom" + bytes(300), TEXT),
    ("letter.ps", lambda: b"%!PS-Adobe-3.0\n(/etc/passwd) run\n", TEXT),
    ("noise.bin", pictures.noise, TEXT),
    ("magic.png", lambda: pictures.PNG_MAGIC, "422 truncated"),
    ("magic.jpg", lambda: b"\xff\xd8\xff", "422 truncated"),
    ("magic.tif", lambda: b"II*\0", BROKEN),
    ("magic.pdf", lambda: b"%PDF-1.7", "422 truncated"),
    ("hollow.pdf", lambda: b"%PDF-1.7\nnothing at all\n%%EOF\n", BROKEN),
    ("cut.pdf", lambda: make.pdf()[:-60], "422 truncated"),
    ("cut.jpg", make.truncated_jpeg, "422 truncated"),
    ("cut.png", make.truncated_png, "422 truncated"),
    ("cut.tif", lambda: make.image("tiff")[:-400], "failed truncated | failed damaged"),
    ("cut.heic", lambda: make.image("heic")[:-200], "422 truncated"),
    ("zeros.jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(200), BROKEN),
    ("noise.png", make.damaged_png, "failed damaged"),
)
TWO_AT_ONCE = _set(
    ("html-before.pdf", make.web_page_before_pdf, POLYGLOT),
    ("html-inside.pdf", make.pdf_with_web_page, POLYGLOT),
    ("html-behind.pdf", lambda: make.pdf() + b"<html><script>alert(1)</script></html>", POLYGLOT),
    ("zip-behind.pdf", make.pdf_and_zip, POLYGLOT),
    ("junk-before.pdf", lambda: pdfs.behind(b"\0\0 junk before "), POLYGLOT),
    (
        "pdf-in-comment.jpg",
        lambda: make.image("jpeg")[:2] + b"\xff\xfe\0\x20%PDF-1.7" + bytes(22) + make.image("jpeg")[2:],
        POLYGLOT,
    ),
    (
        "script-in-text.png",
        lambda: pictures.png(2, 2, b"", extra=pictures.chunk(b"tEXt", b"a\0<script>alert(1)</script>")),
        POLYGLOT,
    ),
    ("zip-behind.jpg", lambda: make.image("jpeg") + b"PK\x05\x06" + bytes(18), POLYGLOT),
    ("zip-behind.tif", lambda: make.image("tiff") + b"PK\x05\x06" + bytes(18), POLYGLOT),
)
ODD = _set(
    ("16-bit.png", lambda: make.sixteen_bit("png"), DONE),
    ("16-bit.tif", lambda: make.sixteen_bit("tiff"), DONE),
    ("16-bit-colour.png", pictures.sixteen_bit_colour_png, DONE),
    ("cmyk.jpg", lambda: make.image("jpeg", "CMYK"), DONE),
    ("cmyk.tif", lambda: make.image("tiff", "CMYK"), DONE),
    ("turned.jpg", make.rotated_jpeg, DONE),
    ("alpha.png", lambda: make.image("png", "RGBA"), DONE),
    ("palette.png", lambda: make.image("png", "P"), DONE),
    ("bits.png", lambda: make.image("png", "1"), DONE),
    ("frames.png", pictures.many_frames_png, DONE),
    ("looping-exif.jpg", pictures.looping_exif_jpeg, DONE),
    ("large.jpg", make.large_scan, DONE),
    ("fax.tif", lambda: pictures.fax_stack_tiff(1), DONE),
    ("flat.heic", pictures.flat_heic, DONE),
)
PICTURES = _set(
    ("30000x30000.png", make.huge_png, LARGE),
    ("2147483647.png", lambda: pictures.png(2**31 - 1, 2**31 - 1, b"x"), LARGE),
    ("nothing.png", lambda: pictures.png(0, 0, b"x"), BROKEN),
    ("flat-colour.png", lambda: pictures.flat_png(7016, 9921), DONE),
    ("flat-palette.png", lambda: pictures.flat_png(7016, 9921, colour=3), DONE),
    ("flat-16-gray.png", lambda: pictures.flat_png(7016, 9921, bits=16, colour=0), DONE),
    ("flat-16-alpha.png", lambda: pictures.flat_png(7016, 9921, bits=16, colour=6), LARGE),
    ("interlaced.png", lambda: pictures.flat_png(7016, 9921, colour=0, interlace=1), DONE),
    ("line.png", lambda: pictures.flat_png(70_000_000, 1, colour=0), LARGE),
    ("column.png", lambda: pictures.flat_png(1, 70_000_000, colour=0), LARGE),
    ("profile-bomb.png", lambda: pictures.text_bomb_png("iCCP"), f"{BROKEN} | {DONE}"),
    ("text-bomb.png", lambda: pictures.text_bomb_png("zTXt"), f"{BROKEN} | {DONE}"),
    ("letter-bomb.png", lambda: pictures.text_bomb_png("iTXt"), f"{BROKEN} | {DONE}"),
    ("notes.png", pictures.many_notes_png, "422 decoder_limit"),
    ("overfull.png", pictures.overfull_png, DONE),
    ("65535x65535.jpg", lambda: pictures.jpeg_said_to_be(65535, 65535), LARGE),
    (
        "larger-than-it-is.jpg",
        lambda: pictures.jpeg_said_to_be(8800, 8800),
        f"{DONE} | failed damaged | failed truncated",
    ),
    ("no-lines.jpg", lambda: pictures.jpeg_said_to_be(620, 0), BROKEN),
    ("3000-scans.jpg", pictures.many_scans_jpeg, "422 decoder_limit"),
    ("60-scans.jpg", lambda: pictures.many_scans_jpeg(60), "422 decoder_limit"),
    ("segments.jpg", pictures.many_segments_jpeg, "422 decoder_limit"),
    ("filled.jpg", pictures.filled_jpeg, "422 decoder_limit"),
    ("60000x60000.tif", lambda: pictures.gray_tiff(60_000, 60_000, b"x"), LARGE),
    ("flat.tif", pictures.flat_tiff, DONE),
    ("80-pages.tif", make.many_frames_tiff, "413 too_many_pages"),
    ("looping.tif", pictures.looping_tiff, BROKEN),
    ("endless.tif", pictures.endless_tiff, "413 too_many_pages"),
    ("strips.tif", pictures.many_strips_tiff, "422 decoder_limit"),
    ("tiles.tif", pictures.small_tiles_tiff, "422 decoder_limit"),
    ("samples.tif", pictures.many_samples_tiff, BROKEN),
    ("60000x60000.heic", lambda: pictures.heic_said_to_be(60_000, 60_000), f"{LARGE} | failed damaged"),
    ("larger-than-it-is.heic", lambda: pictures.heic_said_to_be(6000, 6000), f"{BROKEN} | failed damaged"),
    ("boxes.heic", pictures.nested_boxes_heic, BROKEN),
    ("items.heic", pictures.many_items_heic, BROKEN),
)
PDFS = _set(
    ("locked.pdf", lambda: make.encrypted_pdf("secret"), "422 encrypted_pdf"),
    ("locked-open.pdf", lambda: make.encrypted_pdf(""), "422 encrypted_pdf"),
    ("5000-pages.pdf", lambda: make.pdf(5000), "413 too_many_pages"),
    ("bomb.pdf", pdfs.bomb_pdf, STOPPED),
    ("nested-bomb.pdf", pdfs.nested_bomb_pdf, STOPPED),
    ("filters.pdf", pdfs.many_filters_pdf, DONE),
    ("lzw-bomb.pdf", pdfs.lzw_bomb_pdf, f"{STOPPED} | {DONE}"),
    ("30000x30000.pdf", pdfs.huge_image_pdf, f"{STOPPED} | {DONE}"),
    ("lying.pdf", lambda: pdfs.lying_image_pdf(b"/Width 60000 /Height 60000 /Filter /FlateDecode"), DONE),
    ("jpx.pdf", pdfs.jpx_pdf, f"{STOPPED} | {DONE}"),
    ("jbig2.pdf", pdfs.jbig2_pdf, f"{STOPPED} | {DONE}"),
    ("fax.pdf", pdfs.fax_pdf, f"{STOPPED} | {DONE}"),
    ("pictures.pdf", pdfs.many_images_pdf, STOPPED),
    ("objects-bomb.pdf", pdfs.object_stream_bomb_pdf, f"422 decoder_limit | {BROKEN} | {DONE}"),
    ("table-bomb.pdf", pdfs.xref_stream_bomb_pdf, f"422 decoder_limit | {BROKEN}"),
    ("table-loop.pdf", pdfs.self_xref_pdf, f"{BROKEN} | {DONE}"),
    ("hybrid-loop.pdf", lambda: pdfs.self_xref_pdf(b"/XRefStm"), f"{BROKEN} | {DONE}"),
    ("tables.pdf", pdfs.long_prev_pdf, f"{BROKEN} | {DONE} | 422 decoder_limit"),
    ("huge-table.pdf", pdfs.huge_table_pdf, f"{BROKEN} | {DONE}"),
    (
        "tree-loop.pdf",
        lambda: pdfs.tree_pdf(b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
        f"{BROKEN} | failed damaged",
    ),
    (
        "tree-count.pdf",
        lambda: pdfs.tree_pdf(b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>"),
        f"{BROKEN} | {DONE} | 413 too_many_pages",
    ),
    ("tree-deep.pdf", pdfs.endless_tree_pdf, f"{BROKEN} | failed damaged"),
    ("tree-wide.pdf", pdfs.branching_tree_pdf, f"{BROKEN} | {DONE} | {STOPPED}"),
    ("nested.pdf", pdfs.nested_pdf, f"{BROKEN} | {DONE}"),
    ("nested-drawing.pdf", pdfs.nested_drawing_pdf, f"{STOPPED} | {DONE}"),
    ("draws-itself.pdf", pdfs.self_drawing_pdf, f"{STOPPED} | {DONE}"),
    ("endless.pdf", make.endless_page_pdf, STOPPED),
    ("pattern-loop.pdf", pdfs.self_pattern_pdf, STOPPED),
    ("patterns.pdf", pdfs.branching_pattern_pdf, STOPPED),
    ("letters-of-letters.pdf", pdfs.type3_pdf, f"{STOPPED} | {DONE}"),
    ("masks.pdf", pdfs.soft_mask_pdf, f"{STOPPED} | {DONE}"),
    ("paths.pdf", pdfs.many_paths_pdf, STOPPED),
    ("corners.pdf", pdfs.one_path_pdf, f"{STOPPED} | {DONE}"),
    ("dashes.pdf", pdfs.fine_dashes_pdf, f"{STOPPED} | {DONE}"),
    ("shading.pdf", pdfs.shading_pdf, STOPPED),
    ("letters.pdf", pdfs.many_letters_pdf, f"{STOPPED} | {DONE}"),
    ("huge-page.pdf", lambda: pdfs.box_pdf(b"0 0 1000000000 1000000000"), f"{DONE} | failed damaged"),
    ("no-page.pdf", lambda: pdfs.box_pdf(b"0 0 0 0"), DONE),
    ("thin-page.pdf", lambda: pdfs.box_pdf(b"0 0 100000000 1"), "failed too_many_pixels"),
    ("columns.pdf", pdfs.predictor_pdf, DONE),
)
ACTIVE = _set(
    ("javascript.pdf", pdfs.javascript_pdf, DONE),
    ("launch.pdf", pdfs.launch_pdf, DONE),
    ("embedded-file.pdf", pdfs.embedded_file_pdf, DONE),
    ("xfa.pdf", pdfs.xfa_pdf, DONE),
    ("external.pdf", pdfs.external_pdf, DONE),
)
MUSEUM = {**WRONG, **TWO_AT_ONCE, **ODD, **PICTURES, **PDFS, **ACTIVE}


def main(folder):
    """Write every file of the set into a folder."""
    for specimen in MUSEUM.values():
        (folder / specimen.name).write_bytes(specimen.make())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
