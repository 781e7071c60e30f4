"""Codes by which people without account look a matter up, and links that stand for one permission."""
from peewee import BigAutoField, BigIntegerField, BooleanField, CharField, DateTimeField, Model


def up(migrator, db):
    """Make both tables."""

    class LookupCode(Model):
        id = BigAutoField()
        number = CharField(max_length=40, unique=True)
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        digest = CharField(max_length=200)
        created_at = DateTimeField()

        class Meta:
            database = db
            table_name = "core_lookup_code"
            indexes = ((("entity", "record_id"), True),)

    class SignedLink(Model):
        id = BigAutoField()
        token_hash = CharField(max_length=64, unique=True)
        purpose = CharField(max_length=80)
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        once = BooleanField(default=True)
        created_at = DateTimeField()
        expires_at = DateTimeField(index=True)
        used_at = DateTimeField(null=True)
        revoked_at = DateTimeField(null=True)

        class Meta:
            database = db
            table_name = "core_signed_link"
            indexes = ((("entity", "record_id", "purpose"), False),)

    db.create_tables([LookupCode, SignedLink])


def down(migrator, db):
    """Remove both tables with everything in them."""
    for table in ("core_signed_link", "core_lookup_code"):
        migrator.migrate(migrator.drop_table(table))
