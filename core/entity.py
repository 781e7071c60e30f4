"""Declarations of a plugin: what it is and which records it brings. Plain frozen data, checked at start-up.

This module imports nothing else from the core: a declaration says *what*, the core decides *how*.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Label = Any  # a str or a lazily translated str
"""A text that is translated when it is shown."""

LEVELS = ("province", "city", "county", "town", "village", "grid")
ACTIONS = ("create", "edit", "delete", "import", "export")


@dataclass(frozen=True)
class Role:
    """A named set of permissions that is granted on a division (and its subtree).

    ``levels``: levels of divisions it may be granted on, empty for any. ``department`` is True for a role that is granted
    within a department and sees only what that department handles.
    """

    key: str
    label: Label
    permissions: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    department: bool = False


@dataclass(frozen=True)
class PostKind:
    """A post that a person holds on a division (网格长, 网格员 …); whoever holds it has ``role`` there."""

    key: str
    label: Label
    levels: tuple[str, ...]
    role: str | None = None
    department: bool = False


@dataclass(frozen=True)
class Setting:
    """A typed value that is inherited down the tree; a county overrides it with its own source and valid-from.

    ``kind``: ``int``, ``text``, ``flag``, ``day``, ``choice`` (with ``choices`` as (code, label)) or ``length``
    (a clock length such as ``"7 d"``, ``"10 wd"``, ``"3 m"``). ``source`` says where the default comes from. An
    ``optional`` one may have no value (None): the rule says nothing, and a clock of that length does not start.
    """

    key: str
    label: Label
    kind: str
    default: Any
    source: Label = ""
    choices: tuple[tuple[str, Label], ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    optional: bool = False
    check: Callable[[str], str] | None = None
    """Of a text: returns it as it is stored, raises ``ValueError`` in words that a person reads."""


@dataclass(frozen=True)
class ClassScheme:
    """A list of classes that a county edits (the eight classes of ledger information, outcome classes …)."""

    key: str
    label: Label
    items: tuple[tuple[str, Label], ...]
    source: Label = ""


@dataclass(frozen=True)
class Plugin:
    """The manifest. ``requires`` maps plugin keys to version ranges; ``after`` orders without requiring.

    ``grants`` adds permissions of this plugin to roles of others: role key → permissions (a deputy, whose role is the core's, may
    raise what this plugin handles). A role of a plugin that is not installed is passed over.
    """

    key: str
    label: Label
    version: str
    api: str = ">=1.0,<2"
    description: Label = ""
    requires: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    posts: tuple[PostKind, ...] = ()
    settings: tuple[Setting, ...] = ()
    classes: tuple[ClassScheme, ...] = ()
    permissions: tuple[tuple[str, Label], ...] = ()
    links: tuple[Link, ...] = ()
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    demo: Callable[[Any], None] | None = None
    icon: str = "puzzle"
    always_on: bool = False


@dataclass(frozen=True)
class Counter:
    """A maintained count of an entity's records per value of ``column``, per division of the tree and month of origin."""

    column: str


@dataclass(frozen=True)
class Grouping:
    """Cases of an entity may be grouped and split, and duplicates among them are looked for.

    ``shared`` are the columns that the handling writes and that members of a group have from their lead (the answer, its
    outcome); ``alike`` are the columns of text that are compared to find reports about the same need.
    """

    shared: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entity:
    """A kind of record. From this the core makes pages, REST, import, export, print, search, permissions and audit.

    ``key`` is ``<plugin>.<name>``; ``division`` names the column with the division's id, None for a record outside the
    tree; ``columns`` are shown in the list, ``filters`` and ``sorts`` (``-`` for descending) are what a URL may ask;
    ``search`` are the columns of the search box; ``import_key`` identifies a row of an import; ``personal`` names fields
    that are sealed, masked and revealed only with a reason; ``title`` is the field that names a record to people;
    ``levels`` are the levels of divisions at which records live (empty: any); ``counters`` are maintained statistics.
    ``menu`` is where the list stands in the menu: ``main``, ``more`` (folded, for what is seldom needed), ``people``, ``admin``
    or None; ``fold`` names the folded part of the menu (``more``) that it stands in, where a plugin has many.
    ``create`` may replace the plain insert by a service function ``create(data, actor, node) -> record`` called inside
    the transaction; ``check(data, record_or_None, node) -> dict of errors`` adds rules across fields;
    ``after(record, values, actor, node)`` writes what hangs on a record, inside the transaction that created it or changed the
    columns ``values``;
    ``home(values) -> division id or None`` names the division at which a new record lives where nobody types it (that of the
    station which a reception belongs to); it must lie inside what is looked at;
    ``closed(record) -> bool`` says when a record stays as it is (a case does so in a final state);
    ``grouping`` lets cases be grouped (permission ``<key>.group``); ``steps`` are (key, label) of what services of the plugin
    note in a record's history beside its transitions;
    ``shown_to(department_id)`` is the condition for records that a department may see and comment on, and nothing else, although
    another one handles them (a unit that helps another with its case).
    ``beside`` are keys of transitions that its page never shows as the step to take next (what a step ends without an answer
    never is); ``awaited`` those that it announces with the reason while their guard refuses them;
    ``forward`` those that stand in the way although they end the case without an answer (to agree that a unit returns it);
    ``waits`` are (state, sentence) of who has a case in that state, where its desk does not tell.
    ``news`` says whether the newest ones are news to show on the start page; what is made by the dozen (a year's days) is none.
    ``verify() -> sentences`` says what of rows that follow others is not as a recount has it, for ``grid321 verify``.
    """

    key: str
    model: type[Any]
    schema: type[Any]
    label: Label
    division: str | None = "division_id"
    columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    sorts: tuple[str, ...] = ("-id",)
    import_key: str | None = None
    personal: tuple[str, ...] = ()
    title: str = "id"
    actions: tuple[str, ...] = ACTIONS
    icon: str = "folder"
    menu: str | None = "main"
    fold: Label = ""
    news: bool = True
    counters: tuple[Counter, ...] = ()
    levels: tuple[str, ...] = ()
    description: Label = ""
    create: Callable[..., Any] | None = None
    update: Callable[..., Any] | None = None
    delete: Callable[..., Any] | None = None
    after: Callable[..., None] | None = None
    check: Callable[..., dict[str, Any]] | None = None
    number: Callable[..., str] | None = None
    home: Callable[[Mapping[str, Any]], int | None] | None = None
    closed: Callable[[Any], bool] | None = None
    grouping: Grouping | None = None
    steps: tuple[tuple[str, Label], ...] = ()
    shown_to: Callable[[int], Any] | None = None
    beside: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()
    forward: tuple[str, ...] = ()
    waits: tuple[tuple[str, Label], ...] = ()
    verify: Callable[[], Iterable[str]] | None = None

    @property
    def plugin(self) -> str:
        """Key of the plugin that owns this entity."""
        return self.key.partition(".")[0]

    @property
    def name(self) -> str:
        """The part of the key after the plugin: the last part of its URL."""
        return self.key.partition(".")[2]

    def permission(self, action: str) -> str:
        """The permission that ``action`` (view, comment, create, edit, delete, import, export, reveal) needs.

        Who sees a record comments on it: to ``comment``, which is also to add a file to a case, has no permission of its own,
        and is narrowed by hook ``scope`` where somebody only reads.
        """
        return f"{self.key}.{'view' if action == 'comment' else action}"

    @property
    def permissions(self) -> tuple[str, ...]:
        """All permissions this entity brings."""
        actions = ["view", *self.actions] + (["reveal"] if self.personal else []) + (["group"] if self.grouping else [])
        return tuple(self.permission(action) for action in actions)


@dataclass(frozen=True)
class EntityExtension:
    """Fields that another plugin adds to an entity, kept in a one-to-one side table ``model`` (unique ``record_id``).

    A field ``zone`` of plugin ``lvliang`` is called ``lvliang__zone`` in forms, API, sheets and the ledger. It is there
    exactly where that plugin is on at the record's division; elsewhere it is unknown, and what was written is kept. It is
    written, counted as a change and deleted together with the record. Personal fields (``personal=True``) are sealed and
    need an entity that has personal fields itself, because its permission to reveal guards them. Rules across fields
    belong into hook ``refuse``.
    """

    entity: str
    model: type[Any]
    schema: type[Any]


@dataclass(frozen=True)
class Conversion:
    """A case of entity ``source`` becomes a record of entity ``target`` (a matter becomes a suggestion), with trace.

    ``step`` is the transition of the source's workflow that ends the case with ``flow="joined"``: it leaves its bank without
    being solved, because the new record carries the need on, and is in no figure any more. A new case is booked as received,
    not as collected, so what is collected counts needs once over all plugins. ``fields`` gives, by field of the target, the
    field of the source it is filled from, or a function ``fill(case) -> value``; a person reviews and changes it all before.
    ``place(case)`` may name the division, the case's own or one above it, at which the new record lives (its id); with None, or
    without it, that is the nearest one where such records live. With ``hands_up`` whoever may take the step may hand the record
    to that place without the right to make records there: it lives nowhere else then, and a check of the target that asks who
    may write what it says finds the case by ``conversions.origin()``.
    """

    source: str
    step: str
    target: str
    label: Label
    fields: Mapping[str, str | Callable[[Any], Any]] = field(default_factory=dict)
    place: Callable[[Any], int | None] | None = None
    hands_up: bool = False


@dataclass(frozen=True)
class Panel:
    """A piece that a plugin adds to a slot: a template of its own with the data it needs."""

    title: Label
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    order: int = 100


@dataclass(frozen=True)
class Job:
    """Work in the background: ``run(context, args)``, safe to be done again after an interruption."""

    key: str
    label: Label
    run: Callable[..., Any]
    permission: str | None = None


@dataclass(frozen=True)
class Standing:
    """Work that every worker looks for again and again: ``run() -> how many were done``, every ``every`` seconds.

    It is called outside a transaction and must take only what no other worker has (compare-and-set); it should return within
    a minute, and is called again at once while it returns more than 0.
    """

    key: str
    label: Label
    run: Callable[[], int]
    every: float = 5.0


@dataclass(frozen=True)
class TextMessage:
    """A text message that arrived: the gateway's own id of it, the sender's telephone number, what it says."""

    id: str
    sender: str
    text: str


@dataclass(frozen=True)
class GatewayPost:
    """What a gateway posted, when it is genuine: its messages, and the words it wants to hear when they were taken."""

    messages: tuple[TextMessage, ...]
    answer: str = "OK"


@dataclass(frozen=True)
class Document:
    """A form of the records of an entity, on paper and as a Word file.

    Say what it looks like once, by ``sheet`` (a ``sheet.Sheet``: gives the page and the .docx file), or write a template of your
    own that extends ``document.html`` (``template``: gives the page only). A theme may replace either by
    ``templates/<plugin>/forms/<name>.html``, and a county the Word file by a .docx template; see docs/forms.md.

    It gets ``entity``, ``record``, ``document``, ``number``, ``title``, ``state``, ``due``, ``facts``, ``texts`` (the text
    of each field by name), ``places`` (names of divisions by level), ``timeline``, ``comments`` and ``attachments``, and what
    ``context(record, node, actor)`` returns beside; personal values come masked, and ``context`` must not open them. A sheet and
    a Word template get these as plain text, numbers, lists and mappings only. ``when(record)``: whether a record has this form
    at all (no letter before there is an answer). Its address is the record's with ``/form/<name>``, so the part of the key after
    the plugin is used once for an entity. It is there where the plugin that declares it is on.
    """

    key: str
    entity: str
    label: Label
    template: str = ""
    sheet: Any = None
    context: Callable[[Any, Any, Any], Mapping[str, Any]] | None = None
    when: Callable[[Any], bool] | None = None

    @property
    def name(self) -> str:
        """The part of the key after the plugin: the last part of its URL."""
        return self.key.partition(".")[2]


@dataclass(frozen=True)
class DivisionDocument:
    """A form of a division and not of a record: a ledger, a list, a bulletin. Its address is ``/d/<code>/<plugin>/form/<name>``.

    ``sheet`` as in ``Document``. ``context(node, actor, period)`` returns what it gets; it must show no more than ``actor`` may
    see. ``period``: "month" (asked for as ``?month=2026-11``, the present one by default), "year" or "" for none.
    ``when(node)``: whether a division has this form. Offered on the page of forms of the division (``/d/<code>/core/forms``).
    """

    key: str
    label: Label
    permission: str
    sheet: Any
    context: Callable[[Any, Any, str], Mapping[str, Any]]
    period: str = "month"
    when: Callable[[Any], bool] | None = None

    @property
    def name(self) -> str:
        """The part of the key after the plugin: the last part of its URL."""
        return self.key.partition(".")[2]


@dataclass(frozen=True)
class Refusal:
    """Why a step is refused: text for the person, a stable code, the field it is about.

    ``for_good``: nothing that happens to the record will allow it, so its page does not announce the step.
    """

    message: Label
    code: str = "refused"
    field: str | None = None
    remedy: Label = ""
    for_good: bool = False


@dataclass(frozen=True)
class Delivery:
    """What a channel did with a message. ``detail`` says in short why not, without anything personal.

    ``final``: trying again cannot help. ``whole``: the channel itself fails, so it rests a while and other messages wait.
    """

    channel: str
    ok: bool
    detail: str = ""
    final: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Link:
    """A page of a plugin in the menu (``main``, ``people``, ``admin``) or a button of the start page (``quick``).

    ``endpoint`` takes the division's code and nothing else; ``permission`` is what an actor needs to see it. One that is
    ``first`` is where somebody's day begins: it stands before the lists, and in the few places at the foot of a telephone.
    ``fold`` names the folded part that one of menu ``more`` stands in, as that of an entity does.
    """

    endpoint: str
    label: Label
    icon: str = "dot"
    permission: str | None = None
    menu: str = "main"
    first: bool = False
    fold: Label = ""
