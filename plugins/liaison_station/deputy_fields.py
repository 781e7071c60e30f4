"""Fields of deputies: divisions by their codes, several items of a list."""
from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from grid321.core.api import ClassScheme, Text, class_label, current_frame, snapshot, tree
from grid321.core.api import lazy_gettext as _

BETWEEN = re.compile(r"\s*[、,，;；\n]+\s*")


class Divisions(Text):
    """Several divisions by their codes (``610902104、610902105``), at the node of the frame or below it."""

    default_error_messages: dict[str, Any] = {
        "unknown": _("There is no division with the code {code} in the area you are looking at. Check the code."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        here, node = tree(), current_frame().node
        found = list(dict.fromkeys(part for part in BETWEEN.split(text) if part))
        for code in found:
            place = here.by_code(code)
            if place is None or not place.valid or not here.covers(node, place):
                raise self.make_error("unknown", code=code[:40].replace("{", "("))
        return "、".join(found)

    def display(self, value: Any, record: Any = None) -> str:
        """The names of the divisions; of one that is gone its code."""
        here = tree()
        return "、".join(place.name if (place := here.by_code(code)) is not None else code
                        for code in BETWEEN.split(value or "") if code)


class Items(Text):
    """Several items of a class scheme, by their labels or codes (``法律、农业``); stored as codes joined by commas."""

    default_error_messages: dict[str, Any] = {
        "item": _("“{value}” is not among the choices. Choose from: {choices}."),
    }

    def __init__(self, label: Any = None, *, scheme: ClassScheme, **rest: Any) -> None:
        super().__init__(label, max=200, **rest)
        self.scheme = scheme.key

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        labels = dict(snapshot().classes.labels(self.scheme, current_frame().node))
        words = {class_label(self.scheme, code): code for code in labels}  # a form shows these where the county has its own
        words |= {**{label: code for code, label in labels.items()}, **{code: code for code in labels}}
        found = []
        for part in (one for one in BETWEEN.split(text) if one):
            if part not in words:
                choices = "、".join(labels.values()).replace("{", "(")
                raise self.make_error("item", value=part[:40].replace("{", "("), choices=choices)
            found.append(words[part])
        return ",".join(dict.fromkeys(found))

    def display(self, value: Any, record: Any = None) -> str:
        """The labels."""
        place = getattr(record, "division_id", None)
        return "、".join(class_label(self.scheme, code, place) for code in (value or "").split(",") if code)

    def to_text(self, value: Any) -> str:
        """The labels, as a form takes them back."""
        return self.display(value)

    def to_cell(self, value: Any, record: Any = None) -> str:
        """The labels, as a sheet takes them back."""
        return self.display(value, record)
