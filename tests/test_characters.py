"""Names that really occur: long, dotted, Latin, rare; what cannot be shown truly is refused by name."""

import io

import pytest
from pypdf import PdfReader

from templates.characters import clean
from templates.errors import GlyphMissing, ValueRefused
from templates.fonts import KAI, RARE, SONG
from templates.render import Order
from templates.wording import printed

SERIAL = "7K2M9QX4TB5DR"
# 通用规范汉字表 beyond the basic block, then plain GB 18030-2022 level 3; by the font that shows them.
BY_FONT = {
    KAI.name: "㛃䶮𬱖𬭬𫓧𠅤䲟鿍",
    SONG.name: "㒥䢮𡈼",
    RARE.name: "𩽹𬭭𫝀𫠓",
}
NAMES = (
    "丁一",
    "欧阳思远",
    "阿依古丽·麦麦提",
    "阿卜杜热合曼·买买提依明江·图尔荪尼亚孜·伊敏",  # 24 with its dots
    "Jean-Baptiste O'Neill",
    "Zoë Müller-Łukasz",
    "尼玛次仁",
    "郝一㛃",
    "万俟䶮𬱖",
    "南𩽹宫䢮",
)


@pytest.fixture(scope="module")
def diploma(catalogue):
    return catalogue.get("diploma_junior")


def paper_of(printer, form, name):
    return printer.print(
        Order(
            form,
            {**form.example_data(), "student_name": name},
            SERIAL,
            lambda pages: ["HTTPS://YINZHENG.EXAMPLE/V/" + "A2B3C4D5" * 19] * pages,
        )
    )


@pytest.mark.parametrize("name", NAMES)
def test_names_that_occur_are_printed_whole(either, diploma, name):
    """Verbatim, once per place, on the one page, never smaller than can be read."""
    assert 2 <= len(name) <= 24
    paper = paper_of(either, diploma, name)
    values = [value for value in paper.layout.pages[0].values if value.name == "student_name"]
    assert values
    for value in values:
        assert "".join(line.text for line in value.lines).replace(" ", "") == name.replace(" ", "")
        assert value.size_pt >= 6.5


@pytest.mark.parametrize("family", BY_FONT)
def test_rare_characters_are_drawn_by_a_pinned_font_that_has_them(printer, diploma, fonts, family):
    """Kai first, then Song, then the rare font: in this order and never by chance."""
    chars = BY_FONT[family]
    assert fonts.missing(chars) == ""
    assert all(fonts.has(family, char) for char in chars)
    paper = paper_of(printer, diploma, f"文{chars[:2]}勇{chars[2:]}")
    drawn = PdfReader(io.BytesIO(paper.pdf)).pages[0]
    assert f"文{chars[:2]}勇{chars[2:]}" in drawn.extract_text()
    embedded = {str(font.get_object()["/BaseFont"]) for font in drawn["/Resources"]["/Font"].values()}
    assert any("BabelStone" in name for name in embedded) is (family == RARE.name)


def test_what_no_pinned_font_has_is_refused_by_name(printer, diploma):
    """A character of extension I; the message names it with its code."""
    with pytest.raises(GlyphMissing, match=r"𮯰（U\+2EBF0）") as caught:
        paper_of(printer, diploma, "王𮯰")
    assert (caught.value.field, caught.value.chars) == ("student_name", "𮯰")


def test_an_empty_box_is_noticed_on_the_finished_page(printer, diploma, fonts, monkeypatch):
    """Were a character drawn in a font without it, the paper would not be issued."""
    monkeypatch.setattr(fonts, "special", lambda _text: {"𩽹": RARE.name})
    has = fonts.has
    monkeypatch.setattr(fonts, "has", lambda family, char: char != "𩽹" and has(family, char))
    with pytest.raises(GlyphMissing, match="U\\+29F79"):
        paper_of(printer, diploma, "南宫𩽹")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("བསྟན་འཛིན", "藏文"),
        ("ᠪᠠᠶᠠᠷ", "蒙古文"),
        ("ئابدۇللا", "维吾尔文"),
        ("ꀉꁂ", "彝文"),
        ("김민수", "朝鲜文"),
        ("สมชาย", "泰文"),
        ("ᦷᦑᦟ", "傣文"),
        ("ꓡꓲꓢꓴ", "傈僳文"),
        ("Иван", "西里尔"),
        ("さくら", "假名"),
        ("文ى", "阿拉伯字母"),
        ("๓班", "泰文"),
        ("⽂勇俊", "部首"),
        ("⿰氵宽", "拼字"),
        ("葛\U000e0100", "字形选择符"),
        ("文\u2028俊", "换行"),
        ("文\ue000", "自造字"),
        ("文\u200b俊", "不可见"),
    ],
)
def test_other_scripts_and_pieces_are_refused_with_what_to_do(diploma, text, said):
    """The text itself is not quoted."""
    with pytest.raises(ValueRefused, match=said) as caught:
        clean(diploma, "student_name", text)
    assert text not in caught.value.message_zh
    assert "请" in caught.value.message_zh


@pytest.mark.parametrize(
    "text", ["阿·伊", "O’Neill", "α班", "3号楼2-1（南）", "“好”——…", "〇", "Ⅱ型①", "ā á ǎ à"]
)
def test_punctuation_and_letters_in_use_are_let_pass(diploma, fonts, text):
    """Addresses and reasons are full of them, and the fonts have them."""
    assert clean(diploma, "student_name", text) == text
    assert fonts.missing(text) == ""


def test_dates_have_the_round_zero(printer, diploma):
    """二〇〇〇年: U+3007, in the Kai font, found on the page."""
    data = {**diploma.example_data(), "birth_date": "2009-10-20"}
    assert printed(diploma, data)["birth_date"] == "二〇〇九年十月二十日"
    text = PdfReader(io.BytesIO(paper_of(printer, diploma, "文勇俊").pdf)).pages[0].extract_text()
    assert "二〇二六年" in text
