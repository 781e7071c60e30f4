"""Tables of the test plugin."""
from peewee import *


def up(migrator, db):
    class Remark(Model):
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
        text = CharField(max_length=200)
        class Meta:
            database = db
            table_name = 'stock_remark'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False))
    db.create_tables([Remark])

    class Thing(Model):
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
        code = CharField(unique=True, max_length=20)
        name = CharField(max_length=80)
        kind = CharField(max_length=20)
        amount = IntegerField(null=True)
        bought = DateField(null=True)
        sound = BooleanField(default=False)
        note = TextField(default='')
        phone = TextField(null=True)
        class Meta:
            database = db
            table_name = 'stock_thing'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False))
    db.create_tables([Thing])


def down(migrator, db):
    migrator.migrate(migrator.drop_table('stock_thing'))
    migrator.migrate(migrator.drop_table('stock_remark'))
