"""The ground of tests about forms: a reception day with its register, an opinion with its unit, a plan, a full station."""
from __future__ import annotations

from datetime import timedelta

from support.docx_reader import Docx

from grid321.core.tree import ancestor_columns
from grid321.plugins.liaison_station import register
from grid321.plugins.liaison_station.day_models import Visit
from grid321.plugins.liaison_station.deputy_models import Deputy
from grid321.plugins.liaison_station.reception_models import Postponement, Reception

from .opinion_ground import DAY

SAID = "村口的路灯坏了三盏，晚上出门看不见路。希望修好。"
RARE = "欧阳𠮷䶮㛃"
LONG = "阿卜杜热西提·麦麦提图尔荪·买买提艾力"


def word(browser, address):
    """The Word file at an address, read back and checked."""
    answer = browser.get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)[:800]
    return Docx(answer.data).check()


def base(world, place="village"):
    """The plugin's pages below a division."""
    return f"/d/{getattr(world.tree, place).code}/liaison_station"


def line(world, day, **changes):
    """A line of a register, by the village's liaison officer."""
    values = {"station_id": day.station_id, "reception_id": day.id, "deputy_id": world.deputies["zhao"].id, "kind": "opinion",
              "text": SAID, "name": "吴秀兰", "phone": "13909150001", "persons": 1, "result": "answered",
              "answer": "已电话联系供电所，明日来修。", **changes}
    return register.note_visit(values, world.actors["village_liaison"], world.tree.village)


def crowd(world, day, count=40):
    """Many lines, some of them long, some said by people with rare or long names."""
    names = ("吴秀兰", RARE, LONG, "王五", "")
    for number in range(1, count + 1):
        line(world, day, name=names[number % 5], text=SAID * (4 if number % 7 == 0 else 1) + f"第{number}条。",
             persons=1 + number % 3, result="opinion" if number % 4 == 0 else "answered", subject="roads",
             wants_answer=number % 5 != 4, paper_line=number if number <= 10 else None)


def renamed(world, who, name):
    """Give a deputy another name."""
    Deputy.update(name=name).where(Deputy.id == world.deputies[who].id).execute()


def put_off(world, day, ahead=5, reason="镇上当日召开人代会。", late=False):
    """A reception that was put off by a week; returns the postponement."""
    place = ancestor_columns(world_tree(), world.node("wuli_village"))
    new = day.day + timedelta(days=7)
    made = Postponement.create(reception_id=day.id, station_id=day.station_id, from_day=day.day, to_day=new,
                               told_on=day.day - timedelta(days=ahead), days=ahead, late=late, reason=reason, **place)
    Reception.update(day=new, postponed=1, state="postponed").where(Reception.id == day.id).execute()
    return made


def world_tree():
    """The administrative tree of the present snapshot."""
    from grid321.core import snapshot

    return snapshot.current().tree


def visits():
    """Lines of all registers as (line on paper, text), in order."""
    return [(one.paper_line, one.text) for one in Visit.select().order_by(Visit.id)]


__all__ = ["DAY"]
