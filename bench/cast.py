"""The people and papers of the corpus: invented students, each with one document issued, printed and archived by the service."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import house

from service.demo import people
from service.demo.apart import Share
from service.demo.paper import Paper
from service.demo.people import Person
from service.demo.portrait import portrait
from templates.catalogue import Catalogue

DAY: Final = "2026-11-16"
SCHOOL, OTHER, COUNTY, ABROAD, CITY = (
    str(people.ORGANIZATIONS[code]["name"])
    for code in (people.SCHOOL, people.OTHER_SCHOOL, people.COUNTY, people.OTHER_COUNTY, people.CITY)
)
CATALOGUE: Final = Catalogue.load()
SIGN_AS: Final = {"head": "钟涛", "out_school": "钟涛"}  # whose name seal or signature is known
REASONS: Final = (
    "全家迁居{0}，户籍已随迁，就近入学。",
    "父母工作调动至{0}，申请转入现居住地学校就读。",
    "因家中老人需要照料，随父母回到{0}居住。",
)
ILLS: Final = ("右胫腓骨骨折术后", "重症肺炎恢复期", "急性肾炎住院治疗", "腰椎间盘突出卧床休养")
UNITS: Final[dict[str, dict[str, str]]] = {
    "diploma_junior": {"school": SCHOOL, "validation": COUNTY},
    "academic_record_certificate": {"cross": SCHOOL, "school": SCHOOL, "validation": COUNTY},
    "transfer_application": {"out_school": SCHOOL, "out_auth": COUNTY},
    "suspension_application": {"school": SCHOOL, "authority": COUNTY},
    "info_change_application": {"school": SCHOOL, "authority": COUNTY},
    "record_cert_application": {"school": SCHOOL, "authority": COUNTY},
    "student_info": {"leader": SCHOOL},
}
"""Block → whose seal belongs there, where that does not hang on the person."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A document as it left the printer, not yet signed; `units` and `names` are who must seal and sign its blocks."""

    form: str
    serial: str
    person: Person
    paper: Paper
    units: dict[str, str]
    names: dict[str, str]

    def complete(self, seed: int, leave_out: frozenset[tuple[str, str]] = frozenset(), **units: str) -> Paper:
        """Return the paper signed and sealed by the dice of `seed`; `units` are wrong seals, by block."""
        return self.paper.complete({**self.units, **units}, self.names, leave_out, seed=seed)


def cast(service: house.House, share: Share, count: int) -> list[Issued]:
    """Register `count` people of a side and issue one document to each, form after form."""
    pattern = {"org": people.SCHOOL, "first": 1, "last": 9000, "year": 2026}
    block = {"form": "academic_record_certificate", "pattern": "晋初毕证字第{:06d}号"}
    service.client.call("POST", "/v1/number-blocks", {**block, **pattern})
    forms = list(FORMS)
    return [
        _issued(service, share, person, forms[place % len(forms)])
        for place, person in enumerate(share.crowd(count))
    ]


def _issued(service: house.House, share: Share, person: Person, form: str) -> Issued:
    client, dice = service.client, random.Random(person.face)
    person = replace(person, grade="J3" if form in GRADUATES else "J2")
    client.call("PUT", f"/v1/students/{person.student_no}", person.record())
    client.upload(f"/v1/students/{person.student_no}/photo", "photo.jpg", portrait(person.face), method="PUT")
    data, units = FORMS[form](person, dice)
    body: dict[str, Any] = {"form": form, "data": data, "dated": DAY}
    body |= {"school": people.SCHOOL} if form in NOBODYS else {"student": person.student_no}
    document = client.call("POST", "/v1/documents", body)
    pdf = client.content(document["links"]["content"])
    layout = client.call("GET", document["links"]["layout"])
    blocks = {mark["block"] for page in layout["pages"] for mark in page["marks"]}
    others = [one.name for one in dice.sample(share.crowd(60), len(blocks))]
    names = {**dict(zip(sorted(blocks), others, strict=True)), **SIGN_AS, "apply": person.guardian}
    paper = Paper(pdf, layout, hands=share.hands)
    return Issued(form, document["serial"], person, paper, {**UNITS[form], **units}, names)


Filled = tuple[dict[str, Any], dict[str, str]]


def _diploma(_: Person, dice: random.Random) -> Filled:
    return {
        "study_from": "2023-09",
        "study_to": "2026-07",
        "issued_on": f"2026-07-{dice.randint(1, 28):02d}",
    }, {}


def _record(_: Person, dice: random.Random) -> Filled:
    number = f"14042620262012{dice.randint(1, 400):04d}"
    told = {"signer": "钟涛", "handler": "栗红", "native_place": "山西省黎城县", "original_no": number}
    return {**told, "stage": "J", "study_from": "2023-09", "study_to": "2026-07", "issued_on": DAY}, {}


def _transfer(_: Person, dice: random.Random) -> Filled:
    told = {"in_school": OTHER, "in_school_code": people.OTHER_SCHOOL, "in_grade": "J2", "reason_code": "1"}
    hukou = {"hukou_old": "140426", "hukou_new": "140429", "entry_month": "2025-09", "roll_state": "active"}
    units = {"in_school": OTHER, "in_auth": ABROAD}
    return {**told, **hukou, "reason": dice.choice(REASONS).format("武乡县")}, units


def _suspension(_: Person, dice: random.Random) -> Filled:
    ill, hours = dice.choice(ILLS), dice.randint(190, 260)
    told = {
        "mode": "suspend",
        "reason_code": "1",
        "reason": f"因{ill}不能到校上课，现申请休学一年，请予批准。",
    }
    span = {"suspend_from": "2026-11-02", "suspend_to": "2027-10-31", "hours_missed": f"{hours}/540"}
    more = {"medical_unit": "黎城县人民医院（县级，二级甲等）", "diagnosis": f"{ill}，建议休养并定期复查。"}
    return {**told, **span, **more, "total_months": "12", "grade_when_suspended": "初中二年级4班"}, {}


def _change(person: Person, dice: random.Random) -> Filled:
    after = person.name[:-1] + dice.choice("源园圆元沅")
    change = {"item": "姓名", "before": person.name, "after": after, "basis": "居民户口簿变更登记"}
    return {"changes": [change], "reason": "公安机关已办理姓名更正，现凭居民户口簿申请更正学籍信息。"}, {}


def _lost(person: Person, dice: random.Random) -> Filled:
    who = {
        "student_name": person.name,
        "id_number": person.student_no[1:],
        "school_name": SCHOOL,
        "stage": "J",
    }
    when = {
        "study_from": "2023-09",
        "study_to": "2026-06",
        "original_no": f"1404262026201{dice.randint(1, 9999):05d}",
    }
    why = {"lost_note": "搬家时毕业证书遗失，多方查找未果，申请补办学历证明。", "phone": "13800000008"}
    return {**who, **when, **why, "agent": f"{person.guardian}（父亲）"}, {}


def _info(person: Person, dice: random.Random) -> Filled:
    """The form's own example with the person's own facts: what else it asks is the same for most pupils."""
    form, record = CATALOGUE.get("student_info"), person.record()
    parts = json.loads(form.example.read_text("utf-8"))
    asked = {field.name for field in form.fields}
    data = {name: told for name, told in {**parts["student"], **parts["data"]}.items() if name in asked}
    own = {name: record[name] for name in ("sex", "birth_date", "id_number", "grade", "class_no")}
    family = {**data["members"][0], "member_name": person.guardian, "member_id": record["guardian_id"]}
    for name in ("name_pinyin", "former_name", "photo", "school_name", "school_code"):
        data.pop(name, None)
    who = {"student_name": person.name, "student_no": person.student_no}
    return {**data, **own, **who, "commute_km": f"{dice.randint(1, 40) / 10}", "members": [family]}, {}


FORMS: Final[dict[str, Callable[[Person, random.Random], Filled]]] = {
    "transfer_application": _transfer,
    "diploma_junior": _diploma,
    "suspension_application": _suspension,
    "academic_record_certificate": _record,
    "info_change_application": _change,
    "student_info": _info,
    "record_cert_application": _lost,
}
GRADUATES: Final = frozenset({"diploma_junior", "academic_record_certificate"})
NOBODYS: Final = frozenset({"student_info", "record_cert_application"})
"""Papers about a person who need not be on file."""


def values_of(paper: Paper) -> Sequence[dict[str, Any]]:
    """Return every printed value of a paper that has lines, page after page."""
    return [value for page in paper.layout["pages"] for value in page["values"] if value["lines"]]
