"""An invented county at the end of a school year: twenty schools and as many graduates as a run wants, always the same."""

import csv
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from service.demo.client import Client
from service.demo.people import CITY, COUNTY, ORGANIZATIONS, id_number

FORM: Final = "diploma_junior"
DATA: Final = {"study_from": "2023-09", "study_to": "2026-07", "issued_on": "2026-07-01"}
BLOCK: Final = {"form": FORM, "year": 2026, "org": COUNTY, "pattern": "14042620262{:07d}"}
BLOCK_SIZE: Final = 100_000
PLACES: Final = ("黎侯镇", "东阳关镇", "上遥镇", "西井镇", "黄崖洞镇", "停河铺乡", "程家山乡", "洪井乡")
TOWN_SCHOOLS: Final = (
    "黎城县第一中学校",
    "黎城县第二初级中学校",
    "黎城县第三中学校",
    "黎城县第四初级中学校",
    "黎城县城关初级中学校",
    "黎城县实验中学校",
    "黎城县实验中学校东校区",
    "黎城县德才学校",
    "黎城县职业技术教育中心附属初级中学校",
    "黎城县特殊教育学校",
    "黎城县育才双语学校",
    "黎城县博雅中学校",
)
HEADS: Final = ("钟涛", "贺文婷", "栗红", "申建军", "欧阳明远")
FAMILY: Final = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
)
DOUBLE: Final = ("欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟")
GIVEN: Final = (
    "伟芳娜敏静秀丽强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰建国文辉志红梅春海波云飞宇浩然子轩梓涵欣怡雨泽晨曦思远"
    "嘉琪诗雅佳宁博文俊熙若彤语桐一诺奕辰沐阳昕悦钰莹瑞霖睿智铭宸皓翔凯乐天瑶婉清妍依依紫萱晓东亚男丹青松柏竹溪"
)
DOTTED: Final = ("阿依古丽·买买提", "古丽娜·艾山", "巴特尔·乌恩", "迪丽努尔·阿不都")
RARE: Final = "㛃䶮𬱖翀旻赟𪚥𡊠"
"""Hanzi that ordinary fonts lack; the last two are in neither of our common fonts, and such papers are not stamped."""
RARE_EVERY: Final = 500
FIRST_BIRTH: Final = date(2010, 9, 1)
CLASSES: Final = 12
BIRTHDAYS: Final = 365
FIRST_ORDER: Final = 101
"""Lower ones of a day are the demo's people."""


@dataclass(frozen=True, slots=True)
class School:
    """A school of the county."""

    code: str
    name: str
    head: str


@dataclass(frozen=True, slots=True)
class Graduate:
    """One invented graduate; `student_no` is G and the id number of division 140499."""

    name: str
    birth: date
    order: int
    school: School
    class_no: str

    @property
    def id_number(self) -> str:
        """The 18 characters of the 身份证号, with its check character."""
        return id_number(self.birth, self.order)

    @property
    def student_no(self) -> str:
        """The 19 characters of the 学籍号."""
        return "G" + self.id_number

    @property
    def sex(self) -> str:
        """1 男, 2 女, as the id number says."""
        return "1" if self.order % 2 else "2"

    def values(self, number: int) -> dict[str, Any]:
        """What a diploma prints of this graduate, as codes and ISO dates; `number` counts in the block."""
        return {
            **DATA,
            "student_name": self.name,
            "sex": self.sex,
            "birth_date": self.birth.isoformat(),
            "student_no": self.student_no,
            "id_number": self.id_number,
            "school_name": self.school.name,
            "head_name": self.school.head,
            "certificate_no": BLOCK["pattern"].format(number),
        }

    def record(self) -> dict[str, str]:
        """A row of the table the students are imported from."""
        return {
            "student_no": self.student_no,
            "name": self.name,
            "sex": self.sex,
            "birth_date": self.birth.isoformat(),
            "id_type": "1",
            "id_number": self.id_number,
            "ethnic": "01",
            "school": self.school.code,
            "grade": "J3",
            "class_no": self.class_no,
            "guardian_name": self.name[0] + "建国",
            "guardian_relation": "1",
            "guardian_id": id_number(date(1983, 5, 17), self.order),
            "guardian_phone": "13800000000",
            "address_now": "测试区示范街道育才路18号2号楼3单元501室",
        }


def _schools() -> tuple[School, ...]:
    names = [*TOWN_SCHOOLS, *(f"黎城县{place}中心寄宿制学校" for place in PLACES)]
    return tuple(School(f"31140007{k:02d}", name, HEADS[k % len(HEADS)]) for k, name in enumerate(names, 1))


SCHOOLS: Final = _schools()


def graduates(first: int, count: int) -> list[Graduate]:
    """Graduates number `first` and following; the same number is the same one in every run."""
    return [_graduate(k) for k in range(first, first + count)]


def _graduate(k: int) -> Graduate:
    dice = random.Random(k)
    return Graduate(
        name=_name(dice, k),
        birth=FIRST_BIRTH + timedelta(days=k % BIRTHDAYS),
        order=k // BIRTHDAYS + FIRST_ORDER,
        school=dice.choice(SCHOOLS),
        class_no=str(dice.randint(1, CLASSES)),
    )


def _name(dice: random.Random, k: int) -> str:
    """Two hanzi 8 %, three 88 %, four 3 %, with 间隔号 1 %; one in so many has a rare one."""
    if k % RARE_EVERY == RARE_EVERY - 1:
        return dice.choice(FAMILY) + dice.choice(GIVEN) + dice.choice(RARE)
    kind = dice.random()
    if kind < 0.01:
        return dice.choice(DOTTED)
    given = dice.choice(GIVEN) + dice.choice(GIVEN)
    if kind < 0.04:
        return dice.choice(DOUBLE) + given
    return dice.choice(FAMILY) + (given[0] if kind < 0.12 else given)


def settle(client: Client) -> None:
    """Register city, county and schools, and hand the county a block that serves all of them."""
    for code in (CITY, COUNTY):
        client.call("PUT", f"/v1/organizations/{code}", ORGANIZATIONS[code])
    for school in SCHOOLS:
        body = {"kind": "school", "name": school.name, "parent": COUNTY, "head_name": school.head}
        client.call("PUT", f"/v1/organizations/{school.code}", {**body, "stages": ["J"]})
    client.call("POST", "/v1/number-blocks", {**BLOCK, "first": 1, "last": BLOCK_SIZE})


IMPORTED_AT_ONCE: Final = 5000
"""Rows of one table; the service takes 10,000."""


def admit(client: Client, people: Sequence[Graduate]) -> None:
    """Import graduates as a school brings its students over: from tables."""
    for start in range(0, len(people), IMPORTED_AT_ONCE):
        text = io.StringIO()
        records = [one.record() for one in people[start : start + IMPORTED_AT_ONCE]]
        table = csv.DictWriter(text, list(records[0]))
        table.writeheader()
        table.writerows(records)
        client.upload("/v1/students/import", "students.csv", text.getvalue().encode())


def listed(people: Sequence[Graduate]) -> list[str]:
    """The 学籍号 of graduates in the order in which a county numbers them: by school and class."""
    ordered = sorted(people, key=lambda one: (one.school.code, int(one.class_no), one.student_no))
    return [one.student_no for one in ordered]
