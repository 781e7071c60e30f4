"""Static files: stylesheets, scripts, icons, and the ``static`` folders of plugins and themes.

A file's address carries a digest of its content, so that a browser keeps it for a year and still sees a new release
at once. Text is compressed once per process and kept.

/static/core/<path>, /static/plugin/<key>/<path>, /static/theme/<id>/<path>
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request
from markupsafe import Markup

from .themes import Theme

_CORE = Path(__file__).parent / "static"
_TEXT = {"text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain"}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Asset:
    """A static file as it is sent."""

    body: bytes
    packed: bytes | None
    mimetype: str
    digest: str


class Assets:
    """The static files of one application, read when first asked for."""

    def __init__(self, plugins: Mapping[str, Path], themes: Mapping[str, Theme], reload: bool = False) -> None:
        self.folders = {"core": _CORE}
        self.folders.update({f"plugin/{key}": path / "static" for key, path in plugins.items()})
        self.folders.update({f"theme/{theme.id}": theme.folder for theme in themes.values()})
        self.reload = reload
        self.icons = frozenset(re.findall(r'<symbol id="([^"]+)"', (_CORE / "vendor/icons.svg").read_text("utf-8")))
        self._known: dict[str, Asset | None] = {}
        self._urls: dict[str, str] = {}

    def get(self, name: str) -> Asset | None:
        """Return the file addressed as ``core/app.css``; None when there is none."""
        if name not in self._known or self.reload:
            path = self._path(name)
            if path is None:  # names come from outside: what does not exist is not remembered
                return None
            self._known[name] = _read(path)
        return self._known[name]

    def url(self, name: str) -> str:
        """Return the address of a file with its digest; raises LookupError for a file that is not there."""
        found = self._urls.get(name)
        if found is None or self.reload:
            asset = self.get(name)
            if asset is None:
                raise LookupError(f"there is no static file {name!r}")
            found = self._urls[name] = f"/static/{name}?v={asset.digest}"
        return found

    def _path(self, name: str) -> Path | None:
        parts = name.split("/")
        depth = 1 if parts[0] == "core" else 2
        folder = self.folders.get("/".join(parts[:depth]))
        inside = parts[depth:]
        if folder is None or not inside or any(part in {"", ".", ".."} or "\\" in part for part in inside):
            return None
        # A theme serves its tokens and its static folder, not its templates.
        if parts[0] == "theme" and inside != ["tokens.css"] and inside[0] != "static":
            return None
        path = folder.joinpath(*inside)
        return path if path.is_file() else None


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    mimetype = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed = gzip.compress(body, 9, mtime=0) if mimetype in _TEXT and len(body) > 500 else None
    return Asset(body, packed, mimetype, hashlib.sha256(body).hexdigest()[:12])


def init_app(app: Flask, plugins: Mapping[str, Path] | None = None) -> None:
    """Serve the static files of `app` and give templates ``asset(name)`` and ``icon(name)``. After themes.init_app."""
    assets = Assets(plugins or {}, app.extensions["grid321_themes"].themes, reload=bool(app.debug))
    app.extensions["grid321_assets"] = assets
    sprite = assets.url("core/vendor/icons.svg")

    def icon(name: str, css: str = "") -> Markup:
        """Return an icon that screen readers skip: a word always stands beside it."""
        known = name if name in assets.icons else "dot"
        return Markup('<svg class="icon {}" width="16" height="16" aria-hidden="true" focusable="false">'
                      '<use href="{}#{}"></use></svg>').format(css, sprite, known)

    remembered = lru_cache(maxsize=2000)(icon)
    app.jinja_env.globals.update(icon=remembered, asset=assets.url)
    if not assets.reload:
        app.jinja_env.constant = {"icon": remembered, "asset": assets.url}  # type: ignore[attr-defined]


def send(name: str) -> Response:
    """Answer a request for the static file `name`: 404 in plain text when there is none."""
    asset: Asset | None = current_app.extensions["grid321_assets"].get(name)
    if asset is None:
        return Response("404 Not Found\n", 404, content_type="text/plain; charset=utf-8")
    if request.headers.get("If-None-Match") == f'"{asset.digest}"':
        return Response(status=304)
    packed = asset.packed if "gzip" in request.headers.get("Accept-Encoding", "") else None
    answer = Response(packed or asset.body, mimetype=asset.mimetype)
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["ETag"] = f'"{asset.digest}"'
    answer.headers["X-Content-Type-Options"] = "nosniff"
    forever = request.args.get("v") == asset.digest
    answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if forever else "no-cache"
    return answer
