"""Register: the records that papers are made from: organizations, students, number blocks and tokens."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from service.access import AUTHORITIES, Action, Role, Who, may, new_token, role_of, sees, within
from service.errors import Objection, Problem, article_name, refused
from service.numbers import block_objections
from service.office import Office
from service.office.lookups import require, units_above, unknown
from service.regulation.identity import is_division, is_school_code
from service.regulation.issuing import numbers_given_by
from service.regulation.organization import unit_objections
from service.regulation.record import flat_record, lowered_objections, nested_record, record_objections
from service.signing import sha256_hex
from storage.archive import Archive, Reading
from storage.errors import AlreadyThere, NotFound
from storage.records import NumberBlock, Organization, Student

KINDS = ("city", "county", "school")
PARENTS = {"city": (), "county": ("city",), "school": ("county", "city")}
"""Kind → the kinds it may lie under (art. 3: some schools lie directly under the city)."""
ENDED = ("merged_into", "merged_on", "revoked_on", "held_by")
"""What a record says of the end of a school: told by its closure, and never taken back (art. 8)."""
MAX_NAME = 60
"""Characters of a name: the longest school name a seal carries is below 30, a person's below 50."""
YEARS = range(1980, 2100)


@dataclass(frozen=True, slots=True)
class Written:
    """A record as it now stands, and whether it is new."""

    body: Mapping[str, Any]
    created: bool


def identify(office: Office, bearer: str | None) -> Who | None:
    """Whoever a bearer token stands for; None for no token or one that was never given out."""
    if not bearer:
        return None
    digest = sha256_hex(bearer.strip().encode("utf-8", "replace"))
    try:
        with office.archive.read() as reading:
            record = reading.token(digest)
    except NotFound:
        return None
    return Who(Role(record.role), record.org, digest)


def make_token(archive: Archive, randbytes: Callable[[int], bytes], role: str, org: str) -> str:
    """Give out a bearer token for a role and an organization's code, which need not be registered yet.

    `randbytes(n)` gives bytes nobody can guess. Raises Problem 422 `unknown_role`, `bad_organization`.
    """
    role_of(role)
    if not is_division(org) and not is_school_code(org):
        raise refused([Objection("org", "bad_organization", "单位代码应为6位（市县）或10位（学校）；请改正")])
    token = new_token(randbytes)
    with archive.begin() as transaction:
        transaction.put_token(sha256_hex(token.encode("ascii")), role, org)
    return token


def put_organization(office: Office, who: Who | None, code: str, body: Mapping[str, object]) -> Written:
    """Register a city (6 digits), county (6) or school (10), or bring it up to date.

    The city writes itself and all below, a county the schools below it. Raises Problem 401, 403, 422.
    """
    allowed = may(who, Action.WRITE_ORGANIZATION)
    with office.archive.begin() as transaction:
        before = _find_organization(transaction, code)
        _may_write(transaction, allowed, code, body.get("parent"), before)
        edition = office.editions.on(office.today())
        kept = {} if before is None else {name: before.data[name] for name in ENDED if name in before.data}
        found = [
            *organization_objections(transaction, code, body),
            *unit_objections(code, body, edition),
            *_ending_objections(body, kept),
        ]
        if found:
            raise refused(found)
        data = {name: value for name, value in body.items() if name not in {"kind", "name", "parent"}} | kept
        kind, name, parent = body["kind"], str(body["name"]), body.get("parent")
        transaction.put_organization(
            Organization(code, kind, name, str(parent) if parent else None, data)  # type: ignore[arg-type]
        )
        return Written(_organization_body(transaction.organization(code)), before is None)


def _ending_objections(body: Mapping[str, object], kept: Mapping[str, object]) -> list[Objection]:
    """Art. 8 (A08-1): a school ends by its closure, which asks for the files; its record cannot say so by itself."""
    wrong = [name for name in ENDED if body.get(name) and body[name] != kept.get(name)]
    message = "学校的合并、撤销须在档案移交后另行登记；请删去这一项，改用 POST /v1/organizations/{学校标识码}/closure"
    return [Objection(name, "closure_needed", message, 8) for name in wrong]


def _find_organization(reading: Reading, code: str) -> Organization | None:
    try:
        return reading.organization(code)
    except NotFound:
        return None


def _may_write(reading: Reading, who: Who, code: str, parent: object, before: Organization | None) -> None:
    """Scope of old and new place at once: nobody takes a school away from, or gives it to, somebody else."""
    above = _chain(reading, parent) if isinstance(parent, str) and parent else []
    within(who, Action.WRITE_ORGANIZATION, [code, *above])
    if before is not None:
        within(who, Action.WRITE_ORGANIZATION, reading.chain(code))
    if who.role is Role.COUNTY and code == who.org:
        raise Problem(
            "out_of_scope", 403, "不在管辖范围", "县教育局的登记信息由市教育局维护；请联系市教育局。"
        )


def _chain(reading: Reading, code: str) -> list[str]:
    try:
        return reading.chain(code)
    except NotFound:
        return []


def organization_objections(reading: Reading, code: str, body: Mapping[str, object]) -> list[Objection]:
    """What is wrong with an organization: code, kind, name, and what it lies under (art. 3)."""
    found = []
    kind, name, parent = body.get("kind"), body.get("name"), body.get("parent")
    if kind not in KINDS:
        found.append(Objection("kind", "bad_kind", "kind 只能是 city、county 或 school；请改正"))
    elif not (is_school_code(code) if kind == "school" else is_division(code)):
        found.append(Objection("code", "bad_organization", "市县代码为6位，学校标识码为10位；请改正"))
    if not isinstance(name, str) or not 0 < len(name.strip()) <= MAX_NAME or not name.isprintable():
        found.append(Objection("name", "missing_field", f"请填写单位全称（1至{MAX_NAME}字），与公章一致"))
    if kind in KINDS:
        above = _find_organization(reading, parent) if isinstance(parent, str) else None
        wanted = PARENTS[str(kind)]
        if (above.kind if above else None) not in (wanted or (None,)) or (parent and not wanted):
            found.append(Objection("parent", "bad_parent", "上级单位未登记或级别不符；请先登记上级单位", 3))
    return found


def organization(office: Office, who: Who | None, code: str) -> dict[str, Any]:
    """One organization in scope. Raises Problem 401, 403, 404."""
    with office.archive.read() as reading:
        require(reading, who, Action.READ, code)
        return _organization_body(reading.organization(code))


def organizations(office: Office, who: Who | None) -> dict[str, Any]:
    """All organizations in scope, by code."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        every = reading.organizations()
        return {
            "organizations": [
                _organization_body(unit) for unit in every if sees(allowed, reading.chain(unit.code))
            ]
        }


def _organization_body(unit: Organization) -> dict[str, Any]:
    return {"code": unit.code, "kind": unit.kind, "name": unit.name, "parent": unit.parent, **unit.data}


def put_student(office: Office, who: Who | None, student_no: str, body: Mapping[str, object]) -> Written:
    """Register a student under the 学籍号 the national system gave, or bring the record up to date (art. 11).

    Raises Problem 401, 403, 404, and 422 with every objection at once.
    """
    allowed = may(who, Action.WRITE_STUDENT)
    edition = office.editions.on(office.today())
    body = flat_record(body, edition)
    found = _text_objections(body)
    name, school = str(body.get("name", "")), str(body.get("school", ""))
    record = {field: str(value) for field, value in body.items() if field not in {"name", "school"} and value}
    record.pop("student_no", None)
    found += record_objections(student_no, record, edition)
    with office.archive.begin() as transaction:
        before = _find_student(transaction, student_no)
        if before is not None:
            require(transaction, who, Action.WRITE_STUDENT, before.school)
            found += lowered_objections(before.data, record, by_school=allowed.role not in AUTHORITIES)
        if not school:
            found.append(Objection("school", "missing_field", "缺少学校（school）；请填写学校标识码", 11))
        else:
            _school(transaction, who, school, found)
            found += closed_objections(transaction, school, None if before is None else before.school)
        if number := record.get("id_number"):
            found += double_objections(student_no, transaction.bearers({number}).get(number, ()))
        if found:
            raise refused(found)
        transaction.put_student(Student(student_no, name, school, {"name": name, "school": school, **record}))
        return Written(_student_body(transaction.student(student_no)), before is None)


def _text_objections(body: Mapping[str, object]) -> list[Objection]:
    found = [
        Objection(field, "not_text", f"{field} 应为文字；请加引号")
        for field, value in body.items()
        if value is not None and not isinstance(value, str)
    ]
    return found + name_objections(body.get("name"))


def name_objections(name: object) -> list[Objection]:
    """What is wrong with a student's name by itself."""
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or name != name.strip():
        return [Objection("name", "missing_field", f"缺少姓名（name）或不合规（1至{MAX_NAME}字）", 11)]
    if not name.isprintable():
        return [Objection("name", "bad_text", "姓名含有不可打印字符；请重填", 14)]
    return []


def double_objections(student_no: str, bearers: Collection[str]) -> list[Objection]:
    """Arts. 11 and 14: one person has one 学籍号; `bearers` are those on file with the same id number."""
    if not set(bearers) - {student_no}:
        return []
    message = "该身份证件号已登记在另一个学籍号名下，不得重复建立学籍；请核对证件和学籍号"
    return [Objection("id_number", "double_record", message, 14)]


def _school(reading: Reading, who: Who | None, code: str, found: list[Objection]) -> None:
    """The student's school must be registered and in scope; what is not registered is an objection."""
    unit = _find_organization(reading, code)
    if unit is None or unit.kind != "school":
        found.append(Objection("school", "unknown_organization", "学校（school）未登记；请先登记该校", 11))
        return
    require(reading, who, Action.WRITE_STUDENT, code)


def closed_objections(reading: Reading, school: str, before: str | None) -> list[Objection]:
    """Art. 8: nobody enters a school that is gone; those who left it last stay on its record."""
    if before == school or reading.closure(school) is None:
        return []
    message = "该校已合并或撤销，不能再登记学生；请登记到现在就读的学校"
    return [Objection("school", "school_closed", message, 8)]


def student(office: Office, who: Who | None, student_no: str) -> dict[str, Any]:
    """One student's record in scope; the look is noted first (art. 44). Raises Problem 401, 403, 404."""
    with office.archive.begin() as transaction:
        found = _find_student(transaction, student_no)
        if found is None:
            may(who, Action.READ)
            raise unknown("student", "学生", "请核对学籍号")
        allowed = require(transaction, who, Action.READ, found.school)
        transaction.note_access(
            who=allowed.token_digest,
            role=allowed.role,
            org=allowed.org,
            archive=student_no,
            what="student record",
            approval=None,
        )
    return _student_body(found)


def _find_student(reading: Reading, student_no: str) -> Student | None:
    try:
        return reading.student(student_no)
    except NotFound:
        return None


def _student_body(found: Student) -> dict[str, Any]:
    return {"student_no": found.student_no, **nested_record(found.data)}


def add_block(office: Office, who: Who | None, body: Mapping[str, object]) -> dict[str, Any]:
    """Hand out a number block (art. 34): members form, year, org, pattern, first, last.

    Raises Problem 401, 403, 404, 422, and 409 `block_overlaps`.
    """
    allowed = may(who, Action.WRITE_BLOCK)
    form = office.catalogue.get(str(body.get("form", "")))
    found = [] if form.number_field else [_no_numbers(form.name)]
    year, first, last = (_whole(body, name, found) for name in ("year", "first", "last"))
    if year not in YEARS:
        found.append(Objection("year", "bad_year", "年份须在 1980 至 2099 之间；请改正"))
    pattern = str(body.get("pattern", ""))
    found += block_objections(pattern, first, last)
    if found:
        raise refused(found)
    with office.archive.begin() as transaction:
        org = str(body.get("org", ""))
        require(transaction, who, Action.WRITE_BLOCK, org)
        edition = office.editions.on(office.today())
        found = numbers_given_by(form, allowed, units_above(transaction, org), edition)
        if found:
            raise refused(found)
        try:
            block = transaction.add_block(
                form=form.name,
                year=year,
                org=org,
                pattern=pattern,
                first=first,
                last=last,
                by=allowed.token_digest,
            )
        except AlreadyThere:
            raise _overlaps() from None
    return _block_body(block)


def _overlaps() -> Problem:
    return Problem(
        "block_overlaps",
        409,
        "号段重叠",
        "这个号段与已下达的号段有相同的编号，一号只能用一次；请改用未下达的号。",
        article=article_name(34),
    )


def _no_numbers(form: str) -> Objection:
    return Objection("form", "form_without_number", f"表样 {form} 没有证书编号，不需要号段", 34)


def _whole(body: Mapping[str, object], name: str, found: list[Objection]) -> int:
    value = body.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    found.append(Objection(name, "not_a_number", f"{name} 应为整数；请改正"))
    return 0


def blocks(
    office: Office, who: Who | None, form: str | None = None, org: str | None = None
) -> dict[str, Any]:
    """The number blocks in scope, narrowed to a form and an organization."""
    allowed = may(who, Action.READ)
    with office.archive.read() as reading:
        every = reading.blocks(form=form, org=org)
        return {
            "number_blocks": [
                _block_body(block) for block in every if sees(allowed, reading.chain(block.org))
            ]
        }


def _block_body(block: NumberBlock) -> dict[str, Any]:
    return {name: value for name, value in asdict(block).items() if name != "by"}
