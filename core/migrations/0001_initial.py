"""The first tables of core."""
from peewee import (
    BigAutoField,
    BigIntegerField,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    SmallIntegerField,
    TextField,
)

from grid321.core.migrate import append_only, full_text, no_full_text, no_longer_append_only


def up(migrator, db):
    class Account(Model):
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
        username = CharField(unique=True, max_length=64)
        person_id = BigIntegerField(index=True, null=True)
        password_hash = TextField(null=True)
        password_at = DateTimeField(null=True)
        must_change_password = BooleanField(default=False)
        disabled = BooleanField(default=False)
        totp_secret = TextField(null=True)
        totp_step = BigIntegerField(null=True)
        locale = CharField(max_length=10, default='')
        theme = CharField(max_length=40, default='')
        last_login_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_account'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False))
    db.create_tables([Account])

    class ApiToken(Model):
        id = BigAutoField()
        token_hash = CharField(unique=True, max_length=64)
        account_id = BigIntegerField(index=True)
        label = CharField(max_length=80)
        division_id = BigIntegerField(null=True)
        permissions = TextField(null=True)
        created_at = DateTimeField()
        expires_at = DateTimeField()
        last_used_at = DateTimeField(null=True)
        revoked_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_api_token'
    db.create_tables([ApiToken])

    class Attachment(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        name = CharField(max_length=120)
        media_type = CharField(max_length=100)
        size = IntegerField()
        sha256 = CharField(index=True, max_length=64)
        created_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        removed_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_attachment'
            indexes = ((('entity', 'record_id', 'id'), False),)
    db.create_tables([Attachment])

    class AuditEntry(Model):
        id = BigAutoField()
        at = DateTimeField(index=True)
        kind = CharField(max_length=40)
        actor_id = BigIntegerField(null=True)
        actor_name = CharField(max_length=64, default='')
        token_id = BigIntegerField(null=True)
        division_id = BigIntegerField(null=True)
        entity = CharField(null=True, max_length=80)
        record_id = BigIntegerField(null=True)
        fields = CharField(max_length=400, default='')
        purpose = CharField(max_length=200, default='')
        network = CharField(max_length=45, default='')
        detail = TextField()
        class Meta:
            database = db
            table_name = 'core_audit'
            indexes = ((('division_id', 'id'), False), (('actor_id', 'kind', 'at'), False), (('entity', 'record_id', 'id'), False))
    db.create_tables([AuditEntry])

    class AuditSeal(Model):
        position = BigIntegerField(primary_key=True)
        entry_id = BigIntegerField(unique=True)
        hash = CharField(max_length=64)
        class Meta:
            database = db
            table_name = 'core_audit_seal'
    db.create_tables([AuditSeal])

    class CalendarDay(Model):
        id = BigAutoField()
        division_id = BigIntegerField(default=0)
        day = DateField()
        kind = CharField(max_length=10)
        name = CharField(max_length=80, default='')
        source = TextField(default='')
        year = IntegerField()
        changed_at = DateTimeField()
        changed_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_calendar_day'
            indexes = ((('division_id', 'day'), True),)
    db.create_tables([CalendarDay])

    class CalendarYear(Model):
        id = BigAutoField()
        division_id = BigIntegerField(default=0)
        year = IntegerField()
        source = TextField(default='')
        entered_at = DateTimeField()
        entered_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_calendar_year'
            indexes = ((('division_id', 'year'), True),)
    db.create_tables([CalendarYear])

    class ChannelSetup(Model):
        id = BigAutoField()
        uid = CharField(max_length=32)
        channel = CharField(max_length=20)
        division_id = BigIntegerField()
        active = BooleanField(default=False)
        values = TextField()
        secrets = TextField()
        kinds = TextField()
        language = CharField(max_length=5, default='zh')
        changed_at = DateTimeField()
        changed_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_channel'
            indexes = ((('channel', 'division_id'), True),)
    db.create_tables([ChannelSetup])

    class Checkpoint(Model):
        id = BigAutoField()
        chain = CharField(max_length=10)
        position = BigIntegerField()
        hash = CharField(max_length=64)
        at = DateTimeField()
        reason = CharField(max_length=80, default='')
        class Meta:
            database = db
            table_name = 'core_checkpoint'
            indexes = ((('chain', 'position'), False),)
    db.create_tables([Checkpoint])

    class ClassItem(Model):
        id = BigAutoField()
        scheme = CharField(max_length=80)
        code = CharField(max_length=40)
        division_id = BigIntegerField()
        label_zh = CharField(max_length=80)
        label_en = CharField(max_length=120, default='')
        position = IntegerField(default=100)
        retired = BooleanField(default=False)
        class Meta:
            database = db
            table_name = 'core_class_item'
            indexes = ((('scheme', 'code', 'division_id'), True),)
    db.create_tables([ClassItem])

    class ClockExtension(Model):
        id = BigAutoField()
        deadline_id = BigIntegerField(index=True)
        length = CharField(max_length=20)
        state = CharField(max_length=8, default='asked')
        asked_at = DateTimeField()
        asked_by = BigIntegerField(null=True)
        asked_person = BigIntegerField(null=True)
        entry_id = BigIntegerField()
        decided_at = DateTimeField(null=True)
        decided_by = BigIntegerField(null=True)
        decision_id = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_clock_extension'
    db.create_tables([ClockExtension])

    class CounterDelta(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        division_id = BigIntegerField()
        dimension = CharField(max_length=80)
        month = CharField(max_length=7)
        value = CharField(max_length=80)
        n = BigIntegerField()
        class Meta:
            database = db
            table_name = 'core_counter_delta'
            indexes = ((('entity', 'division_id', 'dimension'), False),)
    db.create_tables([CounterDelta])

    class CounterRow(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        division_id = BigIntegerField()
        dimension = CharField(max_length=80)
        month = CharField(max_length=7)
        value = CharField(max_length=80)
        n = BigIntegerField(default=0)
        class Meta:
            database = db
            table_name = 'core_counter'
            indexes = ((('entity', 'division_id', 'dimension', 'month', 'value'), True),)
    db.create_tables([CounterRow])

    class Deadline(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        clock = CharField(max_length=40)
        division_id = BigIntegerField()
        event = CharField(max_length=20, default='entry')
        started_at = DateTimeField()
        started_on = DateField()
        length = CharField(max_length=20)
        day_off = CharField(max_length=8, default='next')
        setting = CharField(max_length=80, default='')
        source = TextField(default='')
        place_id = BigIntegerField(null=True)
        valid_from = DateField(null=True)
        remind = CharField(max_length=60, default='')
        overdue = CharField(max_length=10, default='')
        due = DateField()
        due_at = DateTimeField(null=True)
        provisional = BooleanField(default=False)
        state = CharField(max_length=12, default='running')
        next_at = DateTimeField(null=True)
        paused_at = DateTimeField(null=True)
        paused = TextField(null=True)
        first_length = CharField(null=True, max_length=20)
        asked = SmallIntegerField(default=0)
        extension = CharField(max_length=8, default='')
        ended_at = DateTimeField(null=True)
        fired_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_deadline'
            indexes = ((('entity', 'record_id'), False), (('next_at', 'id'), False), (('state', 'due'), False))
    db.create_tables([Deadline])

    class Delivery(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        slot = CharField(unique=True, max_length=160)
        target = CharField(max_length=60)
        account_id = BigIntegerField(null=True)
        division_id = BigIntegerField(null=True)
        digest = BooleanField(default=False)
        count = IntegerField(default=1)
        state = CharField(max_length=8, default='waiting')
        tries = IntegerField(default=0)
        created_at = DateTimeField()
        due_at = DateTimeField()
        since = DateTimeField()
        lease = CharField(null=True, max_length=32)
        lease_until = DateTimeField(null=True)
        sent_at = DateTimeField(null=True)
        error = CharField(max_length=60, default='')
        class Meta:
            database = db
            table_name = 'core_delivery'
            indexes = ((('state', 'target', 'due_at', 'id'), False), (('state', 'id'), False), (('account_id', 'id'), False))
    db.create_tables([Delivery])

    class DeliveryItem(Model):
        id = BigAutoField()
        delivery_id = BigIntegerField(index=True)
        notification_id = BigIntegerField()
        class Meta:
            database = db
            table_name = 'core_delivery_item'
    db.create_tables([DeliveryItem])

    class Department(Model):
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
        name = CharField(max_length=80)
        short = CharField(max_length=20, default='')
        kind = CharField(max_length=10, default='office')
        leader_id = BigIntegerField(null=True)
        closed_on = DateField(null=True)
        class Meta:
            database = db
            table_name = 'core_department'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False), (('division_id', 'name'), True))
    db.create_tables([Department])

    class Division(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        version = IntegerField(default=1)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        code = CharField(index=True, max_length=24)
        name = CharField(max_length=80)
        level = CharField(max_length=10)
        parent = ForeignKeyField('self', null=True, on_delete='RESTRICT')
        owner = CharField(max_length=40, default='core')
        tier = CharField(null=True, max_length=40)
        source = CharField(max_length=60, default='')
        valid_from = DateField()
        valid_to = DateField(null=True)
        successor_id = BigIntegerField(null=True)
        missing_since = DateField(null=True)
        class Meta:
            database = db
            table_name = 'core_division'
    db.create_tables([Division])

    class DivisionAlias(Model):
        id = BigAutoField()
        code = CharField(index=True, max_length=24)
        division = ForeignKeyField(Division, on_delete='RESTRICT')
        since = DateField()
        class Meta:
            database = db
            table_name = 'core_division_alias'
    db.create_tables([DivisionAlias])

    class DivisionChange(Model):
        id = BigAutoField()
        division = ForeignKeyField(Division, null=True, on_delete='RESTRICT')
        kind = CharField(max_length=10)
        day = DateField()
        reason = CharField(max_length=400)
        detail = TextField()
        actor_id = BigIntegerField(null=True)
        at = DateTimeField()
        class Meta:
            database = db
            table_name = 'core_division_change'
    db.create_tables([DivisionChange])

    class Escalation(Model):
        id = BigAutoField()
        deadline_id = BigIntegerField(index=True)
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        kind = CharField(max_length=10)
        division_id = BigIntegerField()
        at = DateTimeField()
        open = BooleanField(default=True)
        class Meta:
            database = db
            table_name = 'core_escalation'
            indexes = ((('kind', 'open', 'division_id'), False), (('entity', 'record_id'), False))
    db.create_tables([Escalation])

    class ExportFile(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        version = IntegerField(default=1)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        entity = CharField(max_length=80)
        division_id = BigIntegerField()
        account_id = BigIntegerField(null=True)
        query = TextField(default='')
        format = CharField(max_length=4)
        purpose = CharField(max_length=200)
        revealed = BooleanField(default=False)
        rows = IntegerField(null=True)
        parts = IntegerField(default=0)
        job_id = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_export'
            indexes = ((('account_id', 'id'), False), (('created_at',), False))
    db.create_tables([ExportFile])

    class ExportPart(Model):
        id = BigAutoField()
        file_id = BigIntegerField()
        number = IntegerField()
        body = TextField()
        class Meta:
            database = db
            table_name = 'core_export_part'
            indexes = ((('file_id', 'number'), True),)
    db.create_tables([ExportPart])

    class IdempotentAnswer(Model):
        id = BigAutoField()
        account_id = BigIntegerField()
        key = CharField(max_length=100)
        fingerprint = CharField(max_length=64)
        status = IntegerField()
        headers = TextField()
        body = TextField()
        created_at = DateTimeField(index=True)
        class Meta:
            database = db
            table_name = 'core_idempotency'
            indexes = ((('account_id', 'key'), True),)
    db.create_tables([IdempotentAnswer])

    class ImportBatch(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        version = IntegerField(default=1)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        entity = CharField(max_length=80)
        division_id = BigIntegerField()
        account_id = BigIntegerField(null=True)
        file_name = CharField(max_length=120)
        file_hash = CharField(max_length=64)
        state = CharField(max_length=12, default='uploaded')
        columns = TextField()
        rows = IntegerField(default=0)
        blocks = IntegerField(default=0)
        counts = TextField()
        preview = TextField(default='')
        job_id = BigIntegerField(null=True)
        confirmed_at = DateTimeField(null=True)
        finished_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_import'
            indexes = ((('entity', 'division_id', 'id'), False), (('state', 'created_at'), False))
    db.create_tables([ImportBatch])

    class ImportBlock(Model):
        id = BigAutoField()
        batch_id = BigIntegerField()
        number = IntegerField()
        body = TextField()
        class Meta:
            database = db
            table_name = 'core_import_block'
            indexes = ((('batch_id', 'number'), True),)
    db.create_tables([ImportBlock])

    class ImportPart(Model):
        id = BigAutoField()
        batch_id = BigIntegerField()
        number = IntegerField()
        body = TextField()
        class Meta:
            database = db
            table_name = 'core_import_part'
            indexes = ((('batch_id', 'number'), True),)
    db.create_tables([ImportPart])

    class JobRun(Model):
        id = BigAutoField()
        uid = CharField(unique=True, max_length=32)
        version = IntegerField(default=1)
        created_at = DateTimeField()
        updated_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        key = CharField(max_length=80)
        args = TextField()
        account_id = BigIntegerField(null=True)
        division_id = BigIntegerField(null=True)
        state = CharField(max_length=12, default='queued')
        due_at = DateTimeField()
        attempts = IntegerField(default=0)
        lease = CharField(null=True, max_length=32)
        lease_until = DateTimeField(null=True)
        worker_id = BigIntegerField(null=True)
        cursor = TextField(null=True)
        done = IntegerField(default=0)
        total = IntegerField(default=0)
        result = TextField(null=True)
        link = CharField(max_length=300, default='')
        error = TextField(default='')
        language = CharField(max_length=5, default='zh')
        started_at = DateTimeField(null=True)
        finished_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_job'
            indexes = ((('state', 'due_at', 'id'), False), (('account_id', 'id'), False), (('division_id', 'id'), False))
    db.create_tables([JobRun])

    class LedgerDetail(Model):
        entry_id = BigIntegerField(primary_key=True)
        salt = CharField(max_length=32)
        body = TextField()
        class Meta:
            database = db
            table_name = 'core_ledger_detail'
    db.create_tables([LedgerDetail])

    class LedgerEntry(Model):
        id = BigAutoField()
        at = DateTimeField()
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        step = CharField(max_length=80)
        from_state = CharField(null=True, max_length=40)
        to_state = CharField(null=True, max_length=40)
        version = IntegerField(default=0)
        account_id = BigIntegerField(null=True)
        division_id = BigIntegerField(null=True)
        facts = TextField(null=True)
        detail_hash = CharField(null=True, max_length=64)
        class Meta:
            database = db
            table_name = 'core_ledger'
            indexes = ((('entity', 'record_id', 'id'), False), (('entity', 'step', 'at'), False))
    db.create_tables([LedgerEntry])

    class LedgerSeal(Model):
        position = BigIntegerField(primary_key=True)
        entry_id = BigIntegerField(unique=True)
        hash = CharField(max_length=64)
        class Meta:
            database = db
            table_name = 'core_ledger_seal'
    db.create_tables([LedgerSeal])

    class Mailbox(Model):
        account_id = BigIntegerField(primary_key=True)
        uid = CharField(max_length=32)
        address = TextField(null=True)
        confirmed_at = DateTimeField(null=True)
        pending = TextField(null=True)
        nonce = CharField(max_length=32, default='')
        code_until = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_mailbox'
    db.create_tables([Mailbox])

    class Meeting(Model):
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
        kind = CharField(max_length=40)
        met_on = DateField(null=True)
        chair = CharField(max_length=40, default='')
        expected = IntegerField(null=True)
        present = IntegerField(null=True)
        attendees = TextField(default='')
        minutes = TextField(default='')
        status = CharField(max_length=10, default='draft')
        held_at = DateTimeField(null=True)
        corrects_id = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_meeting'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False), (('division_id', 'status', 'met_on'), False), (('corrects_id',), False))
    db.create_tables([Meeting])

    class MeetingItem(Model):
        id = BigAutoField()
        meeting_id = BigIntegerField()
        position = IntegerField(default=0)
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        decision = CharField(max_length=80, default='')
        department_id = BigIntegerField(null=True)
        limit_on = DateField(null=True)
        note = TextField(default='')
        used_entry = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_meeting_item'
            indexes = ((('meeting_id', 'entity', 'record_id'), True), (('entity', 'record_id'), False))
    db.create_tables([MeetingItem])

    class MessageText(Model):
        id = BigAutoField()
        text_key = CharField(max_length=80)
        language = CharField(max_length=5)
        division_id = BigIntegerField()
        words = CharField(max_length=200)
        changed_at = DateTimeField()
        changed_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_message_text'
            indexes = ((('text_key', 'language', 'division_id'), True),)
    db.create_tables([MessageText])

    class MonthClose(Model):
        id = BigAutoField()
        division_id = BigIntegerField()
        level = CharField(max_length=10)
        month = CharField(max_length=7)
        figures = TextField()
        position = BigIntegerField()
        head = CharField(max_length=64)
        closed_at = DateTimeField()
        account_id = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_month_close'
            indexes = ((('division_id', 'month'), True), (('month',), False))
    db.create_tables([MonthClose])

    class MonthCorrection(Model):
        id = BigAutoField()
        division_id = BigIntegerField()
        entity = CharField(max_length=80)
        month = CharField(max_length=7)
        from_kind = CharField(max_length=20)
        to_kind = CharField(max_length=20)
        n = IntegerField()
        reason = TextField()
        state = CharField(max_length=10, default='proposed')
        proposed_by = BigIntegerField(null=True)
        proposed_at = DateTimeField()
        decided_by = BigIntegerField(null=True)
        decided_at = DateTimeField(null=True)
        booked_month = CharField(null=True, max_length=7)
        entry_id = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_month_correction'
            indexes = ((('division_id', 'booked_month'), False), (('division_id', 'month'), False))
    db.create_tables([MonthCorrection])

    class NoDuplicate(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        low_id = BigIntegerField()
        high_id = BigIntegerField()
        created_by = BigIntegerField(null=True)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'core_no_duplicate'
            indexes = ((('entity', 'low_id', 'high_id'), True), (('entity', 'high_id'), False))
    db.create_tables([NoDuplicate])

    class Notification(Model):
        id = BigAutoField()
        account_id = BigIntegerField()
        text_key = CharField(max_length=200)
        params = TextField()
        link = CharField(max_length=300, default='')
        division_id = BigIntegerField(null=True)
        created_at = DateTimeField()
        read_at = DateTimeField(null=True)
        send_uid = CharField(max_length=32)
        planned = BooleanField(default=False)
        class Meta:
            database = db
            table_name = 'core_notification'
            indexes = ((('account_id', 'read_at', 'id'), False), (('planned', 'id'), False))
    db.create_tables([Notification])

    class OutboxRow(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        action = CharField(max_length=80)
        division_id = BigIntegerField(null=True)
        account_id = BigIntegerField(null=True)
        at = DateTimeField()
        facts = TextField(null=True)
        state = CharField(max_length=8, default='pending')
        due_at = DateTimeField()
        tries = IntegerField(default=0)
        marks = TextField(null=True)
        lease = CharField(null=True, max_length=32)
        lease_until = DateTimeField(null=True)
        error = TextField(default='')
        class Meta:
            database = db
            table_name = 'core_outbox'
            indexes = ((('state', 'due_at', 'id'), False),)
    db.create_tables([OutboxRow])

    class Person(Model):
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
        name = CharField(index=True, max_length=60)
        initials = CharField(index=True, max_length=60, default='')
        gender = CharField(null=True, max_length=1)
        phone = TextField(null=True)
        phone_blind = CharField(index=True, null=True, max_length=64)
        phone_tail = CharField(index=True, max_length=4, default='')
        id_number = TextField(null=True)
        id_number_blind = CharField(unique=True, null=True, max_length=64)
        class Meta:
            database = db
            table_name = 'core_person'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False))
    db.create_tables([Person])

    class Post(Model):
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
        person_id = BigIntegerField(index=True)
        kind = CharField(max_length=60)
        department_id = BigIntegerField(null=True)
        from_day = DateField()
        to_day = DateField(null=True)
        class Meta:
            database = db
            table_name = 'core_post'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False), (('division_id', 'kind'), False))
    db.create_tables([Post])

    class Preference(Model):
        account_id = BigIntegerField(primary_key=True)
        silent = TextField()
        quiet_from = IntegerField(null=True)
        quiet_to = IntegerField(null=True)
        digest = CharField(max_length=8, default='once')
        hour = IntegerField(default=8)
        weekday = IntegerField(default=0)
        class Meta:
            database = db
            table_name = 'core_notify_preference'
    db.create_tables([Preference])

    class RateLimit(Model):
        key = CharField(primary_key=True, max_length=64)
        since = DateTimeField(index=True)
        count = IntegerField()
        class Meta:
            database = db
            table_name = 'core_rate_limit'
    db.create_tables([RateLimit])

    class RecordLink(Model):
        id = BigAutoField()
        from_entity = CharField(max_length=80)
        from_id = BigIntegerField()
        to_entity = CharField(max_length=80)
        to_id = BigIntegerField()
        kind = CharField(max_length=40)
        created_by = BigIntegerField(null=True)
        created_at = DateTimeField()
        class Meta:
            database = db
            table_name = 'core_link'
            indexes = ((('from_entity', 'from_id', 'to_entity', 'to_id', 'kind'), True), (('to_entity', 'to_id'), False))
    db.create_tables([RecordLink])

    class Redated(Model):
        id = BigAutoField()
        redating_id = BigIntegerField()
        deadline_id = BigIntegerField()
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        number = CharField(max_length=40, default='')
        clock = CharField(max_length=40)
        division_id = BigIntegerField()
        department_id = BigIntegerField(null=True)
        old_due = DateField()
        new_due = DateField()
        old_provisional = BooleanField()
        new_provisional = BooleanField()
        class Meta:
            database = db
            table_name = 'core_redated'
            indexes = ((('redating_id', 'deadline_id'), True), (('redating_id', 'id'), False))
    db.create_tables([Redated])

    class Redating(Model):
        id = BigAutoField()
        kind = CharField(max_length=10)
        division_id = BigIntegerField(default=0)
        shown_at = BigIntegerField()
        reason = TextField(default='')
        since = DateField(null=True)
        settings = TextField()
        account_id = BigIntegerField(null=True)
        asked_at = DateTimeField()
        job_id = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_redating'
            indexes = ((('shown_at', 'id'), False),)
    db.create_tables([Redating])

    class ReplyTemplate(Model):
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
        name = CharField(max_length=80)
        entity = CharField(max_length=80)
        kind = CharField(null=True, max_length=40)
        department_id = BigIntegerField(null=True)
        text = TextField()
        retired = BooleanField(default=False)
        class Meta:
            database = db
            table_name = 'core_reply_template'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False), (('division_id', 'entity'), False))
    db.create_tables([ReplyTemplate])

    class ReplyText(Model):
        id = BigAutoField()
        template_id = BigIntegerField()
        version = IntegerField()
        text = TextField()
        created_at = DateTimeField()
        created_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_reply_text'
            indexes = ((('template_id', 'version'), True),)
    db.create_tables([ReplyText])

    class Revision(Model):
        id = IntegerField(primary_key=True)
        number = BigIntegerField()
        tree = BigIntegerField(default=0)
        class Meta:
            database = db
            table_name = 'core_revision'
    db.create_tables([Revision])

    class RoleGrant(Model):
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
        account_id = BigIntegerField()
        role = CharField(max_length=80)
        department_id = BigIntegerField(null=True)
        from_day = DateField()
        to_day = DateField(null=True)
        class Meta:
            database = db
            table_name = 'core_role_grant'
            indexes = ((('county_id', 'id'), False), (('town_id', 'id'), False), (('village_id', 'id'), False), (('grid_id', 'id'), False), (('account_id', 'id'), False), (('role', 'id'), False))
    db.create_tables([RoleGrant])

    class SavedView(Model):
        id = BigAutoField()
        account_id = BigIntegerField()
        entity = CharField(max_length=80)
        name = CharField(max_length=40)
        query = TextField()
        class Meta:
            database = db
            table_name = 'core_saved_view'
            indexes = ((('account_id', 'entity', 'name'), True),)
    db.create_tables([SavedView])

    class SearchText(Model):
        id = BigAutoField()
        entity = CharField(max_length=80)
        record_id = BigIntegerField()
        part = BigIntegerField(default=0)
        body = TextField()
        class Meta:
            database = db
            table_name = 'core_search'
            indexes = ((('entity', 'record_id', 'part'), True), (('part',), False))
    db.create_tables([SearchText])

    class Sequence(Model):
        key = CharField(primary_key=True, max_length=80)
        last = BigIntegerField()
        class Meta:
            database = db
            table_name = 'core_sequence'
    db.create_tables([Sequence])

    class Session(Model):
        id = BigAutoField()
        token_hash = CharField(unique=True, max_length=64)
        account_id = BigIntegerField(index=True)
        created_at = DateTimeField(index=True)
        last_seen_at = DateTimeField()
        network = CharField(max_length=45, default='')
        agent = CharField(max_length=120, default='')
        pending = BooleanField(default=False)
        class Meta:
            database = db
            table_name = 'core_session'
    db.create_tables([Session])

    class SettingValue(Model):
        id = BigAutoField()
        key = CharField(max_length=80)
        division_id = BigIntegerField()
        value = TextField(null=True)
        source = TextField(default='')
        valid_from = DateField()
        changed_at = DateTimeField()
        changed_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_setting'
            indexes = ((('key', 'division_id', 'valid_from'), True),)
    db.create_tables([SettingValue])

    class Switch(Model):
        id = BigAutoField()
        plugin = CharField(max_length=40)
        division_id = BigIntegerField()
        on = BooleanField(column_name='is_on')
        changed_at = DateTimeField()
        changed_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_switch'
            indexes = ((('plugin', 'division_id'), True),)
    db.create_tables([Switch])

    class TargetState(Model):
        target = CharField(primary_key=True, max_length=60)
        failures = IntegerField(default=0)
        rest_until = DateTimeField(null=True)
        error = CharField(max_length=60, default='')
        last_ok_at = DateTimeField(null=True)
        class Meta:
            database = db
            table_name = 'core_delivery_target'
    db.create_tables([TargetState])

    class WorkerRow(Model):
        id = BigAutoField()
        host = CharField(max_length=120)
        pid = IntegerField()
        threads = IntegerField()
        started_at = DateTimeField()
        seen_at = DateTimeField()
        ended_at = DateTimeField(null=True)
        house = TextField()
        class Meta:
            database = db
            table_name = 'core_worker'
            indexes = ((('seen_at',), False),)
    db.create_tables([WorkerRow])

    class WorkflowVersion(Model):
        id = BigAutoField()
        key = CharField(max_length=80)
        version = IntegerField()
        entity = CharField(max_length=80)
        content = TextField()
        hash = CharField(max_length=64)
        state = CharField(max_length=12, default='installed')
        installed_at = DateTimeField()
        published_at = DateTimeField(null=True)
        published_by = BigIntegerField(null=True)
        class Meta:
            database = db
            table_name = 'core_workflow_version'
            indexes = ((('key', 'version'), True),)
    db.create_tables([WorkflowVersion])
    db.execute_sql('CREATE UNIQUE INDEX "core_division_valid_code" ON "core_division" ("code") WHERE ("valid_to" IS NULL)')
    append_only(db, 'core_division_change')
    db.execute_sql('CREATE UNIQUE INDEX "core_post_open" ON "core_post" ("person_id", "kind", "division_id") WHERE ("to_day" IS NULL)')
    append_only(db, 'core_checkpoint')
    append_only(db, 'core_audit')
    append_only(db, 'core_audit_seal')
    append_only(db, 'core_ledger')
    append_only(db, 'core_ledger_seal')
    full_text(db, 'core_search')
    append_only(db, 'core_month_close')
    append_only(db, 'core_reply_text')


def down(migrator, db):
    no_longer_append_only(db, 'core_division_change')
    no_longer_append_only(db, 'core_checkpoint')
    no_longer_append_only(db, 'core_audit')
    no_longer_append_only(db, 'core_audit_seal')
    no_longer_append_only(db, 'core_ledger')
    no_longer_append_only(db, 'core_ledger_seal')
    no_full_text(db, 'core_search')
    no_longer_append_only(db, 'core_month_close')
    no_longer_append_only(db, 'core_reply_text')
    migrator.migrate(migrator.drop_table('core_workflow_version'))
    migrator.migrate(migrator.drop_table('core_worker'))
    migrator.migrate(migrator.drop_table('core_delivery_target'))
    migrator.migrate(migrator.drop_table('core_switch'))
    migrator.migrate(migrator.drop_table('core_setting'))
    migrator.migrate(migrator.drop_table('core_session'))
    migrator.migrate(migrator.drop_table('core_sequence'))
    migrator.migrate(migrator.drop_table('core_search'))
    migrator.migrate(migrator.drop_table('core_saved_view'))
    migrator.migrate(migrator.drop_table('core_role_grant'))
    migrator.migrate(migrator.drop_table('core_revision'))
    migrator.migrate(migrator.drop_table('core_reply_text'))
    migrator.migrate(migrator.drop_table('core_reply_template'))
    migrator.migrate(migrator.drop_table('core_redating'))
    migrator.migrate(migrator.drop_table('core_redated'))
    migrator.migrate(migrator.drop_table('core_link'))
    migrator.migrate(migrator.drop_table('core_rate_limit'))
    migrator.migrate(migrator.drop_table('core_notify_preference'))
    migrator.migrate(migrator.drop_table('core_post'))
    migrator.migrate(migrator.drop_table('core_person'))
    migrator.migrate(migrator.drop_table('core_outbox'))
    migrator.migrate(migrator.drop_table('core_notification'))
    migrator.migrate(migrator.drop_table('core_no_duplicate'))
    migrator.migrate(migrator.drop_table('core_month_correction'))
    migrator.migrate(migrator.drop_table('core_month_close'))
    migrator.migrate(migrator.drop_table('core_message_text'))
    migrator.migrate(migrator.drop_table('core_meeting_item'))
    migrator.migrate(migrator.drop_table('core_meeting'))
    migrator.migrate(migrator.drop_table('core_mailbox'))
    migrator.migrate(migrator.drop_table('core_ledger_seal'))
    migrator.migrate(migrator.drop_table('core_ledger'))
    migrator.migrate(migrator.drop_table('core_ledger_detail'))
    migrator.migrate(migrator.drop_table('core_job'))
    migrator.migrate(migrator.drop_table('core_import_part'))
    migrator.migrate(migrator.drop_table('core_import_block'))
    migrator.migrate(migrator.drop_table('core_import'))
    migrator.migrate(migrator.drop_table('core_idempotency'))
    migrator.migrate(migrator.drop_table('core_export_part'))
    migrator.migrate(migrator.drop_table('core_export'))
    migrator.migrate(migrator.drop_table('core_escalation'))
    migrator.migrate(migrator.drop_table('core_division_change'))
    migrator.migrate(migrator.drop_table('core_division_alias'))
    migrator.migrate(migrator.drop_table('core_division'))
    migrator.migrate(migrator.drop_table('core_department'))
    migrator.migrate(migrator.drop_table('core_delivery_item'))
    migrator.migrate(migrator.drop_table('core_delivery'))
    migrator.migrate(migrator.drop_table('core_deadline'))
    migrator.migrate(migrator.drop_table('core_counter'))
    migrator.migrate(migrator.drop_table('core_counter_delta'))
    migrator.migrate(migrator.drop_table('core_clock_extension'))
    migrator.migrate(migrator.drop_table('core_class_item'))
    migrator.migrate(migrator.drop_table('core_checkpoint'))
    migrator.migrate(migrator.drop_table('core_channel'))
    migrator.migrate(migrator.drop_table('core_calendar_year'))
    migrator.migrate(migrator.drop_table('core_calendar_day'))
    migrator.migrate(migrator.drop_table('core_audit_seal'))
    migrator.migrate(migrator.drop_table('core_audit'))
    migrator.migrate(migrator.drop_table('core_attachment'))
    migrator.migrate(migrator.drop_table('core_api_token'))
    migrator.migrate(migrator.drop_table('core_account'))
