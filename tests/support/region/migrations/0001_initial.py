"""The side table of the test plugin."""
from peewee import BigAutoField, BigIntegerField, BooleanField, CharField, IntegerField, Model, TextField


def up(migrator, db):
    class MatterPlace(Model):
        id = BigAutoField()
        record_id = BigIntegerField(unique=True)
        zone = CharField(null=True, max_length=10)
        plot = CharField(unique=True, null=True, max_length=20)
        storeys = IntegerField(null=True)
        seen = BooleanField(default=False)
        office_id = BigIntegerField(null=True)
        owner_phone = TextField(null=True)

        class Meta:
            database = db
            table_name = 'region_matter_place'
    db.create_tables([MatterPlace])

    class NoteTag(Model):
        id = BigAutoField()
        record_id = BigIntegerField(unique=True)
        tag = CharField(max_length=20)

        class Meta:
            database = db
            table_name = 'region_note_tag'
    db.create_tables([NoteTag])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('region_note_tag'))
    migrator.migrate(migrator.drop_table('region_matter_place'))
