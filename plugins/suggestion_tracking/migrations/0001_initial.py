"""The first tables of suggestion_tracking."""
from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DoubleField,
    IntegerField,
    Model,
    TextField,
)


def up(migrator, db):
    class Matter(Model):
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
        kind = CharField(max_length=40)
        title = CharField(max_length=80)
        text = TextField()
        place = CharField(max_length=120, default='')
        lon = DoubleField(null=True)
        lat = DoubleField(null=True)
        coordinates = CharField(null=True, max_length=10)
        occurred_on = DateField()
        urgency = CharField(max_length=10, default='normal')
        source = CharField(max_length=20, default='resident')
        origin_ref = CharField(null=True, max_length=200)
        contact_name = TextField(null=True)
        contact_phone = TextField(null=True)
        wants_answer = BooleanField(default=True)
        publish = BooleanField(default=False)
        published_on = DateField(null=True)
        deputy_id = BigIntegerField(null=True)
        way = CharField(null=True, max_length=40)
        answer = TextField(null=True)
        rating = CharField(null=True, max_length=10)
        attitude = CharField(null=True, max_length=10)
        handled_again = BooleanField(default=False)
        limit_on = DateField(null=True)
        holder_level = CharField(max_length=10, default='village')
        solved_level = CharField(null=True, max_length=10)
        evidence = TextField(null=True)
        face_to_face_on = DateField(null=True)
        face_to_face_who = CharField(null=True, max_length=120)
        feedback_resident_on = DateField(null=True)
        feedback_deputy_on = DateField(null=True)
        class Meta:
            database = db
            table_name = 'suggestion_tracking_matter'
            indexes = ((('state', 'id'), False), (('due',), False), (('county_id', 'state', 'id'), False), (('town_id', 'state', 'id'), False), (('village_id', 'state', 'id'), False), (('holder_id', 'state', 'id'), False), (('department_id', 'state', 'id'), False), (('reporter_id', 'id'), False), (('parent_id', 'id'), False), (('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False), (('county_id', 'due'), False), (('town_id', 'due'), False), (('village_id', 'due'), False), (('county_id', 'published_on', 'id'), False), (('deputy_id', 'id'), False), (('county_id', 'source', 'origin_ref'), True))
    db.create_tables([Matter])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('suggestion_tracking_matter'))
