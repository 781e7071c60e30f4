"""What the witness was told. Nothing here is unique on purpose: an event that is told twice must show."""
import peewee

from grid321.core.api import Table


class Told(Table):
    id = peewee.BigAutoField()
    event_id = peewee.BigIntegerField()
    entity = peewee.CharField(max_length=80)
    action = peewee.CharField(max_length=80)

    class Meta:
        table_name = "witness_told"
