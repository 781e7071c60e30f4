"""The forms of the tree's changes: what is asked, how it is read, what the confirmation says, what is then done."""
from __future__ import annotations

import base64
import binascii
import csv
import io
import zlib
from collections.abc import Mapping
from datetime import date
from typing import Any

from . import division_changes as changes
from . import snapshot
from .actor import Actor
from .db import local_day
from .division_files import ANCESTORS, FILES, Listing, read_listing
from .divisions import CODE_LENGTHS, LEVEL_LABELS, NAME_LENGTH, REASON_LENGTH, DivisionChange, level_below
from .errors import Invalid, Problem
from .i18n import gettext as _
from .i18n import lazy_gettext as _l
from .tree import Node

ACTIONS = ("create", "rename", "move", "merge", "split", "retire")
LABELS = {"create": _l("Add a division"), "rename": _l("Rename"), "move": _l("Move"), "merge": _l("Merge others into it"),
          "split": _l("Split"), "retire": _l("Retire")}
SUBMIT = {"create": _l("Add it"), "rename": _l("Rename it"), "move": _l("Move it"), "merge": _l("Merge them"),
          "split": _l("Split it"), "retire": _l("Retire it")}
INTRO = {
    "create": _l("The new division stands right below this one."),
    "rename": _l("Change the name, the code or both. The old code keeps working."),
    "move": _l("The division goes to another one of the level above, with everything below it and all records."),
    "merge": _l("The chosen divisions become part of this one. Their records, people and departments come along; their "
                "codes keep working."),
    "split": _l("Name the parts and say which part each division below goes to."),
    "retire": _l("The division ends and nothing follows it. Where something follows it, merge it instead."),
}
EDIT = "core.division.edit"
MAX_PARTS = 6
MAX_LIST = 20 * 1024 * 1024
_COLUMNS = {"create": ("code", "name"), "rename": ("name", "code", "descendants"), "move": ("parent", "code"),
            "merge": ("sources", "name", "code"), "split": ("heir",), "retire": ()}


def possible(kind: str, node: Node) -> bool:
    """True when ``kind`` makes sense at the division: nothing of the core stands below a village, roots do not move."""
    if kind == "create":
        return level_below(node.level) not in (None, "grid")
    if kind in ("move", "merge"):
        return node.parent_id is not None and node.level in ("county", "town", "village")
    if kind == "split":
        return node.level in ("town", "village")
    return True


def defaults(kind: str, node: Node, args: Mapping[str, str]) -> dict[str, Any]:
    """What an empty form holds."""
    values: dict[str, Any] = {"day": local_day().isoformat()}
    if kind == "rename":
        values |= {"name": node.name, "code": node.code}
    if kind == "split":
        asked = args.get("parts", "2")
        count = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 3 else 2
        values["parts"] = [{"code": "", "name": ""} for _number in range(min(max(count, 1), MAX_PARTS))]
        values["children"] = {}
    return values


def read(kind: str, form: Any) -> dict[str, Any]:
    """The texts of a sent form."""
    values: dict[str, Any] = {name: form.get(name, "").strip()[:500] for name in ("day", "reason", *_COLUMNS[kind])}
    if kind == "merge":
        values["sources"] = [code.strip()[:24] for code in form.getlist("sources")][:100]
    if kind == "split":
        numbers = [number for number in range(1, MAX_PARTS + 1) if f"part{number}_code" in form]
        values["parts"] = [{"code": form.get(f"part{number}_code", "").strip()[:24],
                            "name": form.get(f"part{number}_name", "").strip()[:200]} for number in numbers]
        values["children"] = {key.removeprefix("child_"): value[:24] for key, value in form.items()
                              if key.startswith("child_") and value not in ("", "0")}
    return values


def kept(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The same as hidden inputs of the confirmation."""
    found: list[tuple[str, str]] = []
    for name, value in values.items():
        if name == "sources":
            found += [("sources", code) for code in value]
        elif name == "parts":
            for number, part in enumerate(value, start=1):
                found += [(f"part{number}_code", part["code"]), (f"part{number}_name", part["name"])]
        elif name == "children":
            found += [(f"child_{code}", part) for code, part in value.items()]
        else:
            found.append((name, value))
    return found


def check(kind: str, node: Node, values: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """The arguments of the change. Raises Invalid that names the field; rules of the tree are checked by the change."""
    errors: dict[str, list[str]] = {}
    wanted: dict[str, Any] = {"reason": values["reason"]}
    try:
        wanted["day"] = date.fromisoformat(values["day"]) if values["day"] else None
    except ValueError:
        errors["day"] = [_("This must be a day written like 2026-03-15.")]
    if not values["reason"]:
        errors["reason"] = [_("Give the reason, with the document that orders it.")]
    if kind == "move":
        wanted["parent"] = _place(values["parent"], actor, errors, "parent")
    if kind == "merge":
        wanted["sources"] = [_place(code, actor, errors, "sources") for code in values["sources"]]
        if not values["sources"]:
            errors["sources"] = [_("Choose at least one division.")]
    if kind == "split":
        wanted["parts"] = _parts(values, errors)
        wanted["heir"] = values["heir"] if values["heir"] not in ("", "0") else None
    if kind == "rename":
        wanted |= {"name": values["name"] if values["name"] != node.name else None,
                   "code": values["code"] if values["code"] != node.code else None,
                   "with_descendants": values["descendants"] == "1"}
    if kind in ("create", "move", "merge"):
        wanted |= {name: values[name] or None for name in ("code", "name") if name in values}
    if errors:
        raise Invalid(_("Some fields need your attention."), errors=errors)
    return wanted


def _place(code: str, actor: Actor, errors: dict[str, list[str]], name: str) -> Node | None:
    node = snapshot.current().tree.by_code(code)
    if node is None or not node.valid or not actor.may(EDIT, node):
        errors[name] = [_("Choose a division from the list.")]
        return None
    return node


def _parts(values: Mapping[str, Any], errors: dict[str, list[str]]) -> list[changes.Part]:
    parts = []
    for number, part in enumerate(values["parts"], start=1):
        if not part["code"] and not part["name"]:
            continue
        for name in ("code", "name"):
            if not part[name]:
                errors[f"part{number}_{name}"] = [_("Fill in this field.")]
        taken = tuple(code for code, wanted in values["children"].items() if wanted == str(number))
        parts.append(changes.Part(part["code"], part["name"], taken))
    if not parts:
        errors["part1_code"] = [_("Name at least one part.")]
    return parts


def perform(kind: str, node: Node, wanted: Mapping[str, Any], actor: Actor) -> DivisionChange:
    """Carry the change out. Raises what ``division_changes`` raises."""
    common = {"actor": actor, "reason": wanted["reason"], "day": wanted["day"]}
    if kind == "create":
        made = changes.create_division(node, wanted["code"] or "", wanted["name"] or "", **common)
        found: DivisionChange = DivisionChange.get(DivisionChange.division == made.id)
        return found
    if kind == "rename":
        return changes.rename_division(node, name=wanted["name"], code=wanted["code"],
                                       with_descendants=wanted["with_descendants"], **common)
    if kind == "move":
        return changes.move_division(node, wanted["parent"], code=wanted["code"], **common)
    if kind == "merge":
        return changes.merge_divisions(wanted["sources"], node, name=wanted["name"], code=wanted["code"], **common)
    if kind == "split":
        return changes.split_division(node, wanted["parts"], heir=_heir(wanted), **common)
    return changes.retire_division(node, **common)


def _heir(wanted: Mapping[str, Any]) -> str | None:
    """The form names the heir by the number of its part."""
    number = wanted["heir"]
    if not number:
        return None
    parts = wanted["parts"]
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= len(parts)):
        raise Invalid(_("Some fields need your attention."), errors={"heir": [_("Choose one of the parts.")]})
    return str(parts[int(number) - 1].code)


# -- what is asked -------------------------------------------------------------------------------------------------

def fields(kind: str, node: Node, values: Mapping[str, Any], errors: Mapping[str, Any],
           actor: Actor) -> list[dict[str, Any]]:
    """The inputs of a form as the template takes them."""
    found: list[dict[str, Any]] = []

    def add(name: str, label: str, widget: str = "text", **more: Any) -> None:
        messages = errors.get(name)
        found.append({"name": name, "label": label, "widget": widget, "value": values.get(name, ""), "help": "",
                      "required": False, "error": messages[0] if messages else "", **more})

    if kind in ("create", "rename"):
        level = level_below(node.level) if kind == "create" else node.level
        digits = CODE_LENGTHS.get(level or "", 0)
        add("code", _("Code"), required=True, maxlength=24, inputmode="numeric",
            help=_("%(level)s: %(count)s digits", level=LEVEL_LABELS[level or "grid"], count=digits))
        add("name", _("Name"), required=True, maxlength=NAME_LENGTH)
    if kind == "rename" and snapshot.current().tree.children(node):
        add("descendants", _("Give the divisions below codes that begin with the new code as well"), "flag")
    if kind == "move":
        add("parent", _("To"), "picker", required=True, options=_options(_parents(node), actor))
        add("code", _("New code"), maxlength=24, inputmode="numeric", help=_("Leave it empty to keep the code."))
    if kind == "merge":
        add("sources", _("Divisions that become part of it"), "picker", required=True, multiple=True,
            options=_options(_peers(node), actor))
        add("name", _("New name"), maxlength=NAME_LENGTH, help=_("Leave it empty to keep the name."))
        add("code", _("New code"), maxlength=24, inputmode="numeric", help=_("Leave it empty to keep the code."))
    if kind == "split":
        _split_fields(add, node, values)
    add("day", _("Takes effect on"), "date", required=True, help=_("Today or an earlier day."))
    add("reason", _("Reason"), "textarea", required=True, maxlength=REASON_LENGTH, rows=3,
        help=_("With the document that orders it: issuing office, number, date."))
    return found


def _split_fields(add: Any, node: Node, values: Mapping[str, Any]) -> None:
    parts = values.get("parts") or []
    for number, part in enumerate(parts, start=1):
        add(f"part{number}_code", _("Part %(number)s: code", number=number), value=part["code"], maxlength=24,
            inputmode="numeric", required=number == 1)
        add(f"part{number}_name", _("Part %(number)s: name", number=number), value=part["name"], maxlength=NAME_LENGTH,
            required=number == 1)
    numbers = [(str(number), _("Part %(number)s", number=number)) for number in range(1, len(parts) + 1)]
    add("heir", _("Who takes over everything else"), "select",
        options=[("0", _("%(name)s itself goes on", name=node.name)), *numbers], value=values.get("heir") or "0",
        help=_("Records, people and departments that belong to no division below; the old code leads there."))
    for child in snapshot.current().tree.children(node):
        add(f"child_{child.code}", f"{child.name} {child.code}", "select", options=[("0", _("Stays with the rest")), *numbers],
            value=values.get("children", {}).get(child.code, "0"))


def _parents(node: Node) -> list[Node]:
    tree = snapshot.current().tree
    parent = tree.parent(node)
    return [one for one in tree if one.valid and parent is not None and one.level == parent.level and one.id != parent.id]


def _peers(node: Node) -> list[Node]:
    tree = snapshot.current().tree
    return [one for one in tree if one.valid and one.level == node.level and one.owner == node.owner and one.id != node.id]


def _options(nodes: list[Node], actor: Actor) -> list[tuple[str, str]]:
    """(code, name with its place), near ones first by code; only where the actor may change the tree."""
    tree = snapshot.current().tree
    found = sorted((one for one in nodes if actor.may(EDIT, one)), key=lambda one: one.code)
    return [(one.code, f"{one.name} {one.code} ({parent.name})" if (parent := tree.parent(one)) else one.name)
            for one in found]


def error_list(problem: Problem, shown: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The entries of the error summary: the problem itself, then each field's message."""
    labels = {one["name"]: one["label"] for one in shown}
    found = [{"field": name if name in labels else "", "label": labels.get(name, ""), "message": str(message)}
             for name, messages in problem.errors.items()
             for message in (messages if isinstance(messages, list) else [messages])]
    if not found or any(not one["field"] for one in found):
        texts = [str(text) for text in (problem.title, problem.detail, problem.remedy) if str(text)]
        head = " ".join(dict.fromkeys(texts))
        found.insert(0, {"field": "", "label": "", "message": head})
    unique = {(one["field"], one["message"]): one for one in found}
    return list(unique.values())


# -- what is said --------------------------------------------------------------------------------------------------

def told(kind: str, detail: Mapping[str, Any]) -> str:
    """One sentence about a change, from what it noted down."""
    detail = detail or {}
    if kind == "rename":
        return _("%(old)s is now %(new)s.", old=_both(detail.get("from")), new=_both(detail.get("to")))
    if kind == "move":
        return _("From %(old)s to %(new)s; %(count)s records followed.", old=_both(detail.get("from")),
                 new=_both(detail.get("to")), count=detail.get("records", 0))
    if kind == "merge" and "sources" in detail:
        return _("%(sources)s became part of %(target)s; %(count)s records followed.",
                 sources="、".join(_both(one) for one in detail["sources"]), target=_both(detail.get("target")),
                 count=sum(detail.get("records", {}).values()))
    if kind == "merge":
        return _("Became part of %(target)s.", target=_both(detail.get("target")))
    if kind == "split":
        return _("Parts: %(parts)s", parts="、".join(_both(one) for one in detail.get("parts", ())))
    if kind == "retire":
        return _("%(count)s posts ended.", count=detail.get("posts_ended", 0))
    if kind == "import":
        return _("%(new)s new, %(renamed)s renamed, %(gone)s no longer in the list.", new=detail.get("new", 0),
                 renamed=detail.get("renamed", 0), gone=detail.get("gone", 0))
    return _("Split off from %(old)s.", old=_both(detail["split_from"])) if "split_from" in detail else _both(detail)


def _both(named: Mapping[str, str] | None) -> str:
    return f"{named.get('name', '')} {named.get('code', '')}".strip() if named else "-"


def consequences(kind: str, node: Node, wanted: Mapping[str, Any], detail: Mapping[str, Any]) -> list[str]:
    """What the confirmation lists, from the rehearsal."""
    tree = snapshot.current().tree
    lines = [told(kind, detail)]
    if kind == "merge":
        below = sum(len(tree.children(one)) for one in wanted["sources"])
        lines.append(_("%(count)s divisions below them come along.", count=below))
        lines.append(_("Whoever has a role at one of them will have it at %(name)s.", name=node.name))
        lines.append(_("This cannot be undone by a button: a division that was merged can only be split off again."))
    if detail.get("with_former_offices"):
        lines.append(_("%(count)s open matters lie with offices of the former division: take them back and hand them over "
                       "anew.", count=detail["with_former_offices"]))
    if kind == "split":
        lines += [_("%(name)s takes over %(count)s divisions.", name=_both(part), count=part["children"])
                  for part in detail.get("parts", ())]
        lines.append(_("%(name)s ends; its old code leads to %(code)s.", name=node.name, code=detail["heir"])
                     if detail.get("heir") else _("%(name)s goes on with the rest.", name=node.name))
    if kind == "retire":
        lines.append(_("Its closed records stay below %(name)s.", name=parent.name) if (
            parent := tree.parent(node)) else _("Its closed records stay."))
    if kind == "rename" and detail.get("codes", 0) > 1:
        lines.append(_("%(count)s codes change; the old ones keep working.", count=detail["codes"]))
    return lines


# -- the list between preview and confirmation -----------------------------------------------------------------------

def pack(listing: Listing) -> str:
    """The checked rows as text for a hidden input: nothing has to be kept on the server until somebody confirms."""
    files = io.StringIO()
    writer = csv.writer(files)
    for row in listing.all():
        writer.writerow((row.code, row.name))
    return base64.b64encode(zlib.compress(files.getvalue().encode(), 9)).decode()


def unpack(text: str, scope: str) -> Listing:
    """The rows of ``pack``, checked once more from the beginning. Raises Invalid for anything else."""
    try:
        unzipper = zlib.decompressobj()
        body = unzipper.decompress(base64.b64decode(text, validate=True), MAX_LIST)
        if unzipper.unconsumed_tail:
            raise ValueError("too large")
        rows = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    except (ValueError, binascii.Error, zlib.error, csv.Error) as problem:
        raise Invalid(_("The list of the preview did not arrive whole."), remedy=_("Upload the files again.")) from problem
    files = {}
    for name, level in FILES.items():
        above = {column: length for column, one in ANCESTORS.items()
                 if (length := CODE_LENGTHS[one]) < CODE_LENGTHS[level]}
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(("code", "name", *above))
        for row in rows:
            if len(row) == 2 and len(row[0]) == CODE_LENGTHS[level]:
                writer.writerow((*row, *(row[0][:length] for length in above.values())))
        files[name] = out.getvalue().encode()
    listing = read_listing(files, scope)
    listing.refuse()
    return listing
