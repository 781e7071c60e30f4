"""What to do first: shown on the desk and the dashboard of a division where nothing is registered yet."""
from __future__ import annotations

from grid321.core.api import Actor, Node, registry, scoped
from grid321.core.api import gettext as _

PLUGIN = "suggestion_tracking"


def first_steps(node: Node, actor: Actor) -> list[dict[str, str]]:
    """The steps by which a division begins, those that ``actor`` may take with an address; none once there is anything."""
    for name in ("matter", "suggestion"):
        entity = registry().entity(f"{PLUGIN}.{name}")
        if not actor.may_within(entity.permission("view"), node):
            continue
        if scoped(entity.model.select(entity.model.id), entity, "view", node, actor).limit(1).exists():
            return []
    base = f"/d/{node.code}/{PLUGIN}"

    def step(label: str, why: str, path: str, permission: str = "") -> dict[str, str]:
        allowed = not permission or actor.may_within(f"{PLUGIN}.{permission}", node)
        return {"label": label, "why": why, "url": f"{base}/{path}" if allowed else ""}

    return [
        step(_("Show residents the way in"),
             _("Put the address of this page, or a picture code of it, on notice boards and slips: residents need no account."),
             "public"),
        step(_("Register a call or a visit"),
             _("Officers type while the caller speaks; letters and messages come in by themselves once a mailbox is set up."),
             "hotline", "matter.create"),
        step(_("Enter the session of the congress"), _("Suggestions belong to a session, or to the time between two."),
             "session/", "session.create"),
        step(_("Import the suggestions of the session"),
             _("One sheet brings hundreds at once; deputies can raise them here, too."),
             "suggestion/import", "suggestion.import"),
    ]
