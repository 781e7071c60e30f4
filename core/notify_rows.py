"""The bookkeeping of messages that leave the house: one row for each message and way, and how each way is doing."""
from __future__ import annotations

import peewee

from . import db

WAITING, SENT, DEAD, SKIPPED = "waiting", "sent", "dead", "skipped"
GUEST = "plugin."
"""Before the key of a plugin that carries messages by a channel of its own, so that none is taken for one of ours."""


class Delivery(db.Table):
    """One message by one way. ``uid`` is the id that receivers see; ``slot`` makes planning it twice impossible."""

    id = peewee.BigAutoField()
    uid = peewee.CharField(max_length=32, default=db.new_uid, unique=True)
    slot = peewee.CharField(max_length=160, unique=True)
    target = peewee.CharField(max_length=60)
    account_id = peewee.BigIntegerField(null=True)
    division_id = peewee.BigIntegerField(null=True)
    digest = peewee.BooleanField(default=False)
    count = peewee.IntegerField(default=1)
    state = peewee.CharField(max_length=8, default=WAITING)
    tries = peewee.IntegerField(default=0)
    created_at = peewee.DateTimeField(default=db.now)
    due_at = peewee.DateTimeField(default=db.now)
    since = peewee.DateTimeField(default=db.now)
    lease = peewee.CharField(max_length=32, null=True)
    lease_until = peewee.DateTimeField(null=True)
    sent_at = peewee.DateTimeField(null=True)
    error = peewee.CharField(max_length=60, default="")

    class Meta:
        table_name = "core_delivery"
        indexes = ((("state", "target", "due_at", "id"), False), (("state", "id"), False), (("account_id", "id"), False))

    @property
    def channel(self) -> str:
        """The key of the channel, or ``plugin.`` and the key of the plugin."""
        return str(self.target).partition(":")[0]

    @property
    def place(self) -> int:
        """The id of the configuration; 0 for a plugin."""
        return int(str(self.target).partition(":")[2])


class DeliveryItem(db.Table):
    """Which notifications a delivery carries."""

    id = peewee.BigAutoField()
    delivery_id = peewee.BigIntegerField(index=True)
    notification_id = peewee.BigIntegerField()

    class Meta:
        table_name = "core_delivery_item"


class TargetState(db.Table):
    """How a target is doing: it rests until ``rest_until`` after failures that were not about one message."""

    target = peewee.CharField(max_length=60, primary_key=True)
    failures = peewee.IntegerField(default=0)
    rest_until = peewee.DateTimeField(null=True)
    error = peewee.CharField(max_length=60, default="")
    last_ok_at = peewee.DateTimeField(null=True)

    class Meta:
        table_name = "core_delivery_target"
