"""What everybody may read: the entry page, the published items with search, one item, and the feeds (RSS 2.0, Atom).

Only rows of ``Publication`` that are not hidden are read; see ``public_publish`` for how they come about.
"""
from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from xml.etree import ElementTree as Xml

import peewee
from flask import Response, g, render_template, request, url_for

from grid321.core.api import (
    SYSTEM,
    BadRequest,
    Choice,
    EntitySchema,
    Invalid,
    NotFound,
    Text,
    day_of,
    format_day,
    forms,
    moment_of,
    raw_rows,
    scoped,
    setting,
    snapshot,
    text_condition,
)
from grid321.core.api import gettext as _
from grid321.core.api import lazy_gettext as _l

from .public_models import Publication
from .public_publish import PUBLICATION, SCHEMES, SOURCES

PAGE, FEED = 20, 50
ATOM = "http://www.w3.org/2005/Atom"
KNOWN = frozenset({"q", "source", "kind", "before", "after"})


class Item(NamedTuple):
    """What pages, feeds and programs read of a published item, as the database gives it: everybody reads this list."""

    id: int
    uid: str
    updated_at: Any
    division_id: int
    source: str
    number: str
    kind: str
    title: str
    text: str
    result: str
    outcome: str | None
    published_on: Any


_COLUMNS = peewee.SQL(", ".join(Item._fields))


class Search(EntitySchema):
    """What the list may be narrowed to."""

    q = Text(_l("Words or number"), max=80)
    source = Choice(_l("Matter or suggestion"), options=SOURCES)
    kind = Choice(_l("Field"), scheme="suggestion_tracking.matter_class")


def entry_page() -> str:
    """Where residents begin: raise, look up, read, call."""
    node = g.node
    return render_template("suggestion_tracking/entry.html", title=_("Matters and suggestions"), place=node,
                           phone=setting("core.feedback_phone", node.id), rows=shown(read(selected({}).limit(5))))


def list_page() -> Any:
    """The published items of a division, newest first, with search."""
    wanted = asked()
    before, after = _cursor("before"), _cursor("after")
    if after is not None:
        rows = read(selected(wanted).where(Publication.id > after).order_by(Publication.id.asc()).limit(PAGE + 1))
        goes_on, newer = True, len(rows) > PAGE
        rows = rows[:PAGE][::-1]
    else:
        rows = read(older(wanted).limit(PAGE + 1))
        goes_on, newer = len(rows) > PAGE, before is not None
        rows = rows[:PAGE]
    here = url_for("suggestion_tracking.published", code=g.node.code)

    def link(ending: str = "", **more: int) -> str:
        return f"{here}{ending}?{urlencode({**wanted, **more})}" if wanted or more else f"{here}{ending}"

    return render_template(
        "suggestion_tracking/published.html", title=_("Published matters and suggestions"), place=g.node, asked=wanted,
        fields=forms.form_fields((Search,), wanted, node=g.node, actor=SYSTEM), rows=shown(rows), all_url=here,
        prev_url=link(after=rows[0].id) if rows and newer else "", next_url=link(before=rows[-1].id) if rows and goes_on else "",
        rss_url=link(".rss"), atom_url=link(".atom"))


def item_page(item_id: int) -> str:
    """One published item."""
    rows = read(selected({}).where(Publication.id == item_id))
    if not rows:
        raise NotFound(_("There is no such published item."), "",
                       _("It may have been taken back. Go to the list of published items."))
    return render_template("suggestion_tracking/item.html", title=rows[0].title, item=shown(rows)[0],
                           list_url=url_for("suggestion_tracking.published", code=g.node.code))


def selected(asked: dict[str, str]) -> Any:
    """Published items below this division that fit ``asked`` (``q``, ``source``, ``kind``), newest first; hidden ones never."""
    query = scoped(Publication.select(_COLUMNS), PUBLICATION, "view", g.node, SYSTEM).where(Publication.hidden == False)  # noqa: E712
    for name in ("source", "kind"):
        if asked.get(name):
            query = query.where(getattr(Publication, name) == asked[name])
    if asked.get("q"):
        query = query.where(text_condition(PUBLICATION, asked["q"], g.node, SYSTEM))
    return query.order_by(Publication.id.desc())


def read(query: Any) -> list[Item]:
    """The items that ``selected`` gives."""
    return [Item._make(row) for row in raw_rows(query)]


def shown(rows: Iterable[Item]) -> list[dict[str, Any]]:
    """Published items as pages, feeds and programs show them."""
    now, here = snapshot(), url_for("suggestion_tracking.published", code=g.node.code)
    labels, places = now.classes.label, now.tree
    sources = {source: str(label) for source, label in SOURCES}
    found = []
    for row in rows:
        place = places.get(row.division_id)
        found.append({
            "id": row.id, "title": row.title, "text": row.text, "result": row.result, "number": row.number,
            "source": row.source, "source_label": sources[row.source], "kind": row.kind,
            "kind_label": labels(SCHEMES[row.source], row.kind, place) if row.kind else "",
            "outcome": labels("suggestion_tracking.outcome", row.outcome, place) if row.outcome else "",
            "where": place.name if place is not None else "", "published": format_day(day_of(row.published_on)),
            "url": f"{here}/{row.id}"})
    return found


def older(wanted: dict[str, str]) -> Any:
    """What ``selected`` gives, after the item that this request names by ``before``."""
    before = _cursor("before")
    return selected(wanted) if before is None else selected(wanted).where(Publication.id < before)


def asked(known: frozenset[str] = KNOWN) -> dict[str, str]:
    """The search of this request. Raises ``BadRequest`` for parameters that do not exist and values that do not fit."""
    strange = set(request.args) - known
    try:
        if strange:
            raise Invalid(errors={name: ["?"] for name in sorted(strange)})
        data = forms.read_form((Search,), {name: request.args.get(name, "") for name in ("q", "source", "kind")},
                               node=g.node, actor=SYSTEM)
    except Invalid as problem:
        raise BadRequest(_("This list cannot be shown."), ", ".join(str(name)[:40] for name in problem.errors),
                         _("Go to the list of published items and search anew.")) from None
    return {name: str(value) for name, value in data.items() if value}


def _cursor(name: str) -> int | None:
    text = request.args.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadRequest(_("This list cannot be shown."), name, _("Go to the list of published items and search anew."))
    return int(text)


# ---------------------------------------------------------------- feeds

def rss() -> Response:
    """The newest published items as RSS 2.0."""
    wanted, items = _feed_items()
    root = Xml.Element("rss", version="2.0", attrib={"xmlns:atom": ATOM})
    channel = Xml.SubElement(root, "channel")
    own = _absolute("suggestion_tracking.published_rss", wanted)
    _children(channel, title=_feed_title(), link=_absolute("suggestion_tracking.published", wanted),
              description=_("Matters of residents and suggestions of deputies, published with consent, and their results."),
              language="zh-CN", ttl="60")
    Xml.SubElement(channel, "atom:link", href=own, rel="self", type="application/rss+xml")
    for row, item in items:
        entry = Xml.SubElement(channel, "item")
        link = _absolute("suggestion_tracking.published_item", {}, item_id=row.id)
        _children(entry, title=item["title"], link=link, guid=link, description=_feed_text(item), category=item["kind_label"],
                  pubDate=format_datetime(_moment(row)))
    return _xml(root, "application/rss+xml")


def atom() -> Response:
    """The newest published items as Atom (RFC 4287)."""
    wanted, items = _feed_items()
    root = Xml.Element("feed", xmlns=ATOM)
    own = _absolute("suggestion_tracking.published_atom", wanted)
    newest = max((_moment(row) for row, _item in items), default=datetime(2026, 1, 1, tzinfo=UTC))
    _children(root, title=_feed_title(), id=own, updated=newest.isoformat())
    Xml.SubElement(root, "link", href=own, rel="self")
    Xml.SubElement(root, "link", href=_absolute("suggestion_tracking.published", wanted))
    _children(Xml.SubElement(root, "author"), name=g.node.name)
    for row, item in items:
        entry = Xml.SubElement(root, "entry")
        link = _absolute("suggestion_tracking.published_item", {}, item_id=row.id)
        _children(entry, title=item["title"], id=f"urn:uuid:{row.uid}", updated=_moment(row).isoformat(),
                  summary=_feed_text(item))
        Xml.SubElement(entry, "link", href=link)
    return _xml(root, "application/atom+xml")


def _feed_items() -> tuple[dict[str, str], list[tuple[Item, dict[str, Any]]]]:
    wanted = asked(KNOWN - {"before", "after"})
    rows = read(selected(wanted).limit(FEED))
    return wanted, list(zip(rows, shown(rows), strict=True))


def _feed_title() -> str:
    return _("%(place)s: published matters and suggestions", place=g.node.name)


def _feed_text(item: dict[str, Any]) -> str:
    result = _("Result: %(text)s", text=item["result"]) if item["result"] else ""
    return "\n\n".join(part for part in (item["text"], result) if part)


def local_moment(moment: datetime) -> datetime:
    """A stored moment (naive UTC) as Chinese time with its offset, without fractions of a second."""
    return moment.replace(tzinfo=UTC).astimezone(timezone(timedelta(hours=8))).replace(microsecond=0)


def _moment(row: Item) -> datetime:
    """When the item was last changed, as a moment of Chinese time."""
    at = moment_of(row.updated_at)
    assert at is not None
    return local_moment(at)


def _absolute(endpoint: str, asked: dict[str, str], **more: Any) -> str:
    return str(url_for(endpoint, code=g.node.code, _external=True, **asked, **more))


def _children(parent: Xml.Element, **texts: str) -> None:
    for name, text in texts.items():
        if text:
            Xml.SubElement(parent, name).text = xml_text(text)


def xml_text(text: str) -> str:
    """The text without the characters that XML 1.0 does not know (control characters, U+FFFE, U+FFFF)."""
    return "".join(char for char in text if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff"))


def _xml(root: Xml.Element, kind: str) -> Response:
    body = b'<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="utf-8")
    answer = Response(body, content_type=f"{kind}; charset=utf-8")
    answer.set_etag(hashlib.sha256(body).hexdigest()[:32])
    answer.headers["Cache-Control"] = "public, max-age=300"
    return answer.make_conditional(request)  # type: ignore[return-value]
