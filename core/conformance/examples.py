"""Values that fit a schema, so that the kit can fill in the forms of a plugin it has never seen."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from grid321.core import db
from grid321.core.actor import SYSTEM
from grid321.core.errors import Invalid
from grid321.core.fields import (
    Choice,
    Day,
    DepartmentRef,
    DivisionRef,
    EntityField,
    Flag,
    GeoJson,
    IdNumber,
    PersonRef,
    Phone,
    Text,
    framed,
)
from grid321.core.schemas import fields_of, load_many
from grid321.core.tree import Node

MOST_TRIES = 4
ID_NUMBERS = ("11010519491231002X", "440524188001010014", "110105199003070126")
SQUARE = {"type": "Polygon", "coordinates": [[[109.0, 32.7], [109.1, 32.7], [109.1, 32.8], [109.0, 32.8], [109.0, 32.7]]]}
NOTHING = object()


def identity_number(number: int) -> str:
    """Return an identity number with a right check character (GB 11643-1999), another one for each ``number``."""
    body = f"61090219900101{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    check = "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]
    return body + check


def example(field: EntityField, node: Node, number: int = 1) -> Any:
    """Return a JSON value that ``field`` accepts at ``node`` (inside ``framed``), or NOTHING when none can be made."""
    if isinstance(field, Phone):
        return f"138{number:08d}"
    if isinstance(field, IdNumber):
        return identity_number(number)
    if isinstance(field, Text):
        return None if field.pattern is not None and not field.required else f"Example {number}"[:field.max].ljust(field.min, "x")
    if isinstance(field, Day):
        return max(field.min, min(field.max, db.local_day())).isoformat()
    if isinstance(field, Flag):
        return True
    if isinstance(field, Choice):
        options = field.options()
        return options[0][0] if options else NOTHING
    if isinstance(field, DivisionRef):
        return _division(field, node)
    if isinstance(field, GeoJson):
        return SQUARE
    if isinstance(field, PersonRef | DepartmentRef):
        options = field.options()
        return int(options[0][0]) if options else NOTHING
    return _by_schema(field.openapi(), number)


def _division(field: DivisionRef, node: Node) -> Any:
    from grid321.core import snapshot

    tree = snapshot.current().tree
    if not field.levels or node.level in field.levels:
        return node.code
    below = [found for level in field.levels for found in tree.subtree(node, level)]
    return below[0].code if below else NOTHING


def _by_schema(schema: Mapping[str, Any], number: int) -> Any:
    kinds = schema.get("type")
    kind = kinds[0] if isinstance(kinds, list) else kinds
    if kind in ("integer", "number"):
        return min(max(int(schema.get("minimum", 0)), 1), int(schema.get("maximum", 2**31 - 1)))
    if "enum" in schema:
        return schema["enum"][0]
    return {"string": f"Example {number}", "boolean": True}.get(str(kind), NOTHING)


def raw_for(schema: type[Any], node: Node, number: int = 1, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return JSON values for every field of ``schema`` that people fill in; ``given`` replaces or (None) leaves out some.

    A value that is a function is called with ``number``: it may make what the record refers to.
    """
    values: dict[str, Any] = {}
    with framed(node, SYSTEM):  # so that a function can ask ``current_frame`` where the record will be
        given = {name: value(number) if callable(value) else value for name, value in (given or {}).items()}
        for name, field in fields_of(schema).items():
            value = given[name] if name in given else NOTHING if field.dump_only else example(field, node, number)
            if value is not NOTHING and not (name in given and value is None):
                values[name] = value
    return values


def variants(schemas: tuple[type[Any], ...], node: Node, given: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """Yield answers to a transition's questions: the first choices, then each other option of each choice."""
    base: dict[str, Any] = {}
    for schema in schemas:
        base |= raw_for(schema, node, given=given)
    yield base
    with framed(node, SYSTEM):
        others = [(name, code) for schema in schemas for name, field in fields_of(schema).items()
                  if isinstance(field, Choice) and name in base and name not in (given or {})
                  for code, _label in field.options() if code != base[name]]
    for name, code in others:
        yield {**base, name: code}


def answers(step: Any, node: Node, given: Any) -> list[dict[str, Any]]:
    """Return the answers to try for a step: those of each example of a list, one of an automatic step as it is."""
    each = given if isinstance(given, list) else [given]
    return [raw for one in each for raw in (variants(step.asks, node, one) if step.asks else [dict(one or {})])]


def loaded(schemas: tuple[type[Any], ...], raw: dict[str, Any], node: Node, actor: Any) -> dict[str, Any]:
    """Return ``raw`` as the platform reads it; an optional value that a schema refuses is left out.

    Raises ``Invalid`` when a required value is refused: then the plugin's test class must give ``examples``.
    """
    required = {name for schema in schemas for name, field in fields_of(schema).items() if field.required}
    for _try in range(MOST_TRIES):
        try:
            return load_many(schemas, raw, node=node, actor=actor)
        except Invalid as problem:
            refused = set(problem.errors)
            if not refused or refused & required or not refused & set(raw):
                raise
            raw = {name: value for name, value in raw.items() if name not in refused}
    raise AssertionError("no acceptable values were found")
