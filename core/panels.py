"""Pieces that plugins add to the slots of pages. A panel that fails is left out; the page stands."""
from __future__ import annotations

import logging
from typing import Any

from flask import current_app
from markupsafe import Markup

from .entity import Panel
from .registry import platform
from .tree import Node

log = logging.getLogger("grid321.plugins")
SLOTS = ("detail.main", "detail.aside", "today", "statistics")


def render(slot: str, entity: Any, record: Any, actor: Any, node: Node) -> list[Markup]:
    """The panels of every plugin that is on at `node`, in their order, as safe HTML."""
    hooks = platform().hooks
    if not hooks.has("panels"):
        return []
    found = [panel for panel in hooks.all("panels", node, slot=slot, entity=entity, record=record, actor=actor)
             if isinstance(panel, Panel)]
    pages: list[Markup] = []
    if not found:
        return pages
    shared: dict[str, Any] = {}
    current_app.update_template_context(shared)  # once for all panels: for most it is longer than the panel itself
    for panel in sorted(found, key=lambda panel: panel.order):
        try:
            template = current_app.jinja_env.get_template(panel.template)
            html = template.render({**shared, **panel.context, "title": str(panel.title), "entity": entity, "record": record})
        except Exception as error:  # noqa: BLE001 - a guest's template must not break the page
            log.error("panel %s failed: %s", panel.template, type(error).__name__)
            continue
        pages.append(Markup(html))  # noqa: S704 - made by a template with autoescape
    return pages
