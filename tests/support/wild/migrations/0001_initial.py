"""The table of wild cases, as the model has it."""


def up(migrator, db):
    from support.wild.models import WildCase

    db.create_tables([WildCase])


def down(migrator, db):
    from support.wild.models import WildCase

    db.drop_tables([WildCase])
