"""Which plugin is on where: rows on divisions, nearest ancestor wins, default off, immediate in every worker."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import peewee

from . import db
from .errors import NotFound, Refused
from .i18n import gettext as _
from .tree import Node, Tree

if TYPE_CHECKING:
    from .actor import Actor


class Switch(db.Table):
    """A plugin switched on or off for a division and everything below it that says nothing else."""

    id = peewee.BigAutoField()
    plugin = peewee.CharField(max_length=40)
    division_id = peewee.BigIntegerField()
    on = peewee.BooleanField(column_name="is_on")
    changed_at = peewee.DateTimeField(default=db.now)
    changed_by = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "core_switch"
        indexes = ((("plugin", "division_id"), True),)


class Switches:
    """An immutable answer to "is it on here?", made once for each revision of the configuration."""

    __slots__ = ("_always", "_rows")

    def __init__(self, rows: Iterable[tuple[str, int, bool]], always: frozenset[str] = frozenset({"core"})) -> None:
        found: dict[str, dict[int, bool]] = {}
        for plugin, division_id, on in rows:
            found.setdefault(plugin, {})[division_id] = bool(on)
        self._rows: Mapping[str, Mapping[int, bool]] = found
        self._always = always

    def is_on(self, plugin: str, node: Node) -> bool:
        """True when ``plugin`` is on at ``node``: its own row or the nearest ancestor's decides."""
        if plugin in self._always:
            return True
        rows = self._rows.get(plugin)
        if not rows:
            return False
        for division_id in reversed(node.path):
            answer = rows.get(division_id)
            if answer is not None:
                return answer
        return False

    def on_below(self, plugin: str, node: Node, tree: Tree) -> bool:
        """True when ``plugin`` is on at ``node`` or somewhere in its subtree: then its figures make sense here."""
        if self.is_on(plugin, node):
            return True
        return any(on and (place := tree.get(division_id)) is not None and tree.covers(node, place)
                   for division_id, on in self._rows.get(plugin, {}).items())

    def rows(self, plugin: str) -> Mapping[int, bool]:
        """The rows of one plugin: division id → on."""
        return self._rows.get(plugin, {})


def turn(plugin: str, node: Node, on: bool, actor: Actor | None = None) -> None:
    """Switch ``plugin`` on or off for ``node`` and its subtree, in one transaction, with ledger and audit entries.

    ``actor`` is None for the command line.

    Rows below that said something else are removed: the order of the higher level holds for its whole subtree.
    Raises ``NotFound`` for an unknown plugin and ``Refused`` when a plugin that it needs is off here, or, when switching
    off, when a plugin that needs it is still on here or below.
    """
    from . import audit, ledger, snapshot
    from .registry import registry

    plugins = registry().plugins
    manifest = plugins.get(plugin)
    if manifest is None or manifest.always_on:
        known = ", ".join(sorted(p.key for p in plugins.loaded() if p.key != "core"))
        raise NotFound(_("There is no plugin %(key)s that can be switched.", key=plugin),
                       remedy=_("Installed plugins: %(known)s", known=known or "-"))
    account_id = actor.account_id if actor is not None else None
    with db.transaction():
        now = snapshot.current()
        problem = _needs(manifest, node, now) if on else _dependants(plugin, node, now)
        if problem:
            raise Refused(*problem)
        below = [i for i in now.switches.rows(plugin) if (n := now.tree.get(i)) is not None and now.tree.covers(node, n)]
        Switch.delete().where((Switch.plugin == plugin) & (Switch.division_id.in_(below or [0]))).execute()
        Switch.insert(plugin=plugin, division_id=node.id, on=on, changed_by=account_id, changed_at=db.now()).execute()
        ledger.append("core.switch", node.id, "on" if on else "off", node=node, account_id=account_id,
                      facts={"plugin": plugin, "division": node.code})
        audit.event("switch", actor, {"plugin": plugin, "on": on}, division_id=node.id)
        snapshot.bump()


def _needs(manifest: Any, node: Node, now: Any) -> tuple[str, str, str] | None:
    off = [key for key in manifest.requires if not now.switches.is_on(key, node)]
    if not off:
        return None
    return (_("%(key)s cannot be switched on here.", key=manifest.key),
            _("At %(place)s these plugins are off, and it needs them: %(off)s", place=node.name, off=", ".join(off)),
            _("Switch them on first, for the same division or one above it."))


def _dependants(plugin: str, node: Node, now: Any) -> tuple[str, str, str] | None:
    from .registry import registry

    found = [p.key for p in registry().plugins.loaded() if p.manifest is not None and plugin in p.manifest.requires
             and now.switches.on_below(p.key, node, now.tree)]
    if not found:
        return None
    return (_("%(key)s cannot be switched off here.", key=plugin),
            _("At %(place)s or below it these plugins are on, and they need it: %(found)s", place=node.name,
              found=", ".join(found)),
            _("Switch them off first."))
