"""Pages for everybody: static files, choice of language and theme, and how to complain or suggest.

Language and theme are kept in the browser only (two cookies without personal data), so they need no account.
"""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, render_template, request

from . import __version__, assets, db
from .access import guarded
from .entity import Setting
from .errors import NotFound
from .i18n import HTML_LANGUAGES, LANGUAGE_COOKIE, LANGUAGES, current_language, format_time, gettext
from .i18n import lazy_gettext as _
from .snapshot import current as snapshot
from .themes import THEME_COOKIE, current_theme, discover, wardrobe

_YEAR = 365 * 24 * 3600

SETTINGS = (
    Setting("core.theme", _("Theme"), "choice", "default",
            choices=tuple((theme.id, theme.names["zh"]) for theme in discover().values())),
    Setting("core.feedback_phone", _("Telephone for complaints and suggestions"), "text", "12345",
            source=_("National government service hotline")),
    Setting("core.feedback_text", _("Where else complaints and suggestions can be made"), "text", ""),
)


def register(app: Flask) -> None:
    """Add the routes /static/…, /lang/<language>, /theme/<id> and /feedback, all open to everybody."""
    app.context_processor(_dressing)
    app.jinja_env.globals.update(release=__version__, now_text=_now_text)
    app.add_url_rule("/static/<path:filename>", "static", guarded(static_file, "public"))
    app.add_url_rule("/lang/<language>", "core:language", guarded(choose_language, "public"))
    app.add_url_rule("/theme/<theme_id>", "core:theme", guarded(choose_theme, "public"))
    app.add_url_rule("/feedback", "core:feedback", guarded(feedback, "public"))
    app.add_url_rule("/d/<code>/core/feedback", "core:division_feedback", guarded(feedback, "public"))


def _dressing() -> dict[str, object]:
    """Return what base.html needs of theme and language."""
    language, theme = current_language(), current_theme()
    served = current_app.extensions["grid321_assets"]
    # A theme's tokens come after those of the themes it builds on.
    styles = [served.url(f"theme/{one.id}/tokens.css") for one in reversed(wardrobe().lineage(theme.id))]
    return {"lang": language, "html_lang": HTML_LANGUAGES[language], "theme": theme, "theme_styles": styles}


def _now_text() -> str:
    # Only printed on paper: this machine's clock spares every page a query for the database's.
    return format_time(db.shifted(datetime.now(UTC).replace(tzinfo=None)))


def static_file(filename: str) -> Response:
    """Send one static file."""
    return assets.send(filename)


def choose_language(language: str) -> Response:
    """Keep the language in a cookie and go back to the page the person came from. NotFound for one we lack."""
    if language not in LANGUAGES:
        raise NotFound()
    return _remember(LANGUAGE_COOKIE, language)


def choose_theme(theme_id: str) -> Response:
    """Keep the theme in a cookie and go back to the page the person came from. NotFound for one we lack."""
    if theme_id not in wardrobe().themes:
        raise NotFound()
    return _remember(THEME_COOKIE, theme_id)


def feedback(code: str | None = None) -> str:
    """Show where to complain or suggest: the telephone and the text set for the division."""
    node = g.get("node")
    settings = snapshot().settings
    return render_template(
        "feedback.html",
        title=gettext("Complaints and suggestions"),
        phone=settings.get("core.feedback_phone", node),
        text=settings.get("core.feedback_text", node),
    )


def _remember(cookie: str, value: str) -> Response:
    answer = redirect(_back(), 303)
    answer.set_cookie(cookie, value, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer  # type: ignore[return-value]


def _back() -> str:
    """Return the path of the page the person came from; only of this site, or an open redirect would be made."""
    came = urlsplit(request.headers.get("Referer", ""))
    if came.netloc != request.host or not came.path.startswith("/") or came.path.startswith("//"):
        return request.script_root + "/"
    return came.path + ("?" + came.query if came.query else "")
