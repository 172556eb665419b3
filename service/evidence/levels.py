"""Judges the level of the unit that writes a paper: county or above, second grade A, the province (arts. 18, 24, 28, 29)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from intake.recognise.likelihood import fold
from service.errors import article_name

LevelResult = Literal["sufficient", "insufficient", "unknown"]

PLACE = r"(?:[\u4e00-\u9fff]{1,6}(?:省|自治区|市|州|盟|县|区|旗))+"
"""The divisions a unit's name begins with; a town or a village among them makes it a lower unit."""
LOW_HOSPITAL = re.compile(
    r"(?:镇|乡|街道|社区|村)(?:中心)?(?:卫生|医院|人民医院|服务)|卫生院|卫生室|卫生所|诊所|医务室|门诊部|社区卫生|服务站|校医"
)
COUNTY_HOSPITAL = re.compile(
    PLACE
    + r"第?[一二三四五六七八九十]*(?:人民|中心|中医|中医药|中西医结合|妇幼保健|儿童|妇女儿童|传染病|精神病|精神卫生|肿瘤|胸科|眼科|口腔)(?:医院|院|中心)"
)
GRADE = re.compile(r"([一二三])级([甲乙丙特])等?|(三)级(?:综合|专科)?医院")
LOW_OFFICE = re.compile(
    r"派出所|司法所|民政所|劳动保障所|村民委员会|居民委员会|村委|居委|社区|(?:镇|乡)人民政府|街道办"
)
COUNTY_OFFICE = re.compile(
    PLACE + r"(?:公安局|公安分局|民政局|人力资源和社会保障局|劳动和社会保障局|劳动局|应急管理局|人民政府)"
)
"""The regulation names 公安、民政、劳动等: what comes under `等` besides an emergency office and the government is a person's to say."""
PROVINCE_EXAM = re.compile(r"省(?:招生考试管理中心|招生考试委员会|教育考试院|招生考试院|教育厅)")
LOW_EXAM = re.compile(r"学校|中学|[市县区](?:招生|教育)")


@dataclass(frozen=True, slots=True)
class Level:
    """What level is asked by which article, of which unit it was judged, and the result."""

    asked: str
    article: int
    unit: str
    result: LevelResult

    def told(self) -> dict[str, Any]:
        """Give the level as JSON."""
        return {
            "asked": self.asked,
            "article": article_name(self.article),
            "unit": self.unit or None,
            "result": self.result,
        }


def asked_level(kind: str, form: str, stage: str | None) -> tuple[str, int] | None:
    """The level a kind of evidence must have for a paper, and the article that asks it; None for any unit.

    The same proof of illness is asked for by art. 24 (suspension), 28 (withdrawal from compulsory schooling) and 29 (senior).
    """
    if kind == "medical_2a":
        return "二级甲等", 29
    if kind == "medical_county":
        withdrawn = 29 if stage == "S" else 28
        return "县级", withdrawn if form == "withdrawal_application" else 24
    if kind == "force_majeure":
        return "县级", 24
    return ("省级", 18) if kind == "exam_proof" else None


def judged_level(
    asked: tuple[str, int], kind: str, sealed: Sequence[str], printed: Sequence[str], text: str
) -> Level:
    """Judge the level of the unit a paper comes from; `text` is the whole print.

    Only a seal that was read proves a sufficient level: a name in the print may be any unit the paper speaks of. It is
    `unknown` whenever the name does not say it, or two say different things: a person then looks the unit up.
    """
    level, article = asked
    units = sealed or printed
    results = {_of_unit(level, kind, fold(unit), fold(text)) for unit in units}
    unit = units[0] if units else ""
    if len(results) == 1 and (sealed or results == {"insufficient"}):
        return Level(level, article, unit, results.pop())
    return Level(level, article, unit, "unknown")


def _of_unit(level: str, kind: str, unit: str, text: str) -> LevelResult:
    if level == "二级甲等":
        return _graded(unit, text)
    if kind == "exam_proof":
        if PROVINCE_EXAM.search(unit):
            return "sufficient"
        return "insufficient" if LOW_EXAM.search(unit) else "unknown"
    low, high = (LOW_HOSPITAL, COUNTY_HOSPITAL) if kind == "medical_county" else (LOW_OFFICE, COUNTY_OFFICE)
    if low.search(unit):
        return "insufficient"
    return "sufficient" if high.fullmatch(unit) else "unknown"


def _graded(unit: str, text: str) -> LevelResult:
    """Judge a hospital by the grade its paper states beside its name; a name alone states none."""
    if LOW_HOSPITAL.search(unit):
        return "insufficient"
    if "医院" not in unit:
        return "unknown"
    places = [match.end() for match in re.finditer(re.escape(unit), text)]
    for place in places:
        grade = GRADE.search(text[place : place + 8])
        if grade is not None:
            high = grade.group(1) == "三" or grade.group(3) is not None or grade.group(1, 2) == ("二", "甲")
            return "sufficient" if high else "insufficient"
    return "unknown"
