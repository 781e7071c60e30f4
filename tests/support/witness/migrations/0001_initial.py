"""Tables of the test plugin."""
from peewee import BigAutoField, BigIntegerField, CharField, Model


def up(migrator, db):
    class Told(Model):
        id = BigAutoField()
        event_id = BigIntegerField()
        entity = CharField(max_length=80)
        action = CharField(max_length=80)

        class Meta:
            database = db
            table_name = "witness_told"
    db.create_tables([Told])


def down(migrator, db):
    migrator.migrate(migrator.drop_table("witness_told"))
