"""Parts of the OpenAPI description: operations and answers, and what stands beside the records themselves."""
from __future__ import annotations

from typing import Any

from . import attachments
from .entity import Entity
from .faces import Face
from .i18n import gettext as _
from .i18n import lazy_gettext as _l

JSON = "application/json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROBLEMS = {
    "400": _l("The request cannot be read."), "401": _l("No valid token or login."), "403": _l("The permission is missing."),
    "404": _l("Nothing here for this actor, or the plugin is off at this division."),
    "409": _l("Somebody else was first, or the Idempotency-Key was used for another body."),
    "412": _l("The record changed since it was read."), "413": _l("The body is too large."),
    "415": _l("The body is not JSON."), "422": _l("Fields or rules refuse it; see errors."), "428": _l("If-Match is missing."),
    "429": _l("Too many requests."), "503": _l("The database cannot be written now."),
}
READING = frozenset({"list", "get", "history", "attachments", "attachment", "transitions", "import", "export", "export_file",
                     "statistics", "links", "group", "duplicates", "replies", "forms", "form"})


def operation(entity: Entity, name: str, summary: str, action: str, responses: dict[str, Any], *,
              parameters: list[dict[str, Any]], body: str | None = None, permission: str | None = None) -> dict[str, Any]:
    """One operation with the problems it may answer."""
    changing = name not in READING
    problems = {"400", "401", "403", "404", "503"} | ({"409", "413", "415", "422"} if changing else set())
    if any(parameter.get("name") == "If-Match" for parameter in parameters):
        problems |= {"412", "428"}
    found: dict[str, Any] = {
        "operationId": f"{entity.key.replace('.', '_')}_{name}", "tags": [entity.key],
        "summary": f"{summary}: {entity.label}", "x-permission": permission or entity.permission(action),
        "parameters": parameters,
        "responses": {**responses, **{status: reference(f"Problem{status}", "responses") for status in sorted(problems)}}}
    if body is not None:
        schema = reference(body) if isinstance(body, str) else body
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": schema}}}
    return found


def answer_of(text: str, schema: str, *, etag: bool = False, location: bool = False) -> dict[str, Any]:
    """A JSON answer with the schema of that name, with or without ETag and Location."""
    headers: dict[str, Any] = {}
    if etag:
        headers["ETag"] = {"description": _("The version, for If-Match"), "schema": {"type": "string"}}
    if location:
        headers["Location"] = {"schema": {"type": "string"}}
    found: dict[str, Any] = {"description": text, "content": {JSON: {"schema": reference(schema)}}}
    return {**found, "headers": headers} if headers else found


def key_header() -> dict[str, Any]:
    """The header Idempotency-Key."""
    return {"name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 100},
            "description": _("Sent again with the same body, the request has one effect and the same answer")}


def query_parameter(name: str, schema: dict[str, Any], text: str) -> dict[str, Any]:
    """One optional parameter of an address."""
    return {"name": name, "in": "query", "required": False, "description": text, "schema": schema}


def reference(name: str, kind: str = "schemas") -> dict[str, str]:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _json(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {JSON: {"schema": schema}}}


def _id(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "description": _("Id"),
            "schema": {"type": "integer", "minimum": 1, "maximum": 10**18 - 1}}


def parts_of(face: Face, base: str) -> dict[str, dict[str, Any]]:
    """History, comments, files and possible steps of one record; imports and exports of the list."""
    from .openapi_cases import case_parts

    entity = face.entity
    many = {"200": _json(_("All of them"), _object(items={"type": "array", "items": {"type": "object"}}))}
    comment = operation(entity, "comment", _("Comment"), "view",
                        {"201": _json(_("Written"), _object(id={"type": "integer"}))}, parameters=[key_header()])
    comment["requestBody"] = {"required": True, "content": {JSON: {"schema": {
        **_object(text={"type": "string", "minLength": 1, "maxLength": 2000}), "required": ["text"],
        "additionalProperties": False}}}}
    file = {"200": {"description": _("The bytes of the file"), "content": {"application/octet-stream": {}}}}
    found = {
        f"{base}/{{id}}/history": {"get": operation(entity, "history", _("What happened"), "view", many, parameters=[])},
        f"{base}/{{id}}/comments": {"post": comment},
        f"{base}/{{id}}/attachments": {
            "get": operation(entity, "attachments", _("Files"), "view", many, parameters=[]),
            **({"post": _attach(entity)} if attachments.taken(entity) else {})},
        f"{base}/{{id}}/attachments/{{file_id}}": {
            "get": operation(entity, "attachment", _("One file"), "view", file, parameters=[_id("file_id")])}}
    if face.workflow is not None:
        found[f"{base}/{{id}}/transitions"] = {
            "get": operation(entity, "transitions", _("Possible steps"), "view", many, parameters=[])}
        found.update(_clocks(entity, base, many))
    found.update(case_parts(face, base))
    if "import" in entity.actions:
        found.update(_imports(entity, base))
    if "export" in entity.actions:
        found.update(_exports(entity, base))
    return found


def _clocks(entity: Entity, base: str, many: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The time limits of a case: all, why a date is what it is, asking for an extension, deciding on one."""
    text = {"type": "string"}
    clock = {"name": "clock_id", "in": "path", "required": True, "description": _("Key of the time limit, or its id"),
             "schema": {"type": "string", "maxLength": 40}, "example": "reply"}
    reason = {**text, "maxLength": 1000}
    why = {"200": _json(_("The rule, its source, and every day with its running count"), {"type": "object"})}
    ask = operation(entity, "extend", _("Ask for an extension of a time limit"), "view",
                    {"201": _json(_("Asked for"), _object(id={"type": "integer"}, state=text))}, parameters=[clock, key_header()])
    decide = operation(entity, "decide_extension", _("Decide on the extension that waits"), "view",
                       {"200": _json(_("Decided"), _object(state=text, due={**text, "format": "date"}))},
                       parameters=[clock, key_header()])
    for one, properties, required in ((ask, {"reason": reason, "length": {**text, "examples": ["5 m"]}}, ["reason"]),
                                      (decide, {"grant": {"type": "boolean"}, "reason": reason}, ["grant"])):
        one["requestBody"] = {"required": True, "content": {JSON: {"schema": {
            "type": "object", "properties": properties, "required": required, "additionalProperties": False}}}}
    stem = f"{base}/{{id}}/clocks"
    return {stem: {"get": operation(entity, "clocks", _("Time limits"), "view", many, parameters=[])},
            f"{stem}/{{clock_id}}/why": {"get": operation(entity, "why", _("Why this date?"), "view", why, parameters=[clock])},
            f"{stem}/{{clock_id}}/extension": {"post": ask}, f"{stem}/{{clock_id}}/extension/decision": {"post": decide}}


def _attach(entity: Entity) -> dict[str, Any]:
    """Adding a file."""
    text = {"type": "string"}
    file = _object(id={"type": "integer"}, name=text, media_type=text, size={"type": "integer"}, sha256=text,
                   created_at={"type": "string", "format": "date-time"}, url={"type": "string", "format": "uri-reference"})
    made = {**_json(_("The file as it is stored"), file), "headers": {"Location": {"schema": text}}}
    found = operation(entity, "attach", _("Add a file"), "view", {"201": made}, parameters=[key_header()])
    found["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": {
        **_object(file={"type": "string", "format": "binary", "description": _(
            "A photo (JPEG, PNG, WebP), a PDF, a Word file (.docx) or a table (.xlsx), at most 10 MB")}),
        "required": ["file"], "additionalProperties": False}}}}
    return found


def _job() -> dict[str, Any]:
    number = {"type": ["integer", "null"]}
    found = _object(id={"type": "integer"}, state={"type": "string"}, done=number, total=number, percent=number,
                    error={"type": ["string", "null"]})
    return {**found, "type": ["object", "null"]}


def _imports(entity: Entity, base: str) -> dict[str, dict[str, Any]]:
    """Upload, preview, confirm, undo, discard."""
    batch = _object(id={"type": "integer"}, state={"type": "string"}, file_name={"type": "string"}, rows={"type": "integer"},
                    counts={"type": ["object", "null"]}, preview={"type": "object"}, job=_job(), url={"type": "string"},
                    page={"type": "string"})
    upload = operation(entity, "start_import", _("Upload a workbook"), "import", {"201": _json(_("The preview"), batch)},
                       parameters=[])
    upload["requestBody"] = {"required": True, "content": {
        XLSX: {}, "multipart/form-data": {"schema": _object(file={"type": "string", "format": "binary"})}}}
    steps = (("confirm", _("Import the good rows"), "202"), ("undo", _("Undo the import"), "202"),
             ("discard", _("Throw the import away"), "200"))
    one = f"{base}/imports/{{batch_id}}"
    found = {f"{base}/imports": {"post": upload},
             one: {"get": operation(entity, "import", _("One import"), "import", {"200": _json(_("The import"), batch)},
                                    parameters=[_id("batch_id")])}}
    for key, label, status in steps:
        found[f"{one}/{key}"] = {"post": operation(entity, f"{key}_import", label, "import", {
            status: _json(_("The import"), batch)}, parameters=[_id("batch_id")])}
    return found


def _exports(entity: Entity, base: str) -> dict[str, dict[str, Any]]:
    """Ask for an export with its purpose, wait for it, fetch it."""
    export = _object(id={"type": "integer"}, ready={"type": "boolean"}, rows={"type": ["integer", "null"]},
                     format={"type": "string"}, revealed={"type": "boolean"}, job=_job(), url={"type": "string"},
                     file={"type": "string"})
    ask = operation(entity, "ask_export", _("Ask for an export of the list that the query selects"), "export",
                    {"201": _json(_("Ready"), export), "202": _json(_("In work"), export)}, parameters=[])
    ask["requestBody"] = {"required": True, "content": {JSON: {"schema": {
        **_object(purpose={"type": "string"}, format={"type": "string", "enum": ["xlsx", "csv"]}, revealed={"type": "boolean"}),
        "required": ["purpose"], "additionalProperties": False}}}}
    one = f"{base}/exports/{{file_id}}"
    file = {"200": {"description": _("The bytes of the file"), "content": {XLSX: {}, "text/csv": {}}}}
    return {
        f"{base}/exports": {"post": ask},
        one: {"get": operation(entity, "export", _("One export"), "export", {"200": _json(_("The export"), export)},
                               parameters=[_id("file_id")])},
        f"{one}/file": {"get": operation(entity, "export_file", _("The exported file"), "export", file,
                                         parameters=[_id("file_id")])}}


def statistics_paths() -> dict[str, dict[str, Any]]:
    """The figures of a division."""
    month = {"name": "month", "in": "query", "required": False, "description": _("Month of the figures, 2026-03"),
             "schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}}
    answers = {"200": _json(_("Each figure with its formula, denominator and cut-off"), {"type": "object"})}
    problems = {status: reference(f"Problem{status}", "responses") for status in ("400", "401", "403", "404", "503")}
    return {"/api/v1/d/{code}/core/statistics": {"get": {
        "operationId": "core_statistics", "tags": ["core"], "summary": _("Statistics"), "parameters": [month],
        "x-permission": "core.statistics.view", "responses": {**answers, **problems}}}}


def calendar_paths() -> dict[str, dict[str, Any]]:
    """The calendar of working days."""
    text, flag = {"type": "string"}, {"type": "boolean"}
    year = query_parameter("year", {"type": "integer", "minimum": 2000, "maximum": 2100}, _("The present year by default"))
    day = _object(day={"type": "string", "format": "date"}, kind={"type": "string", "enum": [
        "counted", "weekend", "holiday", "make_up"]}, workday=flag, name=text, source=text, division={"type": ["string", "null"]})
    found = {"200": _json(_("A year: whether it is known, its working days, and every day that is not what its weekday says"),
                          _object(year={"type": "integer"}, division=text, known=flag, source=text, workdays={"type": "integer"},
                                  days={"type": "array", "items": day}))}
    problems = {status: reference(f"Problem{status}", "responses") for status in ("400", "401", "403", "404", "503")}
    return {"/api/v1/d/{code}/core/calendar": {"get": {
        "operationId": "core_calendar", "tags": ["core"], "summary": _("Calendar of working days"), "parameters": [year],
        "x-permission": "core.calendar.view", "responses": {**found, **problems}}}}


def search_paths() -> dict[str, dict[str, Any]]:
    """The search box, and the state of the ledger."""
    asked = {"name": "q", "in": "query", "required": True, "description": _("Words that must all be contained"),
             "schema": {"type": "string", "maxLength": 80}}
    item = _object(entity={"type": "string"}, id={"type": "integer"}, number={"type": "string"}, title={"type": "string"},
                   state={"type": ["string", "null"]}, division={"type": ["string", "null"]}, snippet={"type": "string"},
                   url={"type": "string"})
    found = {"200": _json(_("What was found, by kind: the exact number first, then the newest"), _object(
        items={"type": "array", "items": item}))}
    mark = _object(position={"type": "integer"}, hash={"type": "string"}, at={"type": "string"}, reason={"type": "string"})
    state = {"200": _json(_("The newest seal, how many entries wait, and the checkpoints"), _object(
        position={"type": "integer"}, hash={"type": "string"}, waiting={"type": "integer"},
        checkpoints={"type": "array", "items": mark}))}
    problems = {status: reference(f"Problem{status}", "responses") for status in ("400", "401", "403", "404", "503")}
    return {
        "/api/v1/d/{code}/core/search": {"get": {
            "operationId": "core_search", "tags": ["core"], "summary": _("Search"), "parameters": [asked],
            "x-permission": "core.search.use", "responses": {**found, **problems}}},
        "/api/v1/d/{code}/core/ledger": {"get": {
            "operationId": "core_ledger", "tags": ["core"], "summary": _("Ledger"), "parameters": [],
            "x-permission": "core.audit.view", "responses": {**state, **problems}}}}


READ = ("400", "401", "403", "404", "503")
WRITE = (*READ, "409", "413", "415", "422")


def core_operation(name: str, summary: str, permission: str, status: str, *, body: dict[str, Any] | None = None,
               parameters: tuple[dict[str, Any], ...] = (), tag: str = "core") -> dict[str, Any]:
    """One operation with the problems it may answer."""
    changing = body is not None or status == "201"
    found: dict[str, Any] = {
        "operationId": f"core_{name}", "tags": [tag], "summary": summary, "x-permission": permission, "parameters": [*parameters],
        "responses": {status: {"description": summary, "content": {JSON: {"schema": {"type": "object"}}}}, **{
            problem: reference(f"Problem{problem}", "responses") for problem in (WRITE if changing else READ)}}}
    if body is not None:
        found["requestBody"] = {"required": bool(body.get("required")), "content": {JSON: {"schema": body}}}
    return found


def fields_of_body(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    """The schema of a body with these fields and no others."""
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": list(required)} if required else found
