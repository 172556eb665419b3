"""The invented units and people of the demo: division 140499 is assigned to nobody."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from service.regulation.identity import id_check

CITY: Final = "140400"
COUNTY: Final = "140426"
OTHER_COUNTY: Final = "140429"
SCHOOL: Final = "3114000123"
OTHER_SCHOOL: Final = "3114000456"

ORGANIZATIONS: Final[dict[str, dict[str, object]]] = {
    CITY: {"kind": "city", "name": "长治市教育局"},
    COUNTY: {"kind": "county", "name": "黎城县教育体育局", "parent": CITY},
    OTHER_COUNTY: {"kind": "county", "name": "武乡县教育局", "parent": CITY},
    SCHOOL: {
        "kind": "school",
        "name": "黎城县第三中学校",
        "parent": COUNTY,
        "stages": ["J"],
        "head_name": "钟涛",
    },
    OTHER_SCHOOL: {
        "kind": "school",
        "name": "武乡县第二中学校",
        "parent": OTHER_COUNTY,
        "stages": ["J"],
        "head_name": "贺文婷",
    },
}


def id_number(birth: date, order: int) -> str:
    """Return an id number of division 140499 with its check character (GB 11643); odd orders are male."""
    body = f"140499{birth:%Y%m%d}{order:03d}"
    return body + id_check(body)


@dataclass(frozen=True, slots=True)
class Person:
    """One invented student; `student_no` is G and the id number, as the national system makes it.

    `face` is the seed of the portrait that `service.demo.portrait` draws.
    """

    name: str
    birth: date
    order: int
    grade: str
    class_no: str
    guardian: str
    face: int = 0

    @property
    def student_no(self) -> str:
        """Return the 19 characters of the 学籍号."""
        return "G" + id_number(self.birth, self.order)

    def record(self) -> dict[str, str]:
        """Return the body of `PUT /v1/students/{student_no}`."""
        return {
            "name": self.name,
            "sex": "1" if self.order % 2 else "2",
            "birth_date": self.birth.isoformat(),
            "id_type": "1",
            "id_number": id_number(self.birth, self.order),
            "ethnic": "01",
            "school": SCHOOL,
            "grade": self.grade,
            "class_no": self.class_no,
            "guardian_name": self.guardian,
            "guardian_relation": "1",
            "guardian_id": id_number(date(1983, 5, 17), self.order),
            "guardian_phone": "13800000000",
            "address_now": "测试区示范街道育才路18号2号楼3单元501室",
        }


GRADUATE: Final = Person("文勇俊", date(2011, 4, 12), 1, "J3", "6", "文建国", 2)
BEARER: Final = Person("郝一㛃", date(2010, 11, 3), 22, "J3", "2", "郝志强", 6)
MOVER: Final = Person("欧阳思远", date(2012, 8, 25), 37, "J2", "4", "欧阳明", 4)
PEOPLE: Final = (GRADUATE, BEARER, MOVER)
