"""What an organization's record may say by the regulation: kind of school, stages, limits, terms, merger (arts. 2, 8, 9, 20, 48)."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.errors import Objection
from service.regulation.days import day
from service.regulation.edition import Edition
from service.regulation.issuing import KIND_DIGITS


def unit_objections(code: str, body: Mapping[str, Any], edition: Edition) -> list[Objection]:
    """Everything in a record (members as in PUT /v1/organizations) that the regulation does not allow."""
    found = [*_limits(body, edition), *_calendar(body)]
    if body.get("kind") == "school":
        found += [*_kind(code, body, edition), *_status(code, body)]
    else:
        found += [
            Objection(name, "not_a_school", f"只有学校有这一项（{name}）；请删去", 8)
            for name in ("merged_into", "merged_on", "revoked_on", "held_by", "run_type", "hs_tier", "stages")
            if body.get(name)
        ]
    return found


def _kind(code: str, body: Mapping[str, Any], edition: Edition) -> Iterator[Objection]:
    """Arts. 2 and 9 (A02-1): only the four kinds of school, each with its stages."""
    kind = code[:KIND_DIGITS]
    stages = edition.school_kinds.get(kind)
    if stages is None:
        known = "、".join(edition.school_kinds)
        message = (
            f"学校标识码前两位须为 {known}（小学、初中、普通高中、特殊教育学校），{edition.cite(2)}；请核对"
        )
        yield Objection("code", "school_kind", message, 2)
        return
    for stage in body.get("stages") or ():
        if stage not in stages:
            name = edition.stages.get(stage, stage)
            message = f"办学类型 {kind} 的学校没有{name}学段，{edition.cite(2)}；请核对学校标识码或删去该学段"
            yield Objection("stages", "stage_of_another_kind", message, 2)


def _limits(body: Mapping[str, Any], edition: Edition) -> Iterator[Objection]:
    """Art. 48 (A48-1): a county may tighten the limits of the regulation, never loosen them."""
    limits = body.get("limits") or {}
    if limits and body.get("kind") == "school":
        message = f"只有教育行政部门可以规定本地限额（limits），{edition.cite(48)}；请删去"
        yield Objection("limits", "limits_of_a_school", message, 48)
        return
    for name, value in limits.items():
        field, limit = f"limits.{name}", edition.limits.get(name)
        if limit is None:
            message = f"没有名为 {name} 的限额；请照 GET /v1/editions 所列的名称填写"
            yield Objection(field, "unknown_limit", message, 48)
        elif not limit.tightened(value):
            direction = {"less": "不大于", "more": "不小于"}.get(limit.tighter)
            allowed = f"须{direction} {limit.value}" if direction else f"须为 {limit.value}，不能更改"
            message = f"{limit.label}{allowed}：本地规定只能从严，{edition.cite(48)}；请改填或删去"
            yield Objection(field, "limit_loosened", message, 48)


def _calendar(body: Mapping[str, Any]) -> Iterator[Objection]:
    """Arts. 17 and 20: terms with two days in order, kept by authorities; urban areas by the city."""
    terms, areas = body.get("terms") or [], body.get("urban_areas") or []
    if terms and body.get("kind") == "school":
        yield Objection("terms", "terms_of_a_school", "学期起止由教育行政部门登记；请删去（terms）", 20)
    for number, term in enumerate(terms, 1):
        begins, ends = (day(str(term.get(name, ""))) for name in ("begins", "ends"))
        if begins is None or ends is None or ends <= begins:
            message = "学期（terms）须有开学日期（begins）和在其后的放假日期（ends）；请按 YYYY-MM-DD 填写"
            yield Objection(f"terms.{number}", "bad_term", message, 20)
    if areas and body.get("kind") != "city":
        yield Objection(
            "urban_areas", "areas_of_a_county", "同一城市区域由市教育局登记；请删去（urban_areas）", 17
        )


def _status(code: str, body: Mapping[str, Any]) -> Iterator[Objection]:
    """Art. 8 (A08-1): merged into another school, or closed, not both; on a day."""
    heir = body.get("merged_into")
    if heir == code:
        yield Objection("merged_into", "merged_into_itself", "学校不能并入自己；请改填并入的学校", 8)
    if heir and body.get("revoked_on"):
        yield Objection("revoked_on", "merged_and_revoked", "合并和撤销只能登记一项；请删去其一", 8)
    for name in ("merged_on", "revoked_on"):
        if body.get(name) and day(str(body[name])) is None:
            yield Objection(name, "bad_date", f"{name} 不是有效日期；请按 YYYY-MM-DD 填写", 8)
