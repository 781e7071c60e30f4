"""What should be: cases, banks and clocks as plain Python, kept beside the platform by the stateful tests.

Written from the declarations' documentation, not from the engine: both must agree after every action.
"""
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class ModelClock:
    """One clock of a case: open or not, resting or not; what the sweep did with it."""

    key: str
    state: str = "running"
    over: bool = False


@dataclass
class ModelCase:
    """One case."""

    id: int
    title: str
    kind: str
    home: object
    state: str
    holder: object
    flow: object
    reporter: int
    department: int | None = None
    version: int = 1
    touched: int = 0
    closed: bool = False
    entries: int = 1
    came_from: list = field(default_factory=list)
    clocks: dict = field(default_factory=dict)

    def open_clocks(self):
        return {key: clock for key, clock in self.clocks.items() if clock.state in ("running", "paused")}


class Model:
    """All cases, and what the balance of every bank must say by month."""

    def __init__(self, tree, offices, levels=("village", "town", "county")):
        self.tree, self.offices, self.levels = tree, offices, levels
        self.cases = {}
        self.bases = {}
        self.extension = None
        self.flows = Counter()
        self.on = {"wild": {}, "wilder": {}}

    # ------------------------------------------------------------ who may

    def is_on(self, plugin, node):
        """True when a plugin is on at a division: the nearest row decides."""
        if not plugin:
            return True
        return next((self.on[plugin][place] for place in reversed(node.path) if place in self.on[plugin]), False)

    def refuses(self, case, step):
        """True when a guard of the version, or of the region where it is on, says no."""
        base = next((t for t in self.bases[case.flow.version].transitions if t.key == step.key), step)
        name = getattr(base.guard, "__name__", "")
        if (name == "not_stubborn" and case.title == "stubborn") or (name == "only_fresh" and case.touched >= 2):
            return True
        fits = any(t.key == "x0" for t in case.flow.transitions)  # the extension holds for this version
        guarded = self.extension is not None and fits and step.key in dict(self.extension.guards)
        return guarded and self.is_on("wilder", case.holder) and case.kind == "red"

    def destination(self, case, step):
        """The division and department after the step; None when there is none."""
        kind = step.moves.kind
        if kind == "up":
            parent = self.tree.parent(case.holder)
            return (parent, None) if parent is not None and parent.level in self.levels and self.is_on("wild", parent) else None
        if kind == "down":
            below = next((node for node in reversed(case.came_from)
                          if node.depth > case.holder.depth and self.tree.covers(case.holder, node)), None)
            return (below, None) if below is not None else None
        if kind == "to_department":
            return case.holder, self.offices[case.holder.id]
        return case.holder, case.department

    def legal(self, case):
        """The steps that somebody may take on the case now, in declared order, without the automatic ones."""
        if case.closed:
            return []
        return [step for step in case.flow.from_state(case.state) if not step.automatic and self.possible(case, step)]

    def possible(self, case, step):
        return self.reachable(case, step) and not self.refuses(case, step)

    def reachable(self, case, step):
        """True when nothing but a guard can stand against the step."""
        if step.plugin and not self.is_on(step.plugin, case.holder):
            return False
        if step.by == "department" and case.department is None:
            return False
        return self.destination(case, step) is not None

    # ------------------------------------------------------------ what happens

    def book(self, node, kind, month):
        self.flows[node.id, month, kind] += 1

    def create(self, case, month):
        self.cases[case.id] = case
        self.book(case.holder, "collected", month)
        self.enter(case, case.state)

    def take(self, case, step, data, month):
        """Take one step, then the automatic ones."""
        self.one(case, step, data, month)
        for _turn in range(5):
            if case.closed:
                return
            following = next((t for t in case.flow.from_state(case.state) if t.automatic
                              and (not t.plugin or self.is_on(t.plugin, case.holder))
                              and not self.refuses(case, t)), None)
            if following is None:
                return
            self.one(case, following, {}, month)

    def one(self, case, step, data, month):
        holder, department = self.destination(case, step)
        before, case.department = case.holder, department
        if holder.id != before.id:
            up = holder.depth < before.depth
            self.book(before, "sent_up" if up else "sent_down", month)
            self.book(holder, "received", month)
            case.came_from.append(before)
        name = getattr(step.sets, "__name__", "")
        if name == "touched":
            case.touched += 1
        if name == "recoloured":
            case.kind = "red" if case.kind == "blue" else "blue"
        goal = case.flow.state(step.target)
        case.holder, case.version, case.entries = holder, case.version + 1, case.entries + 1
        if step.target != case.state:
            self.leave(case, goal, step)
            case.state = step.target
            if not goal.final:
                self.enter(case, goal.key)
        if goal.final:
            case.closed = True
            flow = step.flow if isinstance(step.flow, str) else ("solved" if data.get("good") else "closed")
            self.book(holder, flow, month)

    def leave(self, case, goal, step):
        known = case.flow.clocks()
        for key, clock in case.open_clocks().items():
            home, declared = known[key]
            if goal.final or goal.key not in (*(declared.until or (home.key,)), *declared.pause):
                clock.state = "cancelled" if step.flow == "withdrawn" else "met"
            elif goal.key in declared.pause:
                clock.state = clock.state if clock.over else "paused"  # too late to rest
            else:
                clock.state = "running"

    def enter(self, case, key):
        for declared in case.flow.state(key).clocks:
            if declared.key not in case.open_clocks() and (not declared.plugin or self.is_on(declared.plugin, case.holder)):
                case.clocks[declared.key] = ModelClock(declared.key)


    # ------------------------------------------------------------ another version

    def stranded(self, flow, mapping):
        """The ids of the open cases under other versions that could not live under ``flow``."""
        return {case.id for case in self.under_others(flow)
                if not self.could_live(case, flow, mapping.get(case.state, case.state))}

    def under_others(self, flow):
        return [case for case in self.cases.values() if not case.closed and case.flow.version != flow.version]

    def could_live(self, case, flow, goal):
        state = next((one for one in flow.states if one.key == goal), None)
        if state is None or state.final:
            return False
        return any(step.automatic or step.by != "department" or case.department is not None for step in flow.from_state(goal))

    def move(self, flow, mapping):
        """Put every open case under ``flow``."""
        for case in self.under_others(flow):
            goal, had = mapping.get(case.state, case.state), {clock.key for clock in case.flow.state(case.state).clocks}
            known = flow.clocks()
            for key, clock in case.open_clocks().items():
                home, declared = known.get(key, (None, None))
                if declared is None or goal not in (*(declared.until or (home.key,)), *declared.pause):
                    clock.state = "cancelled"
                elif goal in declared.pause:
                    clock.state = clock.state if clock.over else "paused"
                else:
                    clock.state = "running"
            still = set(case.open_clocks())
            ended = {key for key in (clock.key for clock in flow.state(goal).clocks) if key not in still}
            case.flow, case.state = flow, goal
            case.version, case.entries = case.version + 1, case.entries + 1
            for declared in flow.state(goal).clocks:
                if declared.key in ended - had and (not declared.plugin or self.is_on(declared.plugin, case.holder)):
                    case.clocks[declared.key] = ModelClock(declared.key)


def open_in(model, node):
    """How many open cases a division holds."""
    return sum(not case.closed and case.holder.id == node.id for case in model.cases.values())
