"""Places on a map: boundaries as GeoJSON polygons (RFC 7946), positions in degrees; both checked before they are stored."""
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import orjson

from grid321.core.field_base import EntityField
from grid321.core.i18n import gettext as _
from grid321.core.i18n import lazy_gettext as _l

MAX_BYTES = 200_000
MAX_POSITIONS = 10_000
COORDINATES = (("cgcs2000", "CGCS2000"), ("wgs84", "WGS84"), ("gcj02", "GCJ-02"))
"""Coordinate systems of boundaries and positions, as choices of a field."""


class GeoJson(EntityField):
    """A Polygon or MultiPolygon as a GeoJSON geometry object.

    Rings have at least four positions, end where they begin and enclose an area; positions are longitude and
    latitude in degrees (an altitude is dropped). At most 200,000 bytes and 10,000 positions.
    """

    widget: ClassVar[str] = "geojson"

    default_error_messages: dict[str, Any] = {
        "type": _l("A boundary is a GeoJSON object of type Polygon or MultiPolygon. Export it as such."),
        "json": _l("The boundary is not JSON (line {line}, column {column}). Paste the whole GeoJSON text."),
        "size": _l("The boundary is too detailed: at most {max} points. Simplify it."),
        "ring": _l("Ring {ring}: a ring has at least four points and ends where it begins."),
        "area": _l("Ring {ring} encloses no area. Draw it again."),
        "position": _l("Ring {ring}, point {point}: a point is [longitude, latitude] in degrees, "
                       "-180 to 180 and -90 to 90."),
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None,
                     **kwargs: Any) -> dict[str, Any]:
        if isinstance(value, dict) and value.get("type") == "Feature":
            value = value.get("geometry")
        if not isinstance(value, dict) or value.get("type") not in ("Polygon", "MultiPolygon"):  # no set: a list has no hash
            raise self.make_error("type")
        coordinates = value.get("coordinates")
        if not isinstance(coordinates, list) or not coordinates:
            raise self.make_error("type")
        counter = _Counter()
        if value["type"] == "Polygon":
            return {"type": "Polygon", "coordinates": self._polygon(coordinates, counter)}
        return {"type": "MultiPolygon", "coordinates": [self._polygon(part, counter) for part in coordinates]}

    def _polygon(self, rings: Any, counter: _Counter) -> list[list[list[float]]]:
        if not isinstance(rings, list) or not rings:
            raise self.make_error("type")
        return [self._ring(ring, counter) for ring in rings]

    def _ring(self, ring: Any, counter: _Counter) -> list[list[float]]:
        counter.rings += 1
        number = counter.rings
        if not isinstance(ring, list) or len(ring) < 4:
            raise self.make_error("ring", ring=number)
        counter.positions += len(ring)
        if counter.positions > MAX_POSITIONS:
            raise self.make_error("size", max=MAX_POSITIONS)
        clean = [self._position(position, number, index) for index, position in enumerate(ring, start=1)]
        if clean[0] != clean[-1]:
            raise self.make_error("ring", ring=number)
        if abs(_area(clean)) < 1e-14:
            raise self.make_error("area", ring=number)
        return clean

    def _position(self, position: Any, ring: int, point: int) -> list[float]:
        if isinstance(position, list) and 2 <= len(position) <= 3:
            numbers = position[:2]
            if all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
                longitude, latitude = numbers
                if abs(longitude) <= 180 and abs(latitude) <= 90:
                    return [float(longitude), float(latitude)]
        raise self.make_error("position", ring=ring, point=point)

    def from_text(self, text: str) -> Any:
        if not text.strip():
            return None
        if len(text) > MAX_BYTES:
            raise self.make_error("size", max=MAX_POSITIONS)
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            raise self.make_error("json", line=problem.lineno, column=problem.colno) from None
        except UnicodeEncodeError:
            raise self.make_error("type") from None

    def to_text(self, value: Any) -> str:
        return orjson.dumps(value).decode() if value else ""

    def to_cell(self, value: Any, record: Any = None) -> str:
        return self.to_text(value)

    def display(self, value: Any, record: Any = None) -> str:
        if not value:
            return ""
        parts = [value["coordinates"]] if value["type"] == "Polygon" else value["coordinates"]
        points = sum(len(ring) - 1 for part in parts for ring in part)
        return _("Boundary with %(points)s points", points=points)

    def openapi(self) -> dict[str, Any]:
        return self._described({
            "type": "object", "required": ["type", "coordinates"],
            "properties": {"type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
                           "coordinates": {"type": "array", "items": {"type": "array"}, "minItems": 1}}})


class _Counter:
    """Rings and positions met so far."""

    def __init__(self) -> None:
        self.rings = 0
        self.positions = 0


def _area(ring: list[list[float]]) -> float:
    """Twice the signed area of a ring in square degrees (shoelace formula, relative to its first point)."""
    x0, y0 = ring[0]
    return sum((ring[i][0] - x0) * (ring[i + 1][1] - y0) - (ring[i + 1][0] - x0) * (ring[i][1] - y0)
               for i in range(len(ring) - 1))


class Degrees(EntityField):
    """Degrees of longitude (``limit`` 180) or latitude (``limit`` 90) as a finite JSON number.

    One of longitude that names the field of its ``latitude`` has a map in the form, on which the place is pointed at; ``around``
    gives what is drawn on it beside the place, as GeoJSON text, for the present frame.
    """

    input_mode: ClassVar[str] = "decimal"
    default_error_messages: dict[str, Any] = {
        "type": _l("This must be a number of degrees such as 109.0293."),
        "range": _l("The number must lie between {min} and {max}."),
    }

    def __init__(self, label: Any = None, *, limit: int = 180, latitude: str = "", around: Callable[[], str] | None = None,
                 **rest: Any) -> None:
        super().__init__(label, **rest)
        self.limit, self.latitude, self.around = limit, latitude, around

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise self.make_error("type")
        if abs(value) > self.limit:
            raise self.make_error("range", min=-self.limit, max=self.limit)
        return round(float(value), 7)

    def from_text(self, text: str) -> float | None:
        """Read ``109.0293``; empty is none."""
        text = text.strip()
        if not text:
            return None
        if len(text) > 20 or not text.isascii() or not set(text) <= set("0123456789.-"):
            raise self.make_error("type")
        try:
            return float(text)
        except ValueError:
            raise self.make_error("type") from None

    def from_cell(self, cell: Any) -> Any:
        """A number cell is a number; text is read like a form input."""
        if isinstance(cell, (int, float)) and not isinstance(cell, bool):
            return cell
        return super().from_cell(cell)

    def to_cell(self, value: Any, record: Any = None) -> Any:
        """A number cell."""
        return "" if value is None else value

    def openapi(self) -> dict[str, Any]:
        """A JSON number within the limit."""
        return self._described({"type": "number", "minimum": -self.limit, "maximum": self.limit})
