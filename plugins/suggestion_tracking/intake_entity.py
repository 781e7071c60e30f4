"""What arrived, as a list for those who look after it: what was set aside and why, what a letter became."""
from __future__ import annotations

from grid321.core.api import Choice, Entity, EntitySchema, Int, Text
from grid321.core.api import lazy_gettext as _

from .intake_models import Incoming, make

WAYS = (("email", _("E-mail")), ("sms", _("Text message")))
STATES = (("registered", _("Registered")), ("aside", _("Set aside")), ("done", _("Set aside, looked after")),
          ("ignored", _("Not a letter of a person")))
REASONS = (
    ("too_large", _("Larger than 25 MB: it was not fetched")),
    ("broken", _("Cannot be read: it is damaged")),
    ("parts", _("Cannot be read: too many parts, or parts within parts")),
    ("encrypted", _("Encrypted: it cannot be read here")),
    ("gave_up", _("Reading it was interrupted three times")),
    ("dangerous", _("Holds a program, script or document with macros")),
    ("empty", _("Holds no text")),
    ("too_many", _("Too many from the same sender within an hour")),
    ("refused", _("A rule of the county refused the matter")),
    ("loop", _("Comes from this site itself")),
    ("bounce", _("Says that a letter could not be delivered")),
    ("auto_reply", _("Automatic reply")),
    ("bulk", _("Mailing list or circular")),
    ("robot", _("Sent by a machine")),
    ("unsubscribe", _("Sign-off from messages")),
)
ANSWERS = (("none", _("No answer is sent")), ("waiting", _("Waits to be sent")), ("sent", _("Sent")),
           ("failed", _("Could not be sent")))


class IncomingSchema(EntitySchema):
    """Nothing of it is typed by hand."""

    way = Choice(_("Way"), options=WAYS, read_only=True)
    state = Choice(_("State"), options=STATES, read_only=True)
    reason = Choice(_("Why"), options=REASONS, read_only=True)
    number = Text(_("Matter"), max=40, read_only=True)
    sender = Text(_("Sender"), max=300, personal=True, read_only=True)
    subject = Text(_("Subject"), max=300, personal=True, read_only=True)
    size = Int(_("Bytes"), read_only=True)
    refused_files = Int(_("Files that were not accepted"), read_only=True)
    answer_state = Choice(_("Answer with number and code"), options=ANSWERS, read_only=True)


INCOMING = Entity(
    "suggestion_tracking.incoming", model=Incoming, schema=IncomingSchema, label=_("Letters and messages that arrived"),
    columns=("number", "created_at", "way", "state", "reason", "answer_state"),
    filters=("way", "state", "reason", "answer_state"), search=("number",), sorts=("-id",), personal=("sender", "subject"),
    title="number", actions=(), icon="inbox", levels=("county", "town", "village"), create=make,
    description=_("E-mails and text messages of residents arrive here by themselves, each with the matter that was made of it. "
                  "What was set aside is still in the mailbox, marked with a flag: open it there with care. Nothing of it was "
                  "stored here but sender and subject."))
ENTITIES = (INCOMING,)
