"""How far the mailboxes of the counties were read."""
from peewee import BigAutoField, BigIntegerField, CharField, DateTimeField, IntegerField, Model


def up(migrator, db):
    """Make the table."""

    class IntakeState(Model):
        id = BigAutoField()
        setup_id = BigIntegerField(unique=True)
        validity = BigIntegerField(null=True)
        last_uid = BigIntegerField(default=0)
        old_until = BigIntegerField(default=0)
        trying_uid = BigIntegerField(null=True)
        tries = IntegerField(default=0)
        next_at = DateTimeField()
        lease = CharField(max_length=32, null=True)
        lease_until = DateTimeField(null=True)
        last_ok_at = DateTimeField(null=True)
        failures = IntegerField(default=0)
        error = CharField(max_length=80, default="")

        class Meta:
            database = db
            table_name = "core_intake"

    db.create_tables([IntakeState])


def down(migrator, db):
    """Remove it; a later visit then reads what is marked as unread."""
    migrator.migrate(migrator.drop_table("core_intake"))
