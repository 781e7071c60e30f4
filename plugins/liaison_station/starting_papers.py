"""The page of the starting texts of papers on the wall: each opens the form of a new paper with its words filled in."""
from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import g, render_template

from grid321.core.api import class_label, current_actor, json_answer

from .station_choices import PAPERS, P
from .station_models import Paper
from .station_starters import starters


def page() -> Any:
    """The starting texts, and which of their titles the division has papers of already."""
    base = f"/d/{g.node.code}/liaison_station/paper"
    mine = {(kind, title): identifier for kind, title, identifier in Paper.select(Paper.kind, Paper.title, Paper.id).where(
        (Paper.division_id == g.node.id) & Paper.station_id.is_null()).order_by(Paper.edition).tuples()}
    may = current_actor().may(f"{P}paper.create", g.node)
    return render_template("liaison_station/starting_papers.html", papers_url=f"{base}/", rows=[
        {"title": one.title, "text": one.text, "kind": class_label(PAPERS.key, one.kind, g.node.id),
         "own_url": f"{base}/{mine[one.kind, one.title]}" if (one.kind, one.title) in mine else "",
         "use_url": f"{base}/new?{urlencode({'kind': one.kind, 'title': one.title, 'text': one.text})}" if may else ""}
        for one in starters()])


def operation() -> Any:
    """The starting texts as data."""
    return json_answer({"items": [{"kind": one.kind, "title": one.title, "text": one.text} for one in starters()]})
