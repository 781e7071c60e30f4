"""Strategies for workflows: sound by construction, with every kind of move, actor, clock and end."""
from dataclasses import replace
from itertools import pairwise

from hypothesis import strategies as st

from grid321.core.api import Clock, Move, State, Transition, Workflow, WorkflowExtension, days, months, working_days
from grid321.core.clock_rules import Extension, hours

from . import wild
from .wild import declarations

MOVES = ("stay", "up", "down", "to_department", "from_department")
KEY, ENTITY = "wild.life", "wild.case"
FINALS = ("done", "dropped")
DESKS = ("holder", "department", "reporter")
LENGTHS = (days(0), days(1), days(3), days(10), working_days(1), working_days(5), months(1), hours(5), hours(30))


@st.composite
def clocks(draw, state, open_states, number, busy):
    """A clock of ``state``: length, where it runs and rests, reminders, extension, consequence."""
    others = [key for key in open_states if key != state]
    quiet = [key for key in others if key not in busy]  # nothing leads there by itself
    rests = [draw(st.sampled_from(quiet))] if quiet and draw(st.booleans()) else []
    others = [key for key in others if key not in rests]
    runs = draw(st.lists(st.sampled_from(others), unique=True, max_size=2)) if others else []
    length = draw(st.sampled_from(LENGTHS))
    remind = tuple(n for n in draw(st.lists(st.sampled_from((-2, 1, 4)), unique=True, max_size=2))
                   if n > 0 or length.least_days > -n)
    longer = Extension("wild.ask", "wild.approve", replace(length, number=length.number + 5)) if draw(st.booleans()) else None
    return Clock(f"c{number}", length, f"Clock {number}", draw(st.sampled_from(("notify", "mark", "send_up", "supervise"))),
                 until=(state, *runs) if runs else (), pause=tuple(rests), remind=remind, extension=longer)


@st.composite
def states(draw, keys, busy):
    """The open states with their clocks, and both ends."""
    found, number = [], 0
    for key in keys:
        own = []
        for _clock in range(draw(st.integers(0, 2))):
            own.append(draw(clocks(key, keys, number, busy)))
            number += 1
        found.append(State(key, f"State {key}", clocks=tuple(own), desk=draw(st.sampled_from(DESKS))))
    return (*found, *(State(key, f"State {key}", final=True) for key in FINALS))


@st.composite
def steps(draw, key, source, target, final):
    """One transition between two given states."""
    move = draw(st.sampled_from(MOVES)) if not final else "stay"
    by = "department" if move == "from_department" else draw(st.sampled_from((*DESKS, "holder", "scope")))
    guard = draw(st.sampled_from(declarations.GUARDS))
    flow = draw(st.sampled_from(("solved", "closed", "withdrawn", declarations.as_answered))) if final else None
    automatic = not final and move == "stay" and target > source and draw(st.integers(0, 2)) == 0
    return Transition(
        key, source, target, f"Step {key}", None if automatic else wild.ACT, by=by, moves=Move(move, 1 if move == "up" else 0),
        guard=guard, sets=draw(st.sampled_from(declarations.SETS)), automatic=automatic, flow=flow,
        asks=(declarations.Unit,) if move == "to_department" else ())


@st.composite
def workflows(draw, version=1, fewest=3):
    """A sound workflow: a chain leads through every state to an end; further steps and loops lie across it."""
    keys = [f"s{n}" for n in range(draw(st.integers(fewest, 5)))]
    pairs = [*pairwise(keys), (keys[-1], FINALS[0]), (keys[draw(st.integers(0, len(keys) - 1))], FINALS[1])]
    for _more in range(draw(st.integers(2, 7))):
        pairs.append((draw(st.sampled_from(keys)), draw(st.sampled_from(keys))))
    found = [draw(steps(f"t{n}", source, target, target in FINALS)) for n, (source, target) in enumerate(pairs)]
    # The chain itself is open to everybody who holds the case, or random guards would leave nothing to do.
    found = [replace(t, by="scope", guard=None, moves=Move("stay"), automatic=False, permission=wild.ACT, asks=())
             if n < len(keys) and n % 2 else t for n, t in enumerate(found)]
    moving = [Transition(f"m{n}", keys[draw(st.integers(0, len(keys) - 1))], draw(st.sampled_from(keys)), f"Move {n}", wild.ACT,
                         by="scope", moves=Move(kind, 1 if kind == "up" else 0),
                         asks=(declarations.Unit,) if kind == "to_department" else ())
              for n, kind in enumerate(("up", "down", "to_department", "down", "up"))]
    moving.append(Transition("m9", keys[draw(st.integers(0, len(keys) - 1))], draw(st.sampled_from(keys)), "Give back", wild.ACT,
                             by="department", moves=Move("from_department")))
    moving.append(Transition("a0", keys[1], keys[2], "By itself", automatic=True, guard=declarations.not_stubborn))
    moving += [Transition(f"e{n}", draw(st.sampled_from(keys[1:])), FINALS[n % 2], f"End {n}", wild.ACT, by="scope", flow=flow)
               for n, flow in enumerate(("solved", "closed", "withdrawn", "solved"))]
    busy = {step.target for step in (*found, *moving) if step.automatic}
    return Workflow(KEY, ENTITY, version, draw(states(keys, busy)), (*found, *moving), initial=keys[0], numbers="WD",
                    label="Wild life")


@st.composite
def later(draw, flow):
    """A later version of ``flow``: other steps, clocks and guards; sometimes a state more or less."""
    return draw(workflows(version=flow.version + 1))


@st.composite
def extensions(draw):
    """What a region adds to every version: a clock, a step, perhaps a guard. Names only what each workflow has."""
    keys = ("s0", "s1")
    guarded = draw(st.sampled_from(((), (("t0", declarations.no_storm),), (("m1", declarations.no_storm),))))
    step = Transition("x0", draw(st.sampled_from(keys)), draw(st.sampled_from(keys)), "Step of the region", wild.ACT, by="scope")
    clock = Clock("cx", days(2), "Clock of the region", "mark")
    return WorkflowExtension(KEY, transitions=(step,), guards=guarded, clocks=((draw(st.sampled_from(keys)), clock),))
