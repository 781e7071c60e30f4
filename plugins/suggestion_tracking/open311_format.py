"""Answers of Open311 GeoReport v2 in both formats: XML without namespace, JSON by the Spark convention (lists have no name).

The names of elements and their order are those of the published standard (wiki.open311.org/GeoReport_v2).
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

import orjson
from flask import Response

from .public_list import xml_text

FORMATS = ("xml", "json")
ITEMS = {"services": "service", "service_requests": "request", "errors": "error", "attributes": "attribute",
         "values": "value", "endpoints": "endpoint", "formats": "format"}
"""The element of each list: ``services`` holds ``service`` elements."""


class Open311Error(Exception):
    """A refused request: pairs of code and description, as the standard answers them."""

    def __init__(self, status: int, *descriptions: str) -> None:
        super().__init__(descriptions)
        self.status = status
        self.errors = [{"code": status, "description": str(text)} for text in descriptions]


def answer(name: str, content: Any, form: str, status: int = 200) -> Response:
    """A list or mapping ``content`` called ``name`` as an answer in format ``form`` (``xml`` or ``json``)."""
    if form == "json":
        return Response(orjson.dumps(content), status, content_type="application/json; charset=utf-8")
    body = b'<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(element(name, content), encoding="utf-8")
    return Response(body, status, content_type="text/xml; charset=utf-8")


def element(name: str, content: Any) -> Xml.Element:
    """``content`` as an XML element: a mapping has a child for each member, a list one for each item, None is empty."""
    made = Xml.Element(name)
    if isinstance(content, Mapping):
        made.extend(element(key, value) for key, value in content.items())
    elif isinstance(content, Sequence) and not isinstance(content, str):
        made.extend(element(ITEMS[name], item) for item in content)
    elif isinstance(content, bool):
        made.text = "true" if content else "false"
    elif content is not None:
        made.text = xml_text(str(content))
    return made
