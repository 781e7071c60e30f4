"""The side tables of matters and notes."""
import peewee

from grid321.core.api import SealedField, Table


class MatterPlace(Table):
    id = peewee.BigAutoField()
    record_id = peewee.BigIntegerField(unique=True)
    zone = peewee.CharField(max_length=10, null=True)
    plot = peewee.CharField(max_length=20, null=True, unique=True)
    storeys = peewee.IntegerField(null=True)
    seen = peewee.BooleanField(default=False)
    office_id = peewee.BigIntegerField(null=True)
    owner_phone = SealedField(null=True)

    class Meta:
        table_name = "region_matter_place"


class NoteTag(Table):
    id = peewee.BigAutoField()
    record_id = peewee.BigIntegerField(unique=True)
    tag = peewee.CharField(max_length=20)

    class Meta:
        table_name = "region_note_tag"
