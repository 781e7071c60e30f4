"""Open311 GeoReport v2: existing clients list services, post matters and read published ones (wiki.open311.org/GeoReport_v2).

A service is a class of matters; a request is a matter. Reading shows what was published with consent, and of any other matter
whose ``service_request_id`` (a random one) the client was given, its state and class only. Posting needs ``api_key``: an API
token of an account that may register matters. The standard's rules come before those of the platform: parameters that it
does not know are ignored, errors are lists of code and description.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import wraps
from typing import Any

from flask import Response, g, request, url_for

from grid321.core.api import (
    SYSTEM,
    NotFound,
    Problem,
    Refused,
    class_label,
    engine,
    forms,
    gettext,
    is_on,
    now,
    registry,
    scoped,
    setting,
    signed_links,
    tree,
)

from .open311_format import FORMATS, Open311Error, answer
from .public_form import MATTER, PLUGIN, PublicMatter
from .public_list import local_moment
from .public_models import Publication
from .public_publish import PUBLICATION

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
TOKEN = f"{PLUGIN}.open311"
NAMES = {"text": "description", "place": "address_string", "contact_phone": "phone", "contact_name": "first_name, last_name",
         "files": "media"}
"""What the fields of a matter are called in the standard."""
SPAN, MOST = timedelta(days=90), 1000
SCHEME = f"{PLUGIN}.matter_class"
END_OF_DAY = time(15, 59, 59)  # midnight in China, as naive UTC


def spoken(view: Callable[..., Response]) -> Callable[..., Response]:
    """Answer errors of ``view`` as the standard does, and ask for a jurisdiction and format that exist."""
    @wraps(view)
    def answered(ending: str, **arguments: Any) -> Response:
        if ending not in FORMATS:
            raise NotFound(gettext("There is nothing here"), ending, gettext("Ask for .xml or .json."))
        try:
            asked = request.values.get("jurisdiction_id", "")
            if asked and asked != g.node.code:
                raise Open311Error(404, gettext("jurisdiction_id was not found: here it is %(code)s.", code=g.node.code))
            return view(ending=ending, **arguments)
        except Open311Error as error:
            return answer("errors", error.errors, ending, error.status)
        except Problem as problem:
            status = {401: 403, 403: 403, 404: 404}.get(problem.status, 400)
            texts = [f"{NAMES.get(name, name)}: {text}" for name, found in problem.errors.items() for text in found]
            plain = " ".join(str(part) for part in (problem.title, problem.detail, problem.remedy) if str(part))
            return answer("errors", Open311Error(status, *(texts or [plain])).errors, ending, status)
    return answered


@spoken
def discovery(ending: str) -> Response:
    """Service discovery: where the endpoint is, in which formats, and where a key is to be had."""
    endpoint = url_for("suggestion_tracking.open311_services", code=g.node.code, ending="json", _external=True)
    changed = local_moment(datetime(2026, 11, 22)).isoformat()
    return answer("discovery", {
        "changeset": changed, "contact": gettext("Telephone %(phone)s", phone=setting("core.feedback_phone", g.node.id)),
        "key_service": gettext("Ask the administrator of %(place)s for an account; it makes its key on its own page.",
                               place=g.node.name),
        "endpoints": [{"specification": SPECIFICATION, "url": endpoint.removesuffix("/services.json"), "changeset": changed,
                       "type": "production", "formats": ["text/xml", "application/json"]}]}, ending)


@spoken
def services(ending: str) -> Response:
    """GET Service List: the classes of matters of this county."""
    kind = setting(f"{PLUGIN}.open311_type", g.node.id)
    return answer("services", [
        {"service_code": code, "service_name": label, "description": label, "metadata": True, "type": kind,
         "keywords": label, "group": gettext("Matters of residents")} for code, label in classes()], ending)


@spoken
def service_definition(ending: str, service_code: str) -> Response:
    """GET Service Definition: the village, which a point on the map does not tell us, and whether it may be published."""
    if service_code not in dict(classes()):
        raise Open311Error(404, gettext("service_code was not found: %(code)s", code=service_code[:40]))
    places = [{"key": node.code, "name": node.name} for node in villages()]
    consent = [{"key": "1", "name": gettext("Yes")}, {"key": "0", "name": gettext("No")}]
    attributes = [
        {"variable": True, "code": "division", "datatype": "singlevaluelist", "required": False, "datatype_description": None,
         "order": 1, "description": gettext("Which village or community?"), "values": places},
        {"variable": True, "code": "publish", "datatype": "singlevaluelist", "required": False, "datatype_description": None,
         "order": 2, "description": gettext("The matter and its result may be published without my name"), "values": consent}]
    return answer("service_definition", {"service_code": service_code, "attributes": attributes}, ending)


@spoken
def requests(ending: str) -> Response:
    """GET Service Requests: published matters of at most 90 days and 1,000 rows, or those named by ``service_request_id``."""
    args = request.args
    named = _several("service_request_id")
    if named:
        rows = _requests(registry().entity(MATTER).model.uid.in_(named[:MOST]))
        return answer("service_requests", rows, ending)
    start, end = _moment("start_date"), _moment("end_date")
    if start is None and end is None:
        end = now()
    start = start or (end or now()) - SPAN
    end = end or start + SPAN
    if end < start or end - start > SPAN:
        raise Open311Error(400, gettext("start_date and end_date may span at most 90 days, and the earlier one comes first."))
    states = _several("status")
    if set(states) - {"open", "closed"}:
        raise Open311Error(400, gettext("status is open or closed: %(value)s", value=args["status"][:40]))
    model = registry().entity(MATTER).model
    wanted = (Publication.raised_at >= start) & (Publication.raised_at <= end)
    if _several("service_code"):
        wanted &= Publication.kind.in_(_several("service_code"))
    if len(set(states)) == 1:
        wanted &= model.closed_at.is_null("open" in states)
    return answer("service_requests", _requests(wanted), ending)


@spoken
def one_request(ending: str, service_request_id: str) -> Response:
    """GET Service Request: a published matter in full; of another one that the client was given, state and class."""
    model = registry().entity(MATTER).model
    rows = _requests(model.uid == service_request_id[:40])
    if not rows:
        row = model.select().where((model.uid == service_request_id[:40]) & (model.source == "web_api")).first()
        place = tree().get(row.division_id) if row is not None else None
        if place is None or not tree().covers(g.node, place) or not is_on(PLUGIN, place.id):
            raise Open311Error(404, gettext("service_request_id was not found."))
        rows = [_shown(row, None)]
    return answer("service_requests", rows, ending)


@spoken
def token(ending: str, token_id: str) -> Response:
    """GET service_request_id from a token: the id appears once the village or town has taken the matter up."""
    try:
        link = signed_links.find(token_id, TOKEN)
    except (NotFound, Refused):
        raise Open311Error(404, gettext("token was not found.")) from None
    entity = registry().entity(MATTER)
    row = entity.model.get_or_none(entity.model.id == link.record_id)
    place = tree().get(row.division_id) if row is not None else None
    if place is None or not tree().covers(g.node, place):
        raise Open311Error(404, gettext("token was not found."))
    first = engine.workflow_for(entity, row).first
    known = {"service_request_id": row.uid} if row.state != first else {}
    return answer("service_requests", [{**known, "token": token_id}], ending)


# ---------------------------------------------------------------- what is shown

def classes() -> list[tuple[str, str]]:
    """Code and label of the classes of matters at this division."""
    parts = forms.form_fields((PublicMatter,), {}, node=g.node, actor=SYSTEM)
    return next(list(part["options"]) for part in parts if part["name"] == "kind")


def villages() -> list[Any]:
    """The villages and communities below this division in which the plugin is on."""
    return [node for node in tree().subtree(g.node) if node.level == "village" and node.valid and is_on(PLUGIN, node.id)]


def _requests(wanted: Any) -> list[dict[str, Any]]:
    """Published matters that fit, newest first, each with its matter's present state; one query."""
    model = registry().entity(MATTER).model
    query = (scoped(Publication.select(Publication, model), PUBLICATION, "view", g.node, SYSTEM)
             .join(model, on=((model.id == Publication.source_id) & (Publication.source == "matter")), attr="matter")
             .where((Publication.hidden == False) & wanted))  # noqa: E712 - a column
    return [_shown(row.matter, row) for row in query.order_by(Publication.raised_at.desc(), Publication.id.desc()).limit(MOST)]


def _shown(matter: Any, item: Publication | None) -> dict[str, Any]:
    place = tree().get(matter.division_id)
    kind = item.kind if item is not None else matter.kind
    outcome = class_label(f"{PLUGIN}.outcome", matter.outcome, matter.division_id) if matter.outcome else None
    due = datetime.combine(matter.due, END_OF_DAY) if matter.due else None
    return {
        "service_request_id": matter.uid, "status": "closed" if matter.closed_at is not None else "open",
        "status_notes": (item.result or outcome) if item is not None else outcome,
        "service_name": class_label(SCHEME, kind, matter.division_id), "service_code": kind,
        "description": item.text if item is not None else None, "agency_responsible": place.name if place is not None else None,
        "service_notice": None, "requested_datetime": local_moment(matter.created_at).isoformat(),
        "updated_datetime": local_moment(matter.closed_at or matter.updated_at).isoformat(),
        "expected_datetime": local_moment(due).isoformat() if due is not None else None,
        "address": place.name if place is not None and item is not None else None,
        "address_id": place.code if place is not None and item is not None else None, "zipcode": None, "lat": None, "long": None,
        "media_url": None}


def _several(name: str) -> list[str]:
    """A parameter that may come several times and hold several values with commas between."""
    return [part.strip() for text in request.args.getlist(name) for part in text.split(",") if part.strip()]


def _moment(name: str) -> datetime | None:
    """A moment in W3C format as naive UTC; None when it is not given. Raises ``Open311Error`` without a time zone."""
    text = request.args.get(name, "").strip().replace(" ", "+")
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError(text)
        return found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        message = gettext("%(name)s is not a moment with time zone such as 2026-01-01T00:00:00Z.", name=name)
        raise Open311Error(400, message) from None
