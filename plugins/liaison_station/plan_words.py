"""Recurrence rules in words, both ways: what people type becomes a rule of RFC 5545, and every rule is read in words."""
from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from grid321.core.api import format_day
from grid321.core.api import gettext as _

from .calendar_rules import read_days
from .reception_models import Schedule

DAYS = {"一": "MO", "二": "TU", "三": "WE", "四": "TH", "五": "FR", "六": "SA", "日": "SU", "天": "SU"}
WEEK = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = "MO,TU,WE,TH,FR"
PLACES = {"一": "1", "二": "2", "三": "3", "四": "4", "1": "1", "2": "2", "3": "3", "4": "4"}
ENDS = {"COUNT", "UNTIL", "WKST"}
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
    return f"FREQ=MONTHLY;BYDAY={WORKDAYS};BYSETPOS=1" if _WORKDAY.fullmatch(words) else None


def weekdays() -> dict[str, str]:
    """The days of the week by their sign in a rule, in the present language."""
    return dict(zip(WEEK, (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")),
                    strict=True))


def places() -> dict[str, str]:
    """First to last, by their sign in a rule."""
    return {"1": _("first"), "2": _("second"), "3": _("third"), "4": _("fourth"), "-1": _("last")}


def in_words(rule: str) -> str:
    """A rule as people read it; one that no words fit stays as it is stored."""
    parts = dict(item.split("=", 1) for item in rule.split(";") if "=" in item)
    said = {name: value for name, value in parts.items() if name not in ENDS}
    every = _every(said.pop("FREQ", ""), int(said.pop("INTERVAL", "1")), said)
    text = _which(every, said) if every else None
    return text or rule


def _every(frequency: str, interval: int, said: dict[str, str]) -> str:
    """How often, such as “Each month”; takes the months out of ``said``. Empty for what has no words."""
    months = said.pop("BYMONTH", "")
    if months and frequency in ("MONTHLY", "YEARLY") and interval == 1:
        return _("Each year in month %(months)s", months=months.replace(",", "、"))
    if months:
        return ""
    single = {"DAILY": _("Each day"), "WEEKLY": _("Each week"), "MONTHLY": _("Each month"), "YEARLY": _("Each year")}
    if interval == 1:
        return single.get(frequency, "")
    return {"DAILY": _("Every %(n)s days", n=interval), "WEEKLY": _("Every %(n)s weeks", n=interval),
            "MONTHLY": _("Every %(n)s months", n=interval), "YEARLY": _("Every %(n)s years", n=interval)}.get(frequency, "")


def _which(every: str, said: Mapping[str, str]) -> str | None:
    """Which days of it; None for what has no words."""
    names, nth = weekdays(), places()
    if not said:
        return every
    if set(said) == {"BYMONTHDAY"}:
        if said["BYMONTHDAY"] == "-1":
            return _("%(every)s on the last day of the month", every=every)
        if "-" not in said["BYMONTHDAY"]:
            days = said["BYMONTHDAY"].replace(",", "、")
            plain = every == _("Each month")
            return _("Each month on day %(days)s", days=days) if plain else _("%(every)s on day %(days)s", every=every, days=days)
    if said.get("BYDAY") == WORKDAYS and said.get("BYSETPOS") in ("1", "-1") and len(said) == 2:
        return _("%(every)s on the first day from Monday to Friday", every=every) if said["BYSETPOS"] == "1" else _(
            "%(every)s on the last day from Monday to Friday", every=every)
    if set(said) != {"BYDAY"}:
        return None
    signs = said["BYDAY"].split(",")
    if all(sign in names for sign in signs):
        listed = "、".join(names[sign] for sign in signs)
        plain = every == _("Each week")
        return _("Each week on %(days)s", days=listed) if plain else _("%(every)s on %(days)s", every=every, days=listed)
    found = [re.fullmatch("([1-4]|-1)([A-Z]{2})", sign) for sign in signs]
    if all(one and one[2] in names for one in found):
        # A sentence inside of another's call is not found by the extraction of strings, so it stands by itself.
        listed = "、".join(_("the %(nth)s %(weekday)s", nth=nth[one[1]], weekday=names[one[2]]) for one in found if one)
        return _("%(every)s on %(days)s", every=every, days=listed)
    return None


def lines_of(schedule: Any) -> list[str]:
    """A rule with its exceptions and extra days, a sentence each: what pages and notices print."""
    found = [in_words(schedule.rrule)]
    left_out, added = read_days(schedule.left_out), read_days(schedule.added)
    if left_out:
        found.append(_("Without %(days)s", days=_listed(left_out)))
    if added:
        found.append(_("Also on %(days)s", days=_listed(added)))
    if schedule.on_holiday == "skip":
        found.append(_("Left out on public holidays"))
    elif schedule.on_holiday == "next":
        found.append(_("On a public holiday it moves to the next working day"))
    return found


def _listed(days: list[date]) -> str:
    return "、".join(format_day(day) for day in days)


def rules_of(station_id: int, day: date) -> list[Schedule]:
    """The rules of a station that hold on a day, the oldest first. One query."""
    return _holding(station_id, day, day)


def rules_in(station_id: int, year: int) -> list[Schedule]:
    """The rules of a station that hold at some time in a year, the oldest first. One query."""
    return _holding(station_id, date(year, 1, 1), date(year, 12, 31))


def _holding(station_id: int, first: date, last: date) -> list[Schedule]:
    return list(Schedule.select().where((Schedule.station_id == station_id) & (Schedule.from_day <= last)
                                        & (Schedule.to_day >= first)).order_by(Schedule.id))


def rule_from(choice: Mapping[str, str], chosen_days: list[str]) -> str:
    """The rule that the chooser's answers say: ``how`` (days, week, nth, workday, typed) with what belongs to it.

    Returns text for ``calendar_rules.normal``, which refuses what cannot be used.
    """
    how, every = choice.get("how", "days"), choice.get("every", "1").strip() or "1"
    step = f";INTERVAL={every}" if every != "1" else ""
    if how == "days":
        return f"FREQ=MONTHLY{step};BYMONTHDAY={','.join(re.split(r'[^0-9-]+', choice.get('numbers', '').strip(' ,、日号')))}"
    if how == "week":
        return f"FREQ=WEEKLY{step};BYDAY={','.join(day for day in WEEK if day in chosen_days)}"
    if how == "nth":
        return f"FREQ=MONTHLY{step};BYDAY={choice.get('place', '1')}{choice.get('weekday', 'MO')}"
    if how == "workday":
        return f"FREQ=MONTHLY{step};BYDAY={WORKDAYS};BYSETPOS=1"
    typed = choice.get("typed", "")
    return from_words(typed) or typed
