"""Tables of the test plugin."""
from peewee import BigAutoField, BigIntegerField, CharField, DateField, DateTimeField, IntegerField, Model, TextField

LEVELS = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False))


def up(migrator, db):
    class Proposal(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        version = IntegerField(default=1)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        division_id = BigIntegerField()
        province_id = BigIntegerField(null=True)
        city_id = BigIntegerField(null=True)
        county_id = BigIntegerField(null=True)
        town_id = BigIntegerField(null=True)
        village_id = BigIntegerField(null=True)
        grid_id = BigIntegerField(null=True)
        number = CharField(unique=True, max_length=40)
        state = CharField(max_length=40)
        workflow_version = IntegerField(default=1)
        holder_id = BigIntegerField()
        department_id = BigIntegerField(null=True)
        reporter_id = BigIntegerField(null=True)
        due = DateField(null=True)
        closed_at = DateTimeField(null=True)
        outcome = CharField(null=True, max_length=40)
        client_id = CharField(unique=True, null=True, max_length=64)
        parent_id = BigIntegerField(null=True)
        bond = CharField(null=True, max_length=8)
        members = IntegerField(null=True, default=0)
        heading = CharField(max_length=40)
        reasons = TextField(default='')
        class Meta:
            database = db
            table_name = 'proposals_proposal'
            indexes = ((('state', 'id'), False), (('due',), False), (('county_id', 'state', 'id'), False), (('town_id', 'state', 'id'), False), (('village_id', 'state', 'id'), False), (('holder_id', 'state', 'id'), False), (('department_id', 'state', 'id'), False), (('reporter_id', 'id'), False), (('parent_id', 'id'), False), *LEVELS)
    db.create_tables([Proposal])

    class Idea(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        version = IntegerField(default=1)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        division_id = BigIntegerField()
        province_id = BigIntegerField(null=True)
        city_id = BigIntegerField(null=True)
        county_id = BigIntegerField(null=True)
        town_id = BigIntegerField(null=True)
        village_id = BigIntegerField(null=True)
        grid_id = BigIntegerField(null=True)
        heading = CharField(max_length=40)
        class Meta:
            database = db
            table_name = 'proposals_idea'
            indexes = LEVELS
    db.create_tables([Idea])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('proposals_idea'))
    migrator.migrate(migrator.drop_table('proposals_proposal'))
