"""What two people do to one reception day at the same moment."""

import contextvars
import threading

from grid321.core import db
from grid321.core.errors import Problem
from grid321.plugins.liaison_station import day_close, register
from grid321.plugins.liaison_station.day_models import Opinion, Visit
from grid321.plugins.liaison_station.reception_models import Reception

from .opinion_ground import world
from .test_day_desk import SAID, reception_of

__all__ = ["world"]


def together(app, *works):
    """Do the works at the same moment, each on a connection of its own; returns what each gave or how it was refused."""
    ready, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        with app.app_context():
            try:
                ready.wait(timeout=10)
                results[place] = work()
            except Problem as problem:
                results[place] = problem
            finally:
                db.close_thread()

    threads = [threading.Thread(target=contextvars.Context().run, args=(run, place, work)) for place, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def line(world, day, mark=None, **changes):
    """Write a line of the register."""
    values = {"station_id": day.station_id, "reception_id": day.id, "deputy_id": world.deputies["zhao"].id, "kind": "opinion",
              "text": SAID, "phone": "13909150001", "persons": 2, **changes}
    return register.note_visit(values, world.actors["village_liaison"], world.tree.village, mark=mark)


def test_one_line_that_arrives_four_times_at_once_is_one_with_one_opinion(app, world):
    day = reception_of(world)
    results = together(app, *[lambda: line(world, day, "phone-9", result="opinion").id] * 4)

    assert len(set(results)) == 1 and isinstance(results[0], int), results
    assert (Visit.select().count(), Opinion.select().count(), Reception.get().voters) == (1, 1, 2)


def test_lines_that_are_written_at_once_are_all_counted(app, world):
    day = reception_of(world)
    results = together(app, *[lambda: line(world, day).id] * 4)

    assert len(set(results)) == 4
    assert Reception.get().voters == 8


def test_a_day_is_not_closed_over_a_draft_that_is_written_at_the_same_moment(app, world):
    day = reception_of(world)
    place, actor = world.tree.village, world.actors["village_liaison"]
    wrote, closed = together(app, lambda: line(world, day), lambda: day_close.close(day, "接待一人次。", None, actor, place))

    if Reception.get().state == "held":
        assert isinstance(wrote, Problem) and Visit.select().count() == 0
    else:
        assert isinstance(closed, Problem) and register.drafts(day.id) == 1
