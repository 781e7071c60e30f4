"""Checks of single declarations; each mistake is a ``DeclarationError`` that names plugin and key."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from .clock_rules import settings_of
from .db import Case, Record, Scoped
from .entity import ACTIONS, LEVELS, Conversion, DivisionDocument, Entity, EntityExtension, Plugin, PostKind, Role
from .errors import DeclarationError
from .i18n import lazy_gettext as _
from .schemas import fields_of
from .sheet import Sheet
from .version_content import content_of, differences, digest
from .workflow import Workflow, parse_length

SETTING_KINDS = ("int", "text", "flag", "day", "choice", "length")


def check_manifest(manifest: Plugin) -> None:
    """Settings have a known kind and a default that fits; posts and roles name real levels."""
    for setting in manifest.settings:
        where = f"setting {setting.key!r}"
        if setting.kind not in SETTING_KINDS:
            raise DeclarationError(manifest.key, f"{where}: kind {setting.kind!r} is not one of {', '.join(SETTING_KINDS)}")
        if setting.default is None and not setting.optional:
            raise DeclarationError(manifest.key, f"{where}: it has no default; only an optional setting may have none")
        if setting.kind == "length" and setting.default is not None:
            try:
                parse_length(str(setting.default))
            except ValueError as error:
                raise DeclarationError(manifest.key, f"{where}: {error}") from None
    placed: tuple[Role | PostKind, ...] = (*manifest.roles, *manifest.posts)
    for item in placed:
        unknown = set(item.levels) - set(LEVELS)
        if unknown:
            raise DeclarationError(manifest.key, f"{item.key!r}: unknown level {', '.join(sorted(unknown))}")


def check_roles(owner: str, role: Role, permissions: Mapping[str, Any]) -> None:
    """Every permission of a role exists; one of a plugin that is not installed is ignored."""
    owners = {key.partition(".")[0] for key in permissions}
    for permission in role.permissions:
        if permission not in permissions and permission.partition(".")[0] in owners:
            raise DeclarationError(owner, f"role {role.key!r}: there is no permission {permission!r}")


def widened(owner: str, key: str, permissions: Iterable[str], roles: Mapping[str, Role],
            known: Mapping[str, Any]) -> dict[str, Role]:
    """``roles`` where ``key`` also has what plugin ``owner`` grants to it; unchanged while that role is not installed.

    Raises ``DeclarationError`` for a permission of another plugin or one that is not among the ``known``, and for a role that its
    installed owner does not declare.
    """
    found = dict(roles)
    foreign = sorted(name for name in permissions if not name.startswith(f"{owner}."))
    if foreign:
        raise DeclarationError(owner, f"grants to role {key!r}: {foreign[0]!r} is not a permission of this plugin")
    missing = sorted(set(permissions) - set(known))
    if missing:
        raise DeclarationError(owner, f"grants to role {key!r}: there is no permission {missing[0]!r}")
    role = found.get(key)
    if role is not None:
        found[key] = replace(role, permissions=tuple(dict.fromkeys((*role.permissions, *permissions))))
    elif key.partition(".")[0] in {name.partition(".")[0] for name in roles}:
        raise DeclarationError(owner, f"grants to role {key!r}: there is no such role")
    return found


def check_clocks(owner: str, flow: Workflow, settings: Mapping[str, Any]) -> None:
    """The settings that a clock names exist and are of the right kind; those of a plugin that is not installed are ignored."""
    owners = {key.partition(".")[0] for key in settings} | {owner}
    for state in flow.states:
        for clock in state.clocks:
            where = f"workflow {flow.key!r}: clock {clock.key!r} of state {state.key!r}"
            for key, kind in settings_of(clock):
                if key not in settings and key.partition(".")[0] in owners:
                    raise DeclarationError(clock.plugin or owner, f"{where} names the unknown setting {key!r}")
                if key in settings and settings[key].kind != kind:
                    raise DeclarationError(clock.plugin or owner, f"{where} names the setting {key!r}, which is of kind "
                                           f"{settings[key].kind}, not {kind}")


def check_meetings(owner: str, flow: Workflow, schemes: Mapping[str, Any]) -> None:
    """Steps that need the record of a meeting name declared kinds, and a person takes them."""
    scheme = schemes.get("core.meeting_kind")
    known = {code for code, _label in scheme.items} if scheme is not None else set()
    for step in flow.transitions:
        where = f"workflow {flow.key!r}: transition {step.key!r}"
        unknown = sorted(set(step.meeting) - known)
        if unknown:
            raise DeclarationError(step.plugin or owner, f"{where} names the unknown kind of meeting {unknown[0]!r}: one of "
                                   f"{', '.join(sorted(known))}")
        if step.meeting and step.automatic:
            raise DeclarationError(step.plugin or owner, f"{where} is automatic: no meeting decides it")


def clock_permissions(flow: Workflow) -> list[tuple[str, Any]]:
    """(permission, label) of asking for and deciding on extensions of the clocks of a workflow."""
    found = []
    for _state, clock in flow.clocks().values():
        if clock.extension is not None:
            found.append((clock.extension.ask, _("Ask for an extension of a deadline")))
            found.append((clock.extension.approve, _("Decide on the extension of a deadline")))
    return found


def check_stored(flow: Workflow, stored: Mapping[str, Any] | None) -> list[str]:
    """Why ``flow`` cannot be the version of the same number whose content is ``stored`` (None: there is none): the cases
    that run under it rely on its rules."""
    try:
        content = content_of(flow)
    except TypeError as error:
        return [f"version {flow.version}: {error}"]
    if stored is None or digest(stored) == digest(content):
        return []
    first = next(iter(differences(stored, content)), "")
    return [f"version {flow.version} is stored with other rules ({first}): give the changed workflow a new version number; "
            "one that was never published is replaced by `grid321 migrate`"]


def check_entity(owner: str, item: Any) -> None:
    """Model, table name, schema and every named field of an entity exist and fit together."""
    if not isinstance(item, Entity):
        raise DeclarationError(owner, f"hook entities: {item!r} is not an Entity")
    where = f"entity {item.key!r}"
    if item.plugin != owner or not item.name:
        raise DeclarationError(owner, f"{where}: the key must be {owner}.<name>")
    if not (isinstance(item.model, type) and issubclass(item.model, Record)):
        raise DeclarationError(owner, f"{where}: the model must derive from Record, Scoped or Case")
    if not item.model._meta.table_name.startswith(f"{owner}_"):
        raise DeclarationError(owner, f"{where}: table {item.model._meta.table_name!r} must begin with {owner + '_'!r}")
    if item.division is not None and not issubclass(item.model, Scoped):
        raise DeclarationError(owner, f"{where}: the model must derive from Scoped, or say division=None")
    unknown = set(item.actions) - set(ACTIONS)
    if unknown:
        raise DeclarationError(owner, f"{where}: unknown action {', '.join(sorted(unknown))}")
    known = set(item.model._meta.fields) | set(getattr(item.schema, "_declared_fields", {})) | set(
        item.model._meta.columns)
    named = {"columns": item.columns, "filters": item.filters, "search": item.search, "personal": item.personal,
             "sorts": tuple(name.lstrip("-") for name in item.sorts), "title": (item.title,),
             "import_key": (item.import_key,) if item.import_key else (),
             "grouping": (*item.grouping.shared, *item.grouping.alike) if item.grouping else (),
             "counters": tuple(name for counter in item.counters for name in counter.column.split(","))}
    for place, names in named.items():
        for name in names:
            if name not in known and not hasattr(item.model, name):
                raise DeclarationError(owner, f"{where}: {place} names {name!r}, which neither model nor schema has")
    if item.grouping is not None and not is_case(item):
        raise DeclarationError(owner, f"{where}: only cases are grouped, and its model does not derive from Case")
    if set(item.levels) - set(LEVELS):
        raise DeclarationError(owner, f"{where}: unknown level in {item.levels}")


def check_extension(owner: str, extension: EntityExtension, entities: Mapping[str, Entity]) -> None:
    """The side table of an extension has ``record_id``, belongs to its plugin, and keeps every field of its schema."""
    where = f"extension of {extension.entity!r}"
    if extension.entity not in entities:
        return  # soft: the extended plugin is not installed here
    if "record_id" not in extension.model._meta.fields or not extension.model._meta.fields["record_id"].unique:
        raise DeclarationError(owner, f"{where}: the side table needs a unique column record_id")
    if not extension.model._meta.table_name.startswith(f"{owner}_"):
        raise DeclarationError(owner, f"{where}: the side table's name must begin with {owner + '_'!r}")
    entity = entities[extension.entity]
    taken = set(entity.model._meta.combined) | set(fields_of(entity.schema))
    for name, field in fields_of(extension.schema).items():
        if field.column not in extension.model._meta.fields or field.column in {"id", "record_id"}:
            raise DeclarationError(owner, f"{where}: the side table has no column {field.column!r} for field {name!r}")
        if {f"{owner}__{name}", f"{owner}__{field.column}"} & taken:
            raise DeclarationError(owner, f"{where}: the entity has a field named {owner}__{name} already")
        if field.personal and not entity.personal:
            raise DeclarationError(owner, f"{where}: field {name!r} is personal, but nothing of the entity can be revealed")


def check_conversion(owner: str, conversion: Conversion, entities: Mapping[str, Entity], flows: Iterable[Workflow]) -> bool:
    """The step of a conversion ends its case as joined and asks nothing; its fields exist. False when a side is not installed."""
    where = f"conversion of {conversion.source!r} by {conversion.step!r}"
    source, target = entities.get(conversion.source), entities.get(conversion.target)
    if source is None or target is None:
        return False
    steps = [step for flow in flows if flow.entity == source.key for step in flow.transitions if step.key == conversion.step]
    if not steps or any(step.flow != "joined" or step.asks for step in steps):
        raise DeclarationError(owner, f"{where}: the workflow needs such a step, with flow='joined' and without asks")
    if "create" not in target.actions:
        raise DeclarationError(owner, f"{where}: {target.key!r} cannot be created")
    known = fields_of(target.schema)
    for name, filled in conversion.fields.items():
        if name not in known or known[name].dump_only:
            raise DeclarationError(owner, f"{where}: {target.key!r} has no field {name!r} to fill")
        if isinstance(filled, str) and (filled not in fields_of(source.schema) or filled in source.personal):
            raise DeclarationError(owner, f"{where}: {source.key!r} has no field {filled!r} to fill from, or it is personal")
    return True


def check_document(owner: str, document: Any, permissions: Mapping[str, Any]) -> None:
    """A form says what it looks like; one of a division asks for a permission that exists, and for a known period."""
    where = f"document {document.key!r}"
    if isinstance(document, DivisionDocument):
        if document.permission not in permissions:
            raise DeclarationError(owner, f"{where}: unknown permission {document.permission!r}")
        if document.period not in {"month", "year", ""}:
            raise DeclarationError(owner, f"{where}: period {document.period!r} is not month, year or empty")
    elif not document.template and document.sheet is None:
        raise DeclarationError(owner, f"{where}: it needs a sheet or a template")
    if document.sheet is not None and not isinstance(document.sheet, Sheet):
        raise DeclarationError(owner, f"{where}: {type(document.sheet).__name__} is not a Sheet")


def is_case(entity: Entity) -> bool:
    """True when the entity's records are cases that a workflow moves."""
    return issubclass(entity.model, Case)


def check_next_steps(owner: str, item: Entity, flows: Iterable[Workflow]) -> None:
    """What an entity names in ``beside``, ``awaited`` and ``forward`` are steps of a workflow of its own."""
    known = {step.key for flow in flows if flow.entity == item.key for step in flow.transitions}
    if unknown := sorted({*item.beside, *item.awaited, *item.forward} - known):
        raise DeclarationError(owner, f"entity {item.key!r}: beside, awaited or forward name no step of its workflow: {unknown}")
