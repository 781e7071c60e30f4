"""Open311 GeoReport v2, POST Service Request: a client with a key registers a matter for the person who uses it."""
from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from flask import Response, g, request

from grid321.core.api import (
    Actor,
    EntitySchema,
    Flag,
    Forbidden,
    LongText,
    Node,
    Phone,
    Text,
    Unauthenticated,
    actor_of_token,
    attachments,
    forms,
    gettext,
    is_on,
    lookup,
    registry,
    sending,
    setting,
    signed_links,
    transaction,
    tree,
)

from .open311 import TOKEN, classes, spoken
from .open311_format import Open311Error, answer
from .public_form import MATTER, PLUGIN

CREATE = f"{MATTER}.create"
TOKEN_DAYS = 90
DEGREES = re.compile(r"-?\d{1,3}(?:\.\d{1,12})?")
URL = re.compile(r"https?://\S{3,400}")


class Posted(EntitySchema):
    """What is kept of a request; the rest (device, account, e-mail address) is not."""

    text = LongText("description", max=4000, required=True, min=4)
    place = Text("address_string", max=400)
    contact_name = Text("first_name, last_name", max=40, personal=True)
    contact_phone = Phone("phone")
    publish = Flag("attribute[publish]", default=False)


@spoken
def post_request(ending: str) -> Response:
    """Register a matter. Answers its id, or a token where the county hands ids out only once a matter was taken up."""
    actor = _actor()
    code = request.form.get("service_code", "").strip()
    if not code:
        raise Open311Error(400, gettext("service_code was not provided."))
    if code not in dict(classes()):
        raise Open311Error(404, gettext("service_code was not found: %(code)s", code=code[:40]))
    place = _place()
    if not actor.may(CREATE, place):
        raise Open311Error(403, gettext("This api_key may not register matters at %(place)s.", place=place.name))
    record, secret = _register(_values(code, place, actor), place, actor)
    said = gettext("Registered under the number %(number)s. With it and the code %(code)s the person can look the matter up.",
                   number=record.number, code=secret)
    if setting(f"{PLUGIN}.open311_type", g.node.id) == "batch":
        name, identity = "token", signed_links.create(
            TOKEN, MATTER, record.id, expires=timedelta(days=TOKEN_DAYS), once=False)
    else:
        name, identity = "service_request_id", record.uid
    return answer("service_requests", [{name: identity, "service_notice": said, "account_id": None}], ending, 201)


def _actor() -> Actor:
    """The account behind ``api_key``. Raises ``Open311Error`` (403) for a missing or wrong key, as the standard asks."""
    key = request.form.get("api_key", "") or request.args.get("api_key", "")
    try:
        actor = actor_of_token(key)
    except (Unauthenticated, Forbidden) as problem:
        raise Open311Error(403, f"{problem.title}. {problem.remedy}") from None
    if actor.reads_only:
        raise Open311Error(403, gettext("This api_key only reads."))
    return actor


def _place() -> Node:
    """The village named by ``attribute[division]``, else the division of the address."""
    node: Node = g.node
    code = request.form.get("attribute[division]", "").strip()
    if not code:
        return node
    found = tree().by_code(code)
    if found is None or not found.valid or not tree().covers(node, found) or not is_on(PLUGIN, found.id):
        raise Open311Error(400, gettext("attribute[division] is not a division here: %(code)s", code=code[:40]))
    return found


def _values(code: str, place: Node, actor: Actor) -> dict[str, Any]:
    """The columns of the new matter. Raises ``Open311Error`` without a location, ``Invalid`` for values that do not fit."""
    sent = request.form
    lat, lon = _degrees("lat", 90), _degrees("long", 180)
    if (lat is None) != (lon is None):
        raise Open311Error(400, gettext("lat and long belong together: send both or neither."))
    address = sent.get("address_string", "").strip() or sent.get("address_id", "").strip()
    if lat is None and not address:
        raise Open311Error(400, gettext("A location is needed: lat and long, address_string or address_id."))
    media = sent.get("media_url", "").strip()
    parts = [sent.get("description", "").strip()]
    if media and URL.fullmatch(media):
        parts.append(gettext("Picture (not fetched): %(url)s", url=media))
    name = " ".join(part for part in (sent.get("last_name", "").strip(), sent.get("first_name", "").strip()) if part)
    typed = {"text": "\n".join(part for part in parts if part), "place": address, "contact_name": name,
             "contact_phone": sent.get("phone", ""), "publish": "1" if sent.get("attribute[publish]") == "1" else ""}
    values = forms.read_form((Posted,), typed, node=place, actor=actor)
    if len(values["place"]) > 120:
        values["text"] = f"{values['place']}\n{values['text']}"[:4000]
        values["place"] = values["place"][:119] + "…"
    values = {key: value for key, value in values.items() if value is not None}
    if lat is not None:
        values |= {"lat": lat, "lon": lon, "coordinates": "wgs84"}
    return {**values, "kind": code, "source": "web_api", "wants_answer": True}


def _degrees(name: str, limit: int) -> float | None:
    text = request.form.get(name, "").strip()
    if not text:
        return None
    if not DEGREES.fullmatch(text) or abs(float(text)) > limit:
        raise Open311Error(400, gettext("%(name)s is not a number of degrees (WGS84): %(value)s", name=name, value=text[:20]))
    return round(float(text), 7)


def _register(values: dict[str, Any], place: Node, actor: Actor) -> tuple[Any, str]:
    files = attachments.cleaned(request.files.getlist("media"))
    code = lookup.new_code()
    entity = registry().entity(MATTER)
    with transaction():
        record = sending.create_once(entity, values, files, None, actor, place)
        lookup.keep(code, MATTER, record.id, record.number)
    return record, code.text
