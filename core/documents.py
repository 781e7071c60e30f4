"""The forms that plugins declare (hook ``documents``): which there are, what they look like here, page and Word file of one.

Where a form comes from, first found wins. The Word file: a .docx template of the division or one above it
(``<home>/forms/<code>/<plugin>/<name>.docx``), of the county's home (``<home>/forms/<plugin>/<name>.docx``), of the theme or the
plugin (``templates/<plugin>/forms/<name>.docx``), the sheet. The page: the theme's ``templates/<plugin>/forms/<name>.html``, the
template or the sheet that the document names.
"""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import current_app, render_template
from jinja2 import TemplateNotFound

from . import docx_fill, sheet_docx, sheet_html, snapshot
from .access import current_actor
from .entity import DivisionDocument, Document, Entity
from .errors import NotFound, Problem
from .faces import Face
from .i18n import current_language
from .i18n import gettext as _
from .registry import Registry, platform, registry
from .themes import theme_for, wardrobe
from .tree import Node

Form = Document | DivisionDocument

GENERAL = frozenset({
    "number", "title", "state", "due", "facts", "texts", "places", "place", "timeline", "comments", "attachments", "clocks",
    "supervised", "printed", "asked", "document"})
"""Names that every form gets, whether or not the shipped one uses them."""


def declared(known: Registry, entity: Entity) -> list[Document]:
    """All forms of an entity, in declared order, wherever they may be used."""
    return [document for document in known.documents.values()
            if isinstance(document, Document) and document.entity == entity.key]


def offered(entity: Entity, node: Node, record: Any = None) -> list[Document]:
    """The forms of an entity whose plugin is on at ``node``; with a record only those that it has."""
    known, switches = registry(), snapshot.current().switches
    return [document for document in declared(known, entity)
            if switches.is_on(known.owner_of("document", document.key), node)
            and (record is None or document.when is None or document.when(record))]


def find(entity: Entity, name: str, node: Node, record: Any = None) -> Document:
    """The form of that name. Raises ``NotFound``, also where its plugin is off or the record has no such form."""
    for document in offered(entity, node, record):
        if document.name == name:
            return document
    raise NotFound(_("There is no such form here."), "", _("Go back to the record: it lists the forms that can be printed."))


def links(face: Face, record: Any, node: Node) -> list[dict[str, Any]]:
    """Name, label and address of each form of a record, and of its Word file where it has one."""
    found = []
    for document in offered(face.entity, node, record):
        url = face.url(node.code, record.id, "form", document.name)
        found.append({"name": document.name, "label": str(document.label), "url": url,
                      "docx_url": f"{url}.docx" if has_word(document, node) else ""})
    return found


def of_division(node: Node) -> list[DivisionDocument]:
    """The forms of a division whose plugin is on there and that the actor may see."""
    known, switches, actor = registry(), snapshot.current().switches, current_actor()
    return [document for document in known.documents.values()
            if isinstance(document, DivisionDocument) and switches.is_on(known.owner_of("document", document.key), node)
            and actor.may(document.permission, node) and (document.when is None or document.when(node))]


def find_of_division(plugin: str, name: str, node: Node) -> DivisionDocument:
    """The form of a division by plugin and name. Raises ``NotFound``."""
    for document in of_division(node):
        if document.key == f"{plugin}.{name}":
            return document
    raise NotFound(_("There is no such form here."), "", _("Choose one of the page “Forms and bulletins”."))


def form_page(entity: Entity, record: Any, document: Document, more: Mapping[str, Any]) -> str:
    """The page of a form of a record with ``more`` values that no address may show again (a link that is made once)."""
    made: str = current_app.extensions["grid321_forms"]["page"](entity, record, document, more)
    return made


def form_word(entity: Entity, record: Any, document: Document, more: Mapping[str, Any]) -> Any:
    """The Word file of a form of a record with ``more`` values, as a download. Raises Problem 501 without docxtpl."""
    return current_app.extensions["grid321_forms"]["word"](entity, record, document, more)


def texts_of(entity: Entity, record: Any, node: Node) -> dict[str, str]:
    """The text of each field of a record by name, and that of its state: for forms that speak of several records.

    Personal values are masked. Some queries for each record: for a handful, not for lists.
    """
    found: dict[str, str] = current_app.extensions["grid321_forms"]["texts"](entity, record, node)
    return found


# ---------------------------------------------------------------- what a form looks like here

def file_name(document: Form, kind: str) -> str:
    """The name of a template that replaces a form: ``<plugin>/forms/<name>.docx`` or ``….html``."""
    return f"{document.key.partition('.')[0]}/forms/{document.name}.{kind}"


def _replacement(document: Form, node: Node) -> Path | None:
    """The .docx template that a county, theme or plugin has put in place of the sheet."""
    name = file_name(document, "docx")
    home = Path(platform().config.home) / "forms"
    if home.is_dir():
        above = map(snapshot.current().tree.get, reversed(node.path))
        for place in (*(home / one.code for one in above if one is not None), home):
            if (place / name).is_file():
                return place / name
    try:
        return wardrobe().path(wardrobe().resolve(theme_for(node, None).id, name))
    except TemplateNotFound:
        return None


def place_for(document: Form, division: str | None) -> Path:
    """Where a .docx template stands in place of the shipped one: for the division of that code, or for the whole site."""
    home = Path(platform().config.home) / "forms"
    return (home / division if division else home) / file_name(document, "docx")


def put_in_place(document: Form) -> list[Path]:
    """The templates of the home that stand in place of the shipped one."""
    home, name = Path(platform().config.home) / "forms", file_name(document, "docx")
    return sorted(path for path in (home / name, *home.glob(f"*/{name}")) if path.is_file())


def has_word(document: Form, node: Node) -> bool:
    """True when the form can be made as a Word file."""
    return document.sheet is not None or _replacement(document, node) is not None


def word_template(document: Form, node: Node) -> bytes:
    """The .docx template of a form at a division, in the language in use. Raises ``NotFound`` where it has none."""
    found = _replacement(document, node)
    if found is not None:
        return found.read_bytes()
    return shipped_template(document)


def shipped_template(document: Form) -> bytes:
    """The .docx template made of the sheet of a form. Raises ``NotFound`` without a sheet."""
    if document.sheet is None:
        raise NotFound(_("This form has no Word file."), document.key, _("Print the page instead."))
    kept: dict[Any, bytes] = platform().cache.setdefault("word_templates", {})
    key = (document.key, current_language())
    if key not in kept:
        kept[key] = sheet_docx.template(document.sheet, str(document.label))
    return kept[key]


def word(document: Form, node: Node, values: Mapping[str, Any]) -> bytes:
    """The Word file of a form. Raises Problem where docxtpl is not installed or the template is broken, naming its file."""
    try:
        return docx_fill.fill(word_template(document, node), said(document, values))
    except Problem as problem:
        found = _replacement(document, node) if problem.code == "bad_template" else None
        if found is not None:
            home = Path(platform().config.home)
            where = found.relative_to(home) if found.is_relative_to(home) else file_name(document, "docx")
            problem.detail = f"{where}: {problem.detail}"
        raise


def said(document: Form, values: Mapping[str, Any]) -> dict[str, Any]:
    """What a sheet and a Word template get: plain values only, with the name of the form and without records."""
    left_out = {"entity", "record", "crumbs", "document", "node", "actor"}
    return {**docx_fill.plain({key: value for key, value in values.items() if key not in left_out}),
            "document": {"label": str(document.label)}}


def page(document: Form, node: Node, values: Mapping[str, Any], **frame: Any) -> str:
    """The page of a form to print. ``frame``: what stands around the paper (``back_url``, ``docx_url``)."""
    name = file_name(document, "html")
    try:
        wardrobe().resolve(theme_for(node, None).id, name)
        return render_template(name, **values, document=document, **frame)
    except TemplateNotFound as missing:
        if missing.name != name:
            raise
    if getattr(document, "template", ""):
        return render_template(document.template, **values, document=document, **frame)  # type: ignore[union-attr]
    kept: dict[Any, Any] = platform().cache.setdefault("sheet_pages", {})
    key = (document.key, current_language(), theme_for(node, None).id)
    if key not in kept:
        kept[key] = current_app.jinja_env.from_string(sheet_html.source(document.sheet))
    return render_template(kept[key], **said(document, values), **frame)
