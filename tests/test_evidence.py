"""Evidence: the kind told by its words, facts found whole or not at all, levels by the names of units; doubt goes to a person."""

import re
from datetime import date

import pytest
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.foreign import Line, PageText, Seal
from service.demo.foreign import chinese, person, specimens
from service.demo.people import id_number
from service.evidence.dates import birth_fact, issue_fact
from service.evidence.judged import Case, judged
from service.evidence.kinds import MARKS, NONE, agreement, likeness, serves
from service.evidence.letters import rows
from service.evidence.levels import asked_level, judged_level
from service.evidence.names import name_fact
from service.evidence.numbers import id_fact
from templates.catalogue import FORMS
from templates.evidence import EVIDENCE

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TODAY = date(2026, 11, 16)
BIRTH = date(2012, 8, 25)
NUMBER = id_number(BIRTH, 37)


def lines_of(text, sure=1.0):
    """The lines of a text as a faultless reader gives them: cells of a table by themselves."""
    found = []
    for row, line in enumerate(text.split("\n")):
        bare = line.lstrip("#^> ").strip()
        cells = bare.strip("| ").split("|") if bare.startswith("|") else [bare]
        for column, cell in enumerate(cell.strip() for cell in cells):
            if cell:
                box = (100.0 + 200 * column, 100.0 + 40 * row, 290.0 + 200 * column, 130.0 + 40 * row)
                found.append(Line(cell, (sure,) * len(cell), box))
    return tuple(found)


def page(text, seal="present", unit="", sure=1.0):
    seals = (Seal(unit, 0.9, (0, 0, 1, 1)),) if unit else ()
    return PageText(lines_of(text, sure), seals, seal, 0, 1.0, (1654, 2339))


def print_of(text, sure=1.0):
    return rows([(0, page(text, sure=sure))])


def test_every_kind_is_described():
    """All 32, each with its facts; what it serves for is a kind too."""
    assert set(MARKS) == {*EVIDENCE, NONE}
    for name, marks in MARKS.items():
        assert set(marks.also) <= set(EVIDENCE)
        assert set(marks.need) <= set(marks.facts)
        assert marks.subject in {"student", "guardian", "relative", "any", "other", "none"}
        assert marks.titles or name in {"other_proof", "photo", "relative_hukou", "medical_2a"}


@pytest.mark.parametrize("purpose", ["tuning", "judging"])
def test_papers_are_known_by_their_words(purpose):
    """Read without a fault, no paper is taken for another kind, and nearly all are known."""
    sure = 0
    papers = specimens(purpose, 3)
    for paper in papers:
        found = likeness(lines_of(paper.text))
        if paper.kind:
            assert found.suggested is None or paper.kind in serves(found.suggested), (
                paper.number,
                found.kind,
            )
            sure += found.suggested is not None
        else:
            assert found.suggested is None, (paper.number, found.kind)
    assert sure >= 0.85 * sum(bool(paper.kind) for paper in papers)


def test_our_own_forms_are_no_evidence(catalogue):
    """A form of ours whose code is lost is no proof of anything; 学生基本信息表 alone is one, for another school."""
    found = {}
    for name in catalogue.forms:
        body = Document(FORMS / name / "template.docx").element.body
        texts = ["".join(text.text or "" for text in line.iter(f"{W}t")) for line in body.iter(f"{W}p")]
        found[name] = likeness(
            lines_of("\n".join(re.sub(r"\{[{%].*?[%}]\}", "", text) for text in texts))
        ).suggested
    assert {name: kind for name, kind in found.items() if kind} == {"student_info": "student_info_copy"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("年月日学校医院患者同意批准户口死亡证明处分遗失，。：ABC123 "), max_size=60))
def test_scraps_are_never_suggested(letters):
    """Single letters in any order make no paper, whatever they are."""
    found = likeness(lines_of("\n".join(letters)))
    assert found.suggested is None


def test_a_slip_is_agreed_with_doubted_or_contradicted():
    """The card of a household: right behind 户口簿 and 亲属户籍, wrong behind 护照; 其他证明 may be anything."""
    card = likeness(lines_of(specimens("judging", 3)[0].text))
    assert [agreement(card, kind) for kind in ("hukou_copy", "relative_hukou")] == ["agrees", "agrees"]
    assert agreement(card, "passport_copy") == "contradicts"
    assert agreement(card, "other_proof") == "doubtful"
    assert agreement(likeness(()), "hukou_copy") == "doubtful"


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("姓名：欧阳思远 性别：男", "match"),
        ("姓名：欧阳思远性别：男年龄：14岁", "match"),
        ("姓 名 欧阳思远", "match"),
        ("| 姓名 | 欧阳思远 | 性别 |", "match"),
        ("兹证明欧阳思远同学系我校学生", "match"),
        ("其子 欧阳思远（身份证号", "match"),
        ("姓名：欧阳思远航 性别：男", "unreadable"),
        ("姓名：小欧阳思远 性别：男", "unreadable"),
        ("姓名：欧阳思达 性别：男", "differs"),
        ("| 姓名 | 郝志强 | 性别 |", "differs"),
        ("今天天气很好", "not_found"),
        ("", "not_found"),
    ],
)
def test_a_name_stands_whole_or_not_at_all(text, result):
    """Part of a longer name is no match, nor is one letter in place of another."""
    assert name_fact("name", "欧阳思远", print_of(text)).result == result


HANZI = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@settings(max_examples=150, deadline=None)
@given(
    HANZI,
    st.sampled_from(["姓名：{}，男", "兹证明{}同学系我校学生", "其子 {}（身份证号", "{}", "| 姓名 | {} |"]),
)
def test_a_longer_name_never_matches_a_shorter_one(letter, sentence):
    """One letter more before or behind, whatever it is, is somebody else, or a doubt."""
    for name in (f"思远{letter}", f"{letter}思远"):
        fact = name_fact("name", "思远", print_of(sentence.format(name)))
        assert fact.result != "match"


def test_a_doubtful_letter_is_no_match():
    """Whatever it reads as: a letter that is not sure goes to a person."""
    assert name_fact("name", "文静", print_of("姓名：文静 性别：女", sure=0.8)).result == "unreadable"
    assert id_fact("id_number", NUMBER, print_of(f"身份证号：{NUMBER}", sure=0.8)).result == "unreadable"
    assert birth_fact(BIRTH.isoformat(), print_of("出生日期 2012年8月25日", sure=0.8)).result == "unreadable"


def test_a_name_at_the_end_of_a_line_may_go_on():
    """文静 at the margin of a paragraph may be 文静怡."""
    full = "兹证明本村村民文建国家住示范街道育才路十八号其女文静"
    broken = f"{full}\n怡因灾暂时不能上学"
    assert name_fact("name", "文静", print_of(broken)).result == "unreadable"
    assert name_fact("name", "文静", print_of(f"{full}\n（身份证号另附）")).result == "match"


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_nobody_matches_somebody_elses_paper(one, other):
    """Whoever a paper is about: it matches the facts of that person alone."""
    mine, theirs = person("judging", one), person("judging", other)
    text = f"姓名：{theirs.name} 性别：{theirs.sex}\n身份证号：{theirs.id_number}\n出生日期：{theirs.birth:%Y-%m-%d}"
    found = print_of(text)
    assert (name_fact("name", mine.name, found).result == "match") == (mine.name == theirs.name)
    assert (id_fact("id", mine.id_number, found).result == "match") == (mine.id_number == theirs.id_number)
    assert (birth_fact(mine.birth.isoformat(), found).result == "match") == (mine.birth == theirs.birth)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 17), st.integers(1, 9))
def test_one_digit_misread_is_a_doubt_and_no_difference(place, step):
    """The checksum of GB 11643 catches every single digit: 校验不符, not another person."""
    digit = NUMBER[place]
    wrong = str((int(digit) + step) % 10) if digit.isdigit() else str(step)
    fact = id_fact(
        "id_number", NUMBER, print_of(f"公民身份号码 {NUMBER[:place]}{wrong}{NUMBER[place + 1 :]}")
    )
    assert fact.result in {"unreadable", "not_found"}  # a number does not begin with 0
    if fact.result == "unreadable":
        assert fact.note == "checksum"


def test_another_number_differs_and_a_student_number_counts():
    """A number that checks is another person's; a 学籍号 of kind G holds the id number."""
    other = id_number(BIRTH, 38)
    assert id_fact("id_number", NUMBER, print_of(f"身份证号：{other}")).result == "differs"
    assert id_fact("id_number", NUMBER, print_of(f"{other}\n{NUMBER}")).result == "match"
    assert id_fact("id_number", NUMBER, print_of(f"学籍号：G{NUMBER}，现为")).result == "match"
    assert id_fact("id_number", NUMBER, print_of(f"残疾证号：{NUMBER}43")).result == "not_found"


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2005, 1, 1), date(2020, 12, 31)))
def test_a_birth_is_read_however_it_is_written(day):
    """In digits, with dots, and in Chinese numerals."""
    for text in (f"{day.year}年{day.month}月{day.day}日出生", f"出生日期 {day:%Y.%m.%d}", chinese(day)):
        assert birth_fact(day.isoformat(), print_of(text)).result == "match"
    assert birth_fact("2004-01-01", print_of(f"出生日期：{day:%Y-%m-%d}")).result == "differs"


def test_the_day_of_issue():
    """The labelled one, else the last; a birth is none, and a day to come is told."""
    text = "姓名 文静\n出生日期 2014年5月6日\n签发日期：2026年9月3日\n有效期至2026年12月31日"
    fact = issue_fact(TODAY, "2014-05-06", print_of(text))
    assert (fact.read, fact.result) == ("2026-09-03", "not_checked")
    assert issue_fact(TODAY, "", print_of("二〇二六年十二月一日")).note == "future"
    assert issue_fact(TODAY, "", print_of("二六年十月九日")).result == "unreadable"
    assert issue_fact(TODAY, "", print_of("没有日期")).result == "not_found"


@pytest.mark.parametrize(
    ("kind", "unit", "text", "result"),
    [
        ("medical_county", "黎城县人民医院", "", "sufficient"),
        ("medical_county", "长治市潞州区妇幼保健院", "", "sufficient"),
        ("medical_county", "黎城县黎侯镇卫生院", "", "insufficient"),
        ("medical_county", "沁源县郭道镇人民医院", "", "insufficient"),
        ("medical_county", "黎城县城关社区卫生服务中心", "", "insufficient"),
        ("medical_county", "黎城县康宁医院", "", "unknown"),
        ("medical_county", "和平医院", "", "unknown"),
        ("medical_2a", "沁源县人民医院", "沁源县人民医院（二级甲等综合医院）", "sufficient"),
        ("medical_2a", "长治市中心医院", "长治市中心医院（三级甲等）", "sufficient"),
        ("medical_2a", "沁源县人民医院", "沁源县人民医院（二级乙等）", "insufficient"),
        ("medical_2a", "沁源县人民医院", "沁源县人民医院诊断证明书，转长治市中心医院（三级甲等）", "unknown"),
        ("medical_2a", "黎城县黎侯镇卫生院", "黎城县黎侯镇卫生院（二级甲等）", "insufficient"),
        ("force_majeure", "黎城县公安局", "", "sufficient"),
        ("force_majeure", "黎城县公安局黎侯派出所", "", "insufficient"),
        ("force_majeure", "襄垣县民政局", "", "sufficient"),
        ("force_majeure", "沁源县郭道镇东村村民委员会", "", "insufficient"),
        ("force_majeure", "黎城县黎侯镇人民政府", "", "insufficient"),
        ("force_majeure", "黎城县文化馆", "", "unknown"),
        ("exam_proof", "山西省招生考试管理中心", "", "sufficient"),
        ("exam_proof", "沁源县第一中学校", "", "insufficient"),
    ],
)
def test_the_level_of_a_unit(kind, unit, text, result):
    """By its own name, or the grade that stands beside its name; never by another's."""
    asked = asked_level(kind, "suspension_application", "J")
    assert judged_level(asked, kind, [unit], [], text).result == result


def test_only_a_seal_proves_a_level():
    """A hospital that the print speaks of may be any; two seals that say different things prove nothing."""
    asked = asked_level("medical_county", "suspension_application", "J")
    assert judged_level(asked, "medical_county", [], ["黎城县人民医院"], "").result == "unknown"
    both = ["黎城县人民医院", "黎城县黎侯镇卫生院"]
    assert judged_level(asked, "medical_county", both, [], "").result == "unknown"
    assert judged_level(asked, "medical_county", [], [], "").result == "unknown"


def test_each_proof_is_asked_for_by_its_article():
    """Illness by three articles, as the paper and the stage say."""
    assert asked_level("medical_county", "suspension_application", "P") == ("县级", 24)
    assert asked_level("medical_county", "withdrawal_application", "J") == ("县级", 28)
    assert asked_level("medical_county", "withdrawal_application", "S") == ("县级", 29)
    assert asked_level("medical_2a", "withdrawal_application", "S") == ("二级甲等", 29)
    assert asked_level("hukou_copy", "transfer_application", "J") is None


DIAGNOSIS = "黎城县人民医院\n诊断证明书\n姓名：文静 性别：女 年龄：14岁\n临床诊断：肺炎\n处理意见：休息\n医师签名：王建"
CASE = Case(form="suspension_application", stage="J", name="文静")


def reasons(pages, evidence="medical_county", case=CASE):
    return judged(evidence, case, list(enumerate(pages)), TODAY).reasons


def test_who_must_look():
    """Nobody at a whole proof; somebody at whatever is missing, unread, unsealed, too low or of another kind."""
    good = page(DIAGNOSIS, unit="黎城县人民医院")
    assert reasons([good]) == ()
    assert reasons([page(DIAGNOSIS, seal="absent")]) == ("seal_absent", "level_unknown")
    assert reasons([page(DIAGNOSIS, seal="unclear")]) == ("seal_unclear", "level_unknown")
    assert reasons([good, None]) == ("unread",)
    assert "no_print" in reasons([page("")])
    assert reasons([good], case=Case(form="suspension_application", name="文勇")) == ("name_differs",)
    assert reasons([good], evidence="hukou_migration")[0] == "kind_contradicts"
    card = page(specimens("judging", 3)[0].text)
    assert "page_contradicts" in reasons([good, card])
    assert reasons([good, page("随便写的几个字", unit="黎城县人民医院")]) == ("page_doubtful",)
    low = page(DIAGNOSIS.replace("人民医院", "黎侯镇卫生院"), unit="黎城县黎侯镇卫生院")
    assert reasons([low]) == ("level_insufficient",)
    assert reasons([page(DIAGNOSIS, unit="武乡县康宁门诊部")])[0] == "unit_differs"
    assert reasons([page("随便写的几个字")], evidence="other_proof")[0] == "kind_doubtful"
