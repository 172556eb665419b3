"""Specs of the two papers a school keeps about itself: 学校基本信息表 and 校区基本信息表 (art. 6)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from templates.draft import portrait
from templates.draft.spec import Band, Column, Line, Paper, Part, Place, PlaceRow, Rows


def school_info() -> Any:
    """Draft 学校基本信息表 (附件1)."""
    lines = (
        Line((Part("school_code", 22, 38), Part("school_name", 22, 88, "学校名称\n（与公章一致）"))),
        Line((Part("school_name_en", 22, 148),)),
        Line((Part("school_kind", 22, 48), Part("run_type", 18, 26), Part("hs_tier", 18, 38))),
        Line((Part("supervisor", 24, 66), Part("division", 20, 60))),
        Line((Part("address", 24, 96, "学校地址（省/市/\n县/乡/村/门牌）"), Part("postcode", 18, 32))),
        Line((Part("head_name", 24, 36), Part("head_phone", 20, 32), Part("office_phone", 18, 40))),
        Line((Part("uscc", 26, 44, "统一社会信用代码\n（原组织机构码）"), Part("email", 20, 80))),
        Line((Part("legal_no", 26, 64), Part("founded", 20, 60))),
        Line((Part("land_right", 26, 64), Part("land_cert", 20, 60))),
        Line((Part("boarding", 26, 30), Part("teach_language", 26, 88))),
        Line(
            (
                Part("years_primary", 26, 30, "小学学制（年）"),
                Part("years_junior", 26, 31, "初中学制（年）"),
                Part("years_senior", 26, 31, "高中学制（年）"),
            )
        ),
    )
    registrars = Rows("registrars", (Column("name", 60), Column("phone", 50), Column("filing_no", 60)))
    places = (Place("fill", "以上信息由本人填写并核对。", signer="填表人"), Place("head"))
    bands = (Band("学校基本信息", lines), Band("学籍\n管理员", (registrars,)))
    return portrait.draft(Paper("school_info", bands, (PlaceRow(places),), rows=3))


def campus_info() -> Any:
    """Draft 校区基本信息表 (附件2): one for each campus."""
    high = 17.0
    lines = (
        Line((Part("school", 28, 142, "学校名称"),), high),
        Line((Part("campus_no", 28, 42), Part("campus_name", 28, 72)), high),
        Line((Part("campus_division", 28, 142),), high),
        Line((Part("campus_address", 28, 142),), high),
        Line((Part("campus_head", 28, 52), Part("campus_phone", 28, 62)), high),
        Line((Part("campus_stages", 28, 142),), high),
    )
    places = (PlaceRow((Place("head", "以上信息属实。"),), 58.0),)
    return portrait.draft(Paper("campus_info", (Band("校区信息", lines),), places, full=True))


DRAFTS: Mapping[str, Callable[[], Any]] = MappingProxyType(
    {
        "school_info": school_info,
        "campus_info": campus_info,
    }
)
