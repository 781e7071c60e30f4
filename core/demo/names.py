"""Invented people: names as they occur, numbers that cannot belong to anybody.

Identity numbers have the right form and check character, and the region code 610902, but birthdays of 1870 to 1899:
numbers have been issued since 1984, so no living person has one of these. Telephones begin with 154, which is with no
operator. Common and rare names stand side by side, because rare characters must survive every face.
"""
from __future__ import annotations

from datetime import date, timedelta
from random import Random

REGION = "610902"
FIRST_BIRTHDAY, LAST_BIRTHDAY = date(1870, 1, 1), date(1899, 12, 31)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999
_CHECKS = "10X98765432"

_COMMON = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蔡蒋余于杜叶程魏苏吕丁任卢姚钟"
_RARE = ("单", "仇", "查", "解", "尉迟", "欧阳", "上官", "逄", "亓", "禤", "妫", "仝")
_MEN = "伟强勇军杰涛明超辉刚波斌平建国志文海山林峰鹏飞龙浩宇轩泽宏毅凯俊新华"
_WOMEN = "芳娜敏静丽艳娟霞秀英玲桂兰红燕梅琴云洁莉雪慧婷颖琳欣怡佳雅倩"
_RARE_LETTERS = "𠮷䶮㛃喆翀昇堃犇旻晞"


def name(rng: Random, gender: str) -> str:
    """An invented name; one in forty has a rare family name, one in forty a rare character."""
    family = rng.choice(_RARE) if rng.random() < 0.025 else _COMMON[min(int(rng.expovariate(0.06)), len(_COMMON) - 1)]
    letters = _WOMEN if gender == "f" else _MEN
    given = "".join(rng.choice(letters) for _number in range(1 if rng.random() < 0.3 else 2))
    if rng.random() < 0.025:
        given = given[:-1] + rng.choice(_RARE_LETTERS)
    return family + given


class Numbers:
    """Gives every invented person another identity number and another telephone."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()
        self._phones = 0

    def id_number(self, gender: str) -> str:
        """An 18-character number: odd sequence for men, even for women, right check character."""
        days = (LAST_BIRTHDAY - FIRST_BIRTHDAY).days
        while True:
            birthday = FIRST_BIRTHDAY + timedelta(days=self._rng.randrange(days))
            sequence = self._rng.randrange(0, 999, 2) + (gender == "m")
            head = f"{REGION}{birthday:%Y%m%d}{sequence:03d}"
            if head not in self._given:
                self._given.add(head)
                total = sum(int(digit) * weight for digit, weight in zip(head, _WEIGHTS, strict=True))
                return head + _CHECKS[total % 11]

    def phone(self) -> str:
        """154 and eight digits, each once."""
        self._phones += 1
        # A step that shares no factor with 10^8 visits every number once and does not look like a list.
        return f"154{self._phones * 61_803_399 % 100_000_000:08d}"
