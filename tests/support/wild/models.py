"""The table of wild cases."""
import peewee

from grid321.core.api import Case, case_indexes


class WildCase(Case):
    title = peewee.CharField(max_length=120)
    kind = peewee.CharField(max_length=40, null=True)
    touched = peewee.IntegerField(default=0)

    class Meta:
        table_name = "wild_case"
        indexes = case_indexes()
