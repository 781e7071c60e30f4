"""Fields of receptions: a recurrence rule, which people may also type in words, and a list of days."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from grid321.core.api import LongText, Text
from grid321.core.api import gettext as _

from .calendar_rules import BadRule, normal, stored_days

DAYS = {"一": "MO", "二": "TU", "三": "WE", "四": "TH", "五": "FR", "六": "SA", "日": "SU", "天": "SU"}
PLACES = {"一": "1", "二": "2", "三": "3", "四": "4", "1": "1", "2": "2", "3": "3", "4": "4"}
_MONTHLY = re.compile(r"每月((?:[0-9]{1,2}[日号]?[、,，和及]?)+)")
_WEEKLY = re.compile(r"每(隔?)(?:个|一)?(?:周|星期|礼拜)([一二三四五六日天](?:[、,，和及][一二三四五六日天])*)")
_NTH = re.compile(r"每月(?:第([一二三四1-4])|(最后一))个(?:周|星期|礼拜)([一二三四五六日天])")
_WORKDAY = re.compile(r"每月(?:第一个|首个)工作日")


def from_words(text: str) -> str | None:
    """The rule that usual words name (每月15日、每周三、每月第二个周三、每月最后一个周五、每隔周一); None for other words."""
    words = re.sub(r"\s", "", text)
    if found := _NTH.fullmatch(words):
        return f"FREQ=MONTHLY;BYDAY={'-1' if found[2] else PLACES[found[1]]}{DAYS[found[3]]}"
    if found := _WEEKLY.fullmatch(words):
        every = ";INTERVAL=2" if found[1] else ""
        return f"FREQ=WEEKLY{every};BYDAY={','.join(DAYS[sign] for sign in found[2] if sign in DAYS)}"
    if found := _MONTHLY.fullmatch(words):
        return f"FREQ=MONTHLY;BYMONTHDAY={','.join(re.findall('[0-9]+', found[1]))}"
    return "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1" if _WORKDAY.fullmatch(words) else None


def in_words(rule: str) -> str:
    """A rule as people read it: by its words where there are usual ones, otherwise as it is stored."""
    parts = dict(item.split("=", 1) for item in rule.split(";") if "=" in item)
    ends = {"COUNT", "UNTIL", "WKST"}
    said = {name: value for name, value in parts.items() if name not in ends}
    names = {"MO": _("Monday"), "TU": _("Tuesday"), "WE": _("Wednesday"), "TH": _("Thursday"), "FR": _("Friday"),
             "SA": _("Saturday"), "SU": _("Sunday")}
    nth = {"1": _("first"), "2": _("second"), "3": _("third"), "4": _("fourth"), "-1": _("last")}
    if set(said) == {"FREQ", "BYMONTHDAY"} and said["FREQ"] == "MONTHLY" and "-" not in said["BYMONTHDAY"]:
        return _("Each month on day %(days)s", days=said["BYMONTHDAY"].replace(",", "、"))
    if set(said) == {"FREQ", "BYDAY"} and said["FREQ"] == "WEEKLY":
        return _("Each week on %(days)s", days="、".join(names[sign] for sign in said["BYDAY"].split(",")))
    single = re.fullmatch("([1-4]|-1)([A-Z]{2})", said.get("BYDAY", ""))
    if set(said) == {"FREQ", "BYDAY"} and said["FREQ"] == "MONTHLY" and single:
        return _("Each month on the %(place)s %(day)s", place=nth[single[1]], day=names[single[2]])
    return rule


class Recurrence(Text):
    """A rule of RFC 5545, stored without ``RRULE:``; people may type usual words instead."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return normal(from_words(text) or text) if text else ""
        except BadRule as problem:
            raise ValidationError(str(problem)) from None

    def display(self, value: Any, record: Any = None) -> str:
        return in_words(value) if value else ""


class DayList(LongText):
    """Days, parted by blanks, commas or lines; stored in order as ISO days with a blank between them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return stored_days(text)
        except BadRule as problem:
            raise ValidationError(str(problem)) from None
