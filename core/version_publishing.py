"""Publishing a version of a workflow, and what it is compared with."""
from __future__ import annotations

from typing import Any

from . import audit, db, snapshot
from .actor import Actor
from .errors import Conflict, Refused
from .i18n import gettext as _
from .version_checks import check
from .version_content import differences
from .versions import INSTALLED, PUBLISHED, WorkflowVersion, note, row_of, rows


def publish(key: str, version: int, actor: Actor) -> WorkflowVersion:
    """Let new cases begin under this version from now on; running ones stay on theirs. Returns the row.

    Raises ``NotFound``, ``Conflict`` (published already, or a newer one is) or ``Refused`` with what forbids it.
    """
    with db.transaction():
        row = row_of(key, version)
        newest = snapshot.current().versions.published.get(key, 0)
        if row.state == PUBLISHED or newest > version:
            raise Conflict(_("Version %(version)s was not published.", version=version),
                           _("Version %(newest)s of this workflow is published already.", newest=max(newest, version)),
                           _("Declare the workflow with a higher version number."), code="already_published")
        wrong = [str(found) for found in check(row) if found.stops]
        if wrong:
            raise Refused(_("Version %(version)s was not published.", version=version), " ".join(wrong),
                          _("Correct the workflow in its plugin, install that release, then publish."),
                          code="unsound", errors={"version": wrong})
        moment = db.now()
        done = WorkflowVersion.update(state=PUBLISHED, published_at=moment, published_by=actor.account_id).where(
            (WorkflowVersion.id == row.id) & (WorkflowVersion.state == INSTALLED)).execute()
        if not done:
            raise Conflict(_("Somebody else was faster: this version is published."), remedy=_("Load the page again."))
        row.state, row.published_at, row.published_by = PUBLISHED, moment, actor.account_id
        note(row, "publish", actor.account_id)
        audit.event("workflow", actor, {"workflow": key, "version": version})
        snapshot.bump()
    return row


def previous(row: WorkflowVersion) -> WorkflowVersion | None:
    """The version before this one that was published, or else the one stored before it; None for the first."""
    older = [one for one in rows() if one.key == row.key and one.version < row.version]
    return next((one for one in older if one.state == PUBLISHED), older[0] if older else None)


def compare(old: WorkflowVersion, new: WorkflowVersion) -> list[Any]:
    """The changes from one stored version to another (see ``version_content.Change``)."""
    return differences(old.content, new.content)
