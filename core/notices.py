"""What was done, said once at the top of the page a form leads to: a word in a cookie that the next page takes away.

The word is one of a fixed list, so that nobody can put a text of their own on a page; without cookies nothing is said.
"""
from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, g, redirect, request

from .i18n import lazy_gettext as _l

COOKIE = "grid321_done"
SECONDS = 60
ACCEPTED, DRAFTS, DRAFT_SECONDS = "grid321_accepted", 5, 8 * 24 * 3600
_DRAFT = re.compile(r"[0-9a-z]{10,40}")
TEXTS = {
    "sent": _l("Sent. The number below finds it again at any time."),
    "saved": _l("Saved."),
    "step": _l("Done. What happened is recorded below."),
    "deleted": _l("Deleted."),
    "commented": _l("Your comment was added."),
    "attached": _l("The file was added."),
    "grouped": _l("Grouped. It follows the matter that leads the group and is counted with it."),
    "ungrouped": _l("Taken out of the group. It is in the bank again, and its time limits begin anew."),
    "split": _l("The part is a matter of its own to work on. It is not counted a second time."),
    "compared": _l("Remembered: these are different matters."),
    "converted": _l("Done. This record was made from the matter; both show the link."),
    "handed_up": _l("Done. The new record was made at the level above, which goes on with it."),
    "removed": _l("The file was removed."),
}


def init_app(app: Flask) -> None:
    """Give every template ``notices`` and keep the word from one answer to the next page."""
    app.context_processor(_notices)
    app.after_request(_keep)


def go(url: str, word: str) -> Any:
    """Answer a form that was carried out: lead to `url` (303), whose page says `word`, a key of ``TEXTS``."""
    if word not in TEXTS:
        raise KeyError(word)
    g.done = word
    return redirect(url, 303)


def _notices() -> dict[str, Any]:
    word = request.cookies.get(COOKIE)
    if word is None:
        return {}
    g.said = True
    return {"notices": [("ok", str(TEXTS[word]))] if word in TEXTS else []}


def _keep(response: Response) -> Response:
    word = g.get("done")
    if word is not None:
        response.set_cookie(COOKIE, word, max_age=SECONDS, httponly=True, samesite="Lax", secure=request.is_secure)
    elif g.get("said"):
        response.delete_cookie(COOKIE)
    _forget_draft(response)
    return response


def _forget_draft(response: Response) -> None:
    """Tell the browser which form was accepted, with the answer itself, so that its draft never comes again.

    The cookie is read by ``form.js``; it holds random marks of the last forms, nothing else.
    """
    if request.method != "POST" or response.status_code not in (302, 303) or request.is_json:
        return
    mark = request.form.get("_draft", "")
    if _DRAFT.fullmatch(mark):
        known = [old for old in request.cookies.get(ACCEPTED, "").split(".") if _DRAFT.fullmatch(old)]
        response.set_cookie(ACCEPTED, ".".join([mark, *known][:DRAFTS]), max_age=DRAFT_SECONDS, samesite="Lax",
                            secure=request.is_secure)
