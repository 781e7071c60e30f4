"""Tables of the test plugin."""
import peewee

from grid321.core.api import Case, case_indexes


class Suggestion(Case):
    title = peewee.CharField(max_length=120)
    major = peewee.BooleanField(default=False)

    class Meta:
        table_name = "replies_suggestion"
        indexes = case_indexes()
