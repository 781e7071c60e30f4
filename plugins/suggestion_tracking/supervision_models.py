"""Tables of what follows the hand-over: commitments, inspections, samples, rounds, letters, the three lists, receipt cards.

Each row names its suggestion by number, which is unique and never changes, so that lists show it without a second look.
"""
from __future__ import annotations

import peewee

from grid321.core.api import Case, JSONField, Scoped, case_indexes, scope_indexes


class Commitment(Case):
    """A promise that a unit made in its reply (承诺事项), followed across years until it is kept.

    ``due_on`` is the day it is promised for now, ``first_due_on`` the day of the first promise, ``carried`` how often it was
    carried on to a later day. ``department_id`` is the unit that promised.
    """

    suggestion_number = peewee.CharField(max_length=40, index=True)
    title = peewee.CharField(max_length=120)
    text = peewee.TextField(default="")
    promised_on = peewee.DateField()
    promised_by = peewee.CharField(max_length=60, default="")
    first_due_on = peewee.DateField(null=True)
    due_on = peewee.DateField()
    carried = peewee.IntegerField(default=0)
    progress = peewee.TextField(default="")
    progress_on = peewee.DateField(null=True)
    evidence = peewee.TextField(null=True)
    done_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_commitment"
        indexes = case_indexes((("county_id", "due_on"), False), (("town_id", "due_on"), False))


class Inspection(Case):
    """One inspection (督查): one of the three after the hand-over, a look back, a random check, or one of a round.

    ``unit_id`` is the inspected unit, which is not ``department_id``: what a deputy says back to back is not for its eyes.
    ``answers`` holds the answer to each question of its kind.
    """

    kind = peewee.CharField(max_length=10)  # first | second | third | look_back | random | round
    suggestion_number = peewee.CharField(max_length=40, index=True)
    title = peewee.CharField(max_length=120)
    unit_id = peewee.BigIntegerField(null=True, index=True)
    form = peewee.CharField(max_length=20, default="ordinary")
    planned_on = peewee.DateField(null=True)
    round_id = peewee.BigIntegerField(null=True, index=True)
    sample_id = peewee.BigIntegerField(null=True, index=True)
    inspected_on = peewee.DateField(null=True)
    inspected_by = peewee.CharField(max_length=80, default="")
    asked = peewee.CharField(max_length=120, default="")  # who was asked
    answers = JSONField(null=True)
    found = peewee.TextField(default="")
    evidence = peewee.TextField(default="")
    result = peewee.CharField(max_length=12, null=True)  # in_order | to_improve | not_in_order

    class Meta:
        table_name = "suggestion_tracking_inspection"
        indexes = case_indexes()


class Sample(Scoped):
    """A random choice of suggestions: its seed, from what it was drawn and what came out, so that anybody can draw it again."""

    title = peewee.CharField(max_length=120)
    seed = peewee.CharField(max_length=40)
    size = peewee.IntegerField()
    pool = peewee.CharField(max_length=10)  # handling | answered | ended | all
    year = peewee.IntegerField(null=True)
    drawn_on = peewee.DateField()
    count = peewee.IntegerField()
    digest = peewee.CharField(max_length=64)
    candidates = JSONField()
    drawn = JSONField()
    round_id = peewee.BigIntegerField(null=True, index=True)

    class Meta:
        table_name = "suggestion_tracking_sample"
        indexes = scope_indexes()


class Round(Scoped):
    """A supervision round (督查): of a month or of a quarter, with what was found and what follows."""

    kind = peewee.CharField(max_length=8)  # month | quarter
    first_day = peewee.DateField()
    last_day = peewee.DateField()
    title = peewee.CharField(max_length=120)
    led_by = peewee.CharField(max_length=80, default="")
    plan = peewee.TextField(default="")
    summary = peewee.TextField(default="")
    closed_on = peewee.DateField(null=True)
    figures = JSONField(null=True)

    class Meta:
        table_name = "suggestion_tracking_round"
        indexes = scope_indexes((("division_id", "kind", "first_day"), True))


class Letter(Case):
    """A supervision slip (督办单) or letter (督办函) to a unit, with the last day for its answer."""

    kind = peewee.CharField(max_length=8)  # slip | letter
    suggestion_number = peewee.CharField(max_length=40, default="", index=True)
    inspection_number = peewee.CharField(max_length=40, default="")
    reference = peewee.CharField(max_length=60, default="")  # 文号
    title = peewee.CharField(max_length=120)
    cause = peewee.CharField(max_length=20)
    text = peewee.TextField()
    signed_by = peewee.CharField(max_length=60, default="")
    issued_on = peewee.DateField(null=True)
    limit_on = peewee.DateField(null=True)
    answer = peewee.TextField(null=True)
    measures = peewee.TextField(default="")
    answered_on = peewee.DateField(null=True)
    rejected = peewee.IntegerField(default=0)
    assessment = peewee.TextField(default="")

    class Meta:
        table_name = "suggestion_tracking_letter"
        indexes = case_indexes()


class ListItem(Case):
    """One problem that supervision found, with who answers for it and how it is put right: a row of the three lists (三清单)."""

    suggestion_number = peewee.CharField(max_length=40, default="", index=True)
    inspection_number = peewee.CharField(max_length=40, default="")
    title = peewee.CharField(max_length=120)
    problem = peewee.TextField()
    found_on = peewee.DateField()
    duty = peewee.TextField(default="")
    leader = peewee.CharField(max_length=60, default="")
    person = peewee.CharField(max_length=60, default="")
    measure = peewee.TextField(default="")
    limit_on = peewee.DateField(null=True)
    result = peewee.TextField(default="")
    rectified_on = peewee.DateField(null=True)
    verified_by = peewee.CharField(max_length=80, default="")

    class Meta:
        table_name = "suggestion_tracking_list_item"
        indexes = case_indexes()


class Receipt(Case):
    """A receipt card (满意度回执卡) of one deputy for one round: the first answer, or that of the second handling.

    It is made with the answer and comes back once: by the deputy's account, on paper entered by an officer with the scan, or
    by a signed link. ``returned_on`` is the day the office got it, ``signed_on`` the day on a paper card.
    """

    suggestion_number = peewee.CharField(max_length=40)
    title = peewee.CharField(max_length=120)
    round = peewee.SmallIntegerField(default=1)
    deputy_id = peewee.BigIntegerField()
    leading = peewee.BooleanField(default=False)
    attitude = peewee.CharField(max_length=10, null=True)
    result = peewee.CharField(max_length=10, null=True)
    text = peewee.TextField(default="")
    channel = peewee.CharField(max_length=8, null=True)  # account | paper | link
    signed_on = peewee.DateField(null=True)
    returned_on = peewee.DateField(null=True)
    linked_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_receipt"
        indexes = case_indexes((("suggestion_number", "round", "deputy_id"), True), (("deputy_id", "state", "id"), False))


MODELS = (Commitment, Inspection, Sample, Round, Letter, ListItem, Receipt)
