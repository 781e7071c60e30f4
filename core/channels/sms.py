"""Text messages through a gateway over HTTP. Gateways differ, so the request is a template of fields.

The telephone number is opened from the sealed store by whoever calls ``send`` and goes into the request and nowhere else: not
into a log, not into the reason of a failure.
"""
from __future__ import annotations

import re
from urllib.parse import urlencode

import orjson

from .. import fields
from ..i18n import lazy_gettext as _l
from ..outgoing import Failure
from ..schemas import EntitySchema
from . import PERSON, Channel, Message, Setup
from . import http as over_http

NAMES = ("phone", "text", "number", "url", "id", "user", "secret")
_PLACE = re.compile(r"\{([^{}]*)\}")
EXAMPLE = "mobile={phone}\ncontent={text}\naccount={user}\npassword={secret}\nseq={id}"


class SmsForm(EntitySchema):
    """What a gateway needs."""

    url = fields.Text(_l("Address of the gateway"), required=True, max=500)
    method = fields.Choice(_l("Sent as"), required=True, default="json", options=(
        ("json", _l("JSON (POST)")), ("form", _l("Form (POST)")), ("get", _l("Address with query (GET)"))))
    template = fields.LongText(_l("Fields of the request"), required=True, max=2000, default=EXAMPLE, help=_l(
        "One field a line, name=value. Filled in: {phone}, {text}, {number}, {url}, {id}, {user}, {secret}."))
    user = fields.Text(_l("User name at the gateway"), max=200)
    secret = fields.Text(_l("Password or key at the gateway"), required=True, max=200, widget="password")
    success = fields.Text(_l("Field of the answer that says it worked"), max=100, help=_l(
        "As in code=0, for a JSON answer. Empty: every answer with a status 2xx counts."))
    ca = fields.LongText(_l("Certificate of your own authority (PEM)"), max=20_000,
                         help=_l("Only for a machine whose certificate comes from an authority of the intranet."))


def read_template(text: str) -> list[tuple[str, str]]:
    """The (field, value) pairs of a template. Raises ``ValueError``: the line that is none, or ``{name}`` that is unknown."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            raise ValueError(line.strip())
        for place in _PLACE.findall(value):
            if place not in NAMES:
                raise ValueError(f"{{{place}}}")
        found.append((name.strip(), value.strip()))
    if not any("{phone}" in value for _name, value in found):
        raise ValueError("{phone}")
    return found


def filled(template: str, values: dict[str, str]) -> dict[str, str]:
    """The fields of one request. What is filled in is not read for places again."""
    return {name: _PLACE.sub(lambda place: values[place.group(1)], value) for name, value in read_template(template)}


def send(setup: Setup, message: Message, phone: str) -> None:
    """Send one text message. Raises ``Failure``."""
    text = f"{message.text} {message.url}".strip()
    pairs = filled(setup.get("template"), {
        "phone": phone, "text": text, "number": message.number, "url": message.url, "id": message.id,
        "user": setup.get("user"), "secret": setup.get("secret")})
    url, how = setup.get("url"), setup.get("method")
    if how == "json":
        answer = over_http.post(setup, url, orjson.dumps(pairs), {"Content-Type": "application/json; charset=utf-8"})
    elif how == "form":
        answer = over_http.post(setup, url, urlencode(pairs).encode(),
                                {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
    else:
        answer = over_http.post(setup, f"{url}{'&' if '?' in url else '?'}{urlencode(pairs)}", b"", {}, method="GET")
    wanted = setup.get("success")
    if wanted and not accepted(wanted, answer.body):
        raise Failure("gateway")


def accepted(wanted: str, body: bytes) -> bool:
    """True when the JSON answer holds ``name=value`` as the configuration wants it; ``a.b=0`` looks inside ``a``."""
    path, _equals, value = wanted.partition("=")
    try:
        found = orjson.loads(body)
        for step in path.strip().split("."):
            found = found[step]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return False
    return str(found).lower() == value.strip().lower()


def check(setup: Setup) -> None:
    """Look at address and template without asking anybody. Raises ``Failure``, ``ValueError`` for the template."""
    read_template(setup.get("template"))
    over_http.check(setup, setup.get("url"))


CHANNEL = Channel("sms", _l("Text message"), _l("To the telephone number of the account’s person, through your gateway."), PERSON,
                  SmsForm, send, check, secrets=("secret",), target=("url", "template", "method"))
