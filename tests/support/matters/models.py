"""Tables of the test plugin."""
import peewee

from grid321.core.api import BlindField, Case, Scoped, SealedField, case_indexes, scope_indexes


class Matter(Case):
    title = peewee.CharField(max_length=120)
    text = peewee.TextField(default="")
    kind = peewee.CharField(max_length=40, null=True)
    phone = SealedField(null=True)
    phone_blind = BlindField()
    rating = peewee.CharField(max_length=20, null=True)

    class Meta:
        table_name = "matters_matter"
        indexes = case_indexes()


class Note(Scoped):
    code = peewee.CharField(max_length=20, unique=True)
    title = peewee.CharField(max_length=120)
    amount = peewee.IntegerField(null=True)
    day = peewee.DateField(null=True)

    class Meta:
        table_name = "matters_note"
        indexes = scope_indexes()
