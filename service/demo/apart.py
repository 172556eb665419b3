"""What is used for tuning and what for judging: seeds, hands and people that the two never share."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from service.demo.hand import PLAIN, Hand
from service.demo.people import Person

FIRST_BIRTH: Final = date(2011, 9, 1)
BIRTHDAYS: Final = 360
RARE_EVERY: Final = 12
"""Every so many people have a rare character in their name: far more than in life, since those are what fails."""
CLASSES: Final = 12
_KAITI: Final = "AR PL KaitiM GB"


@dataclass(frozen=True, slots=True)
class Share:
    """One side: `people` are the seeds whole persons come from, `seeds` those of marks, tampers and scans.

    Names are made of `families` and `given`, one in a dozen ends in one of `rare`; orders in id numbers begin at `order`.
    """

    people: range
    seeds: range
    hands: tuple[Hand, ...]
    families: str
    given: str
    rare: str
    order: int

    def crowd(self, count: int) -> list[Person]:
        """Return the first `count` people of this side, always the same; ValueError when it has not so many."""
        if count > len(self.people):
            raise ValueError(f"这一份只有 {len(self.people)} 人，要 {count} 人；请少要一些。")
        names = self._names()
        return [self._person(place, next(names)) for place in range(count)]

    def _person(self, place: int, name: str) -> Person:
        dice = random.Random(self.people[place])
        return Person(
            name=name,
            birth=FIRST_BIRTH + timedelta(days=place % BIRTHDAYS),
            order=self.order + 2 * (place // BIRTHDAYS) + dice.randrange(2),
            grade="J3",
            class_no=str(dice.randint(1, CLASSES)),
            guardian=name[0] + dice.choice(self.given),
            face=self.people[place],
        )

    def _names(self) -> Iterator[str]:
        """Yield names, no two alike: of two or three characters, every so often with a rare one."""
        seen: set[str] = set()
        for seed in self.people:
            dice = random.Random(-seed - 1)
            while True:
                name = dice.choice(self.families) + dice.choice(self.given)
                if len(seen) % RARE_EVERY == RARE_EVERY - 1:
                    name += dice.choice(self.rare)
                elif dice.random() < 0.8:
                    name += dice.choice(self.given)
                if name not in seen:
                    break
            seen.add(name)
            yield name


TUNING: Final = Share(
    people=range(10_000, 11_000),
    seeds=range(100_000, 200_000),
    hands=(PLAIN, Hand(wobble=1.5, slant=-0.12), Hand(style="Regular", wobble=0.6, slant=0.15)),
    families="王刘杨黄周徐朱高何马梁郑韩冯董程袁邓傅沈",
    given="伟芳敏秀强军勇杰涛超平桂玉兰国文志梅海云宇然轩涵怡泽曦思嘉诗佳博若语一奕沐昕钰瑞睿铭皓翔",
    rare="㛃翀赟旸堃",
    order=301,
)
"""For whoever sets a threshold."""
JUDGING: Final = Share(
    people=range(20_000, 21_000),
    seeds=range(200_000, 300_000),
    hands=(
        Hand("SetoFont", "Regular", spare=_KAITI),
        Hand("KouzanBrushFontGyousyo", "Regular", wobble=0.7, spare=_KAITI),
        Hand("KouzanBrushFontSousyo", "Regular", wobble=0.7, slant=-0.05, spare=_KAITI),
        Hand(_KAITI, "Regular", wobble=1.3, slant=-0.1, spare=_KAITI),
    ),
    families="李张陈赵吴孙胡林郭罗宋谢唐于萧曹许曾彭吕",
    given="娜静丽磊洋艳娟明霞刚英华建辉红春波飞浩子梓欣雨晨远琪雅宁俊熙彤桐诺辰阳悦莹霖智宸凯乐",
    rare="䶮旻𬱖喆垚",
    order=601,
)
"""For whoever says how good it is: nothing here may have been looked at before."""
