"""The form with which a resident without account raises a matter: few questions, photos optional, number and code at the end."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    Choice,
    DivisionRef,
    EntitySchema,
    Flag,
    Invalid,
    LongText,
    Node,
    Phone,
    Problem,
    Text,
    TooLarge,
    TooMany,
    attachments,
    forms,
    is_on,
    limits,
    lookup,
    qr_picture,
    registry,
    sending,
    setting,
    signed_links,
    transaction,
    tree,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

PLUGIN = "suggestion_tracking"
MATTER = f"{PLUGIN}.matter"
OWN, OWN_DAYS = f"{PLUGIN}.own", 400
PHOTOS = "image/jpeg,image/png,image/webp"
FORM_LEVELS = ("town", "village", "grid")
Fields = list[dict[str, Any]]


class PublicMatter(EntitySchema):
    """What a resident is asked. Only the text is needed."""

    text = LongText(_l("What is it about?"), max=4000, required=True, min=4,
                    help=_l("Say what happened and what you wish for, in your own words."))
    division = DivisionRef(_l("Which village or community?"), level="village",
                           help=_l("If you do not know it, leave this open: the town sends it on."))
    place = Text(_l("Where exactly?"), max=120, help=_l("Street and number, or what everybody calls it."))
    kind = Choice(_l("What kind of matter is it?"), scheme="suggestion_tracking.matter_class",
                  help=_l("If you are not sure, leave this open."))
    contact_phone = Phone(_l("Your telephone"), help=_l(
        "So that somebody can ask you or tell you the answer. It is stored encrypted, and only who handles the matter sees it."))
    contact_name = Text(_l("Your name"), max=40, personal=True, help=_l("You need not give your name."))
    wants_answer = Flag(_l("I want an answer"), default=True)
    publish = Flag(_l("The matter and its result may be published without my name"), default=False,
                   help=_l("You can take this back at any time."))


def raise_page() -> Any:
    """The form of a town or village; above it, which town. After sending: number and code, which are shown this once."""
    node = g.node
    below = [] if node.level in FORM_LEVELS else places_below(node)
    if below:
        return render_template("suggestion_tracking/places.html", title=_("Raise a matter"), node=node, places=below,
                               lede=_("Where is it? Choose the town or street."))
    if request.method == "GET":
        return render_template("suggestion_tracking/raise.html", **_context(forms.start_values((PublicMatter,), request.args)))
    try:
        data = forms.read_form((PublicMatter,), request.form, node=node, actor=SYSTEM, without=_left_out(node))
        files = attachments.cleaned(request.files.getlist("files"))
        record, code = register_matter(data, files, node, mark=sending.mark_of(registry().entity(MATTER), request.form))
    except (Invalid, TooLarge, TooMany) as problem:
        page = render_template("suggestion_tracking/raise.html", **_context(forms.typed_values(request.form), problem))
        return page, problem.status
    return render_template("suggestion_tracking/raised.html", **receipt(record, code.text))


def register_matter(data: dict[str, Any], files: list[attachments.Clean], node: Node, *, mark: str | None,
                    source: str = "resident") -> tuple[Any, lookup.Code]:
    """Register what a resident sent, in one transaction with its code; returns the matter and the code.

    What arrives twice with the same ``mark`` is one matter with one code. Raises ``TooMany`` when this network sent more
    than the county allows in an hour (setting ``suggestion_tracking.public_per_hour``), ``Invalid`` for data that do not fit.
    """
    entity = registry().entity(MATTER)
    allowed = int(setting(f"{PLUGIN}.public_per_hour", node.id))
    if sending.sent_before(entity, mark, SYSTEM) is None:
        key = f"public-form:{limits.network(request.remote_addr)}"
        if limits.take(key, allowed, timedelta(hours=1)) > allowed:
            raise TooMany(_("Too many matters were sent from your network within an hour"),
                          _("Nothing was saved. At most %(count)s are taken from one network.", count=allowed),
                          _("Try again in an hour, or call the telephone number at the foot of this page."),
                          extra={"retry_after": 3600})
    values = {name: value for name, value in data.items() if value is not None}
    values |= {"kind": values.get("kind") or "other", "source": source}
    code = lookup.new_code(f"{mark}\0{values['text']}" if mark else "")  # who only knows the mark gets another code
    place = tree().get(values.pop("division_id", None)) or node
    with transaction():
        record = sending.create_once(entity, values, files, mark, SYSTEM, place)
        lookup.keep(code, MATTER, record.id, record.number)
    return record, code


def receipt(record: Any, code: str) -> dict[str, Any]:
    """What the page with number and code shows, with the link to one's own matter and its picture to take a photo of."""
    place = tree().get(record.division_id) or g.node
    token = signed_links.create(OWN, MATTER, record.id, expires=timedelta(days=OWN_DAYS), once=False)
    url = url_for("suggestion_tracking.own", code=place.code, token=token, _external=True)
    return {"title": _("Your matter was registered"), "number": record.number, "code": code, "own_url": url, "place": place,
            "picture": qr_picture(url), "due": record.due}


def places_below(node: Node) -> list[dict[str, str]]:
    """The divisions right below in which the plugin is on, with the address of their form."""
    return [{"name": child.name, "url": url_for("suggestion_tracking.raise", code=child.code)}
            for child in tree().children(node) if child.valid and is_on(PLUGIN, child.id)]


def _left_out(node: Node) -> tuple[str, ...]:
    return ("division",) if node.level in {"village", "grid"} else ()


def _context(values: dict[str, str], problem: Problem | None = None) -> dict[str, Any]:
    node = g.node
    errors = with_remedy(forms.by_field(registry().entity(MATTER), problem.errors), problem) if problem else {}
    parts = forms.form_fields((PublicMatter,), values, node=node, actor=SYSTEM, errors=errors, without=_left_out(node))
    _arrange(parts, errors)
    shown = forms.error_list((PublicMatter,), {name: text for name, text in errors.items() if name != "files"})
    shown += [{"field": "files", "label": _("Photos"), "message": text} for text in errors.get("files", [])]
    if problem is not None and not shown:
        field = "files" if isinstance(problem, TooLarge) else ""
        shown = [{"field": field, "label": "", "message": f"{problem.title} {problem.detail} {problem.remedy}"}]
    return {"title": _("Raise a matter"), "fields": parts, "errors": shown, "multipart": True, "version": "",
            "hidden": [("client_id", sending.form_mark(request.form))], "submit_label": _("Send"),
            "intro": _("You need no account. You get a number and a code to see what becomes of it."), "place": node,
            "action": url_for("suggestion_tracking.raise", code=node.code), "cancel_url": "", "draft": False}


def _arrange(parts: Fields, errors: dict[str, list[str]]) -> None:
    """Photos after the place, since they show it; suitable key pads and automatic filling for a phone."""
    for part in parts:
        part["autocomplete"] = {"contact_phone": "tel", "contact_name": "name"}.get(part["name"])
        if part["name"] == "text":
            part["rows"] = 5
    at = next((i for i, part in enumerate(parts) if part["name"] == "place"), len(parts) - 1)
    parts.insert(at + 1, file_field(errors))


def with_remedy(errors: dict[str, list[str]], problem: Problem) -> dict[str, list[str]]:
    """Errors by field; what is wrong with a file is followed by what may be sent instead."""
    files = [f"{text} {problem.remedy}".strip() for text in errors.get("files", ())]
    return {**errors, "files": files} if files else dict(errors)


def file_field(errors: dict[str, list[str]]) -> dict[str, Any]:
    """The field for photos, with what is wrong with them."""
    return {"name": "files", "label": _("Photos"), "help": _("At most 3. Position and other hidden data are removed."),
            "widget": "file", "value": "", "options": None, "required": False, "error": " ".join(errors.get("files", ())),
            "multiple": True, "accept": PHOTOS, "maxlength": None, "inputmode": ""}
