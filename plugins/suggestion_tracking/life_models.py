"""Tables of a suggestion's life: sessions, suggestions, co-signers, tasks of the units, meetings with the deputy."""
from __future__ import annotations

import peewee

from grid321.core.api import Case, Scoped, case_indexes, scope_indexes


class Session(Scoped):
    """A session of a congress of the county or town (会议), or the time between two of them (闭会期间)."""

    name = peewee.CharField(max_length=80)
    kind = peewee.CharField(max_length=10, default="session")  # session | between
    year = peewee.IntegerField()
    term = peewee.IntegerField(null=True)  # 届
    ordinal = peewee.IntegerField(null=True)  # 次
    opened_on = peewee.DateField(null=True)
    closed_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_session"
        indexes = scope_indexes((("division_id", "name"), True), (("county_id", "year"), False))


class Suggestion(Case):
    """A deputy's suggestion, criticism or opinion (代表建议、批评和意见): one matter, raised, handled, answered, rated.

    ``department_id`` is the lead unit while there is one; what each unit does is a ``Task``. ``deputy_id`` is the person of
    the leading deputy; the others are rows of ``Cosigner``. ``earlier_id`` is the suggestion of an earlier year that asked
    for the same, ``repeated_years`` for how many years it has been raised. ``transfers`` counts how often a unit was given it.
    """

    session_id = peewee.BigIntegerField(null=True)
    title = peewee.CharField(max_length=120)
    kind = peewee.CharField(max_length=40)
    content = peewee.TextField()
    reasons = peewee.TextField(default="")
    proposal = peewee.TextField(default="")
    basis = peewee.CharField(max_length=20, default="other")  # survey | visit | meeting | other
    basis_text = peewee.TextField(default="")
    deputy_id = peewee.BigIntegerField()
    delegation = peewee.CharField(max_length=80, default="")
    cosigners = peewee.TextField(default="")  # the names of the rows of Cosigner, as sheets and forms write them
    signers = peewee.IntegerField(default=1)  # the leading deputy and the co-signers
    consent_publish = peewee.BooleanField(default=False)
    wish_contact = peewee.BooleanField(default=True)
    reference_only = peewee.BooleanField(default=False)
    earlier_id = peewee.BigIntegerField(null=True)
    earlier_number = peewee.CharField(max_length=40, default="")
    repeated_years = peewee.IntegerField(default=0)
    raised_on = peewee.DateField(null=True)
    check_result = peewee.CharField(max_length=20, null=True)  # fit | excluded
    excluded_reason = peewee.CharField(max_length=40, null=True)
    is_key = peewee.BooleanField(default=False)  # 重点督办建议
    key_leader_id = peewee.BigIntegerField(null=True)  # the person who leads it
    is_major = peewee.BooleanField(default=False)  # broad or hard: the longer limit
    way = peewee.CharField(max_length=10, null=True)  # lead | separate
    joint_reply = peewee.BooleanField(default=False)
    level_reply = peewee.CharField(max_length=20, null=True)  # who signs the reply: unit | office | government
    handed_on = peewee.DateField(null=True)
    transfers = peewee.IntegerField(default=0)
    first_leader = peewee.CharField(max_length=60, default="")
    answered_on = peewee.DateField(null=True)
    answer = peewee.TextField(null=True)
    rating = peewee.CharField(max_length=10, null=True)
    attitude = peewee.CharField(max_length=10, null=True)
    rated_on = peewee.DateField(null=True)
    handled_again = peewee.BooleanField(default=False)
    agreed_longer_on = peewee.DateField(null=True)  # the deputy agreed to an extension of the limit
    published_on = peewee.DateField(null=True)
    flagged = peewee.BooleanField(default=False)  # a bad smell was found

    class Meta:
        table_name = "suggestion_tracking_suggestion"
        indexes = case_indexes(*(((column, "due", "state"), False) for column in ("county_id", "town_id")),
                               (("session_id", "id"), False), (("deputy_id", "id"), False), (("earlier_id",), False),
                               (("published_on", "id"), False))


class Cosigner(Scoped):
    """A deputy who signed a suggestion together with the leading one."""

    suggestion_id = peewee.BigIntegerField()
    suggestion_number = peewee.CharField(max_length=40)
    person_id = peewee.BigIntegerField(index=True)
    signed_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_cosigner"
        indexes = scope_indexes((("suggestion_id", "person_id"), True))


class Task(Case):
    """What one unit (``department_id``) does for a suggestion: as lead (主办), co-handler (会办) or separately (分办).

    The number of its suggestion never changes, so lists show it without a second look. The columns ``fix_*`` are the six
    fixings (六定). ``outcome`` and ``answer`` are its reply, of a co-handler its opinion.
    """

    suggestion_id = peewee.BigIntegerField(index=True)
    suggestion_number = peewee.CharField(max_length=40)
    role = peewee.CharField(max_length=10)  # lead | co | separate
    title = peewee.CharField(max_length=120)
    asked = peewee.TextField(default="")  # what is asked of this unit
    limit_on = peewee.DateField(null=True)  # its own sub-deadline
    given_on = peewee.DateField(null=True)
    received_on = peewee.DateField(null=True)
    accepted_on = peewee.DateField(null=True)
    return_reason = peewee.TextField(default="")
    fix_plan = peewee.TextField(default="")
    fix_rule = peewee.TextField(default="")
    fix_leader = peewee.CharField(max_length=60, default="")
    fix_person = peewee.CharField(max_length=60, default="")
    fix_requirement = peewee.TextField(default="")
    fix_limit_on = peewee.DateField(null=True)
    first_leader = peewee.CharField(max_length=60, default="")  # the unit's first leader, who answers for it (一把手)
    answer = peewee.TextField(null=True)
    letter_number = peewee.CharField(max_length=60, default="")
    answered_on = peewee.DateField(null=True)
    handled_again = peewee.BooleanField(default=False)

    class Meta:
        table_name = "suggestion_tracking_task"
        # (level, due, state): how many are overdue here; (unit, due): the desk of a unit, the most urgent first
        indexes = case_indexes(*(((column, "due", "state"), False) for column in ("county_id", "town_id")),
                               (("department_id", "due"), False))


class Contact(Scoped):
    """A meeting of a unit with the deputy (三见面): before, during or after the handling, and what the deputy said."""

    suggestion_id = peewee.BigIntegerField(index=True)
    suggestion_number = peewee.CharField(max_length=40)
    department_id = peewee.BigIntegerField(null=True)
    stage = peewee.CharField(max_length=10)  # before | during | after
    met_on = peewee.DateField()
    who = peewee.CharField(max_length=120)
    place = peewee.CharField(max_length=120, default="")
    form = peewee.CharField(max_length=20)
    said = peewee.TextField()
    agrees_longer = peewee.BooleanField(default=False)

    class Meta:
        table_name = "suggestion_tracking_contact"
        indexes = scope_indexes((("department_id", "id"), False))


MODELS = (Session, Suggestion, Cosigner, Task, Contact)
