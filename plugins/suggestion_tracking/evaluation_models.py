"""Tables of the evaluation: what counts in the rates, bad smells, appraisal of units, ballots, what was chosen as good.

Who voted (``BallotVoter``) and what was voted (``BallotCount``) have nothing in common but the ballot. There are no papers:
a vote raises sums, and every sum of a ballot is written by every vote, so that neither a row nor its place says whose it was.
"""
from __future__ import annotations

import peewee

from grid321.core.api import JSONField, Scoped, Table, scope_indexes


class Counted(Scoped):
    """One suggestion, one unit's part of it, or one commitment, as the rates count it. Made by ``evaluation_counts`` only.

    ``key`` names what it is made of (``suggestion:7``, ``unit:7:3``, ``commitment:5``). ``marks`` holds one letter for each thing
    that is true of it (see ``evaluation_rates``), ``left_out`` why it is in no denominator. ``year`` is that of the hand-over,
    of a commitment that of its last day. The named columns are what people filter by to see the cases behind a figure.
    """

    key = peewee.CharField(max_length=60, unique=True)
    kind = peewee.CharField(max_length=12)  # suggestion | unit | commitment
    suggestion_id = peewee.BigIntegerField(null=True, index=True)
    commitment_id = peewee.BigIntegerField(null=True, index=True)
    number = peewee.CharField(max_length=40, default="")
    title = peewee.CharField(max_length=120, default="")
    department_id = peewee.BigIntegerField(null=True)
    year = peewee.IntegerField()
    counted_on = peewee.DateField()
    limit_on = peewee.DateField(null=True)
    outcome = peewee.CharField(max_length=40, null=True)
    marks = peewee.CharField(max_length=20, default="")
    left_out = peewee.CharField(max_length=20, default="")

    class Meta:
        table_name = "suggestion_tracking_counted"
        indexes = scope_indexes((("county_id", "year", "kind", "id"), False), (("department_id", "year", "kind"), False))


class Smell(Scoped):
    """A plain rule that a case met (推诿、拖延、答非所问、千篇一律): it asks people to look, and has no other effect.

    ``measured`` and ``threshold`` are the two numbers of the rule (hand-overs, days, shared terms, equal replies); ``over_on`` is
    the day from which the rule is no longer met.
    """

    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    kind = peewee.CharField(max_length=12)  # pushed | dragged | past | same
    state = peewee.CharField(max_length=6, default="open")  # open | over
    number = peewee.CharField(max_length=40, default="")
    title = peewee.CharField(max_length=120, default="")
    department_id = peewee.BigIntegerField(null=True)
    measured = peewee.IntegerField()
    threshold = peewee.IntegerField()
    other = peewee.CharField(max_length=40, default="")  # number of the case with the most alike reply
    since = peewee.DateField()
    over_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_smell"
        indexes = scope_indexes((("entity", "record_id", "kind"), True), (("county_id", "state", "kind", "id"), False),
                                (("department_id", "state", "id"), False))


class ReplyPrint(Table):
    """What is kept of a reply to find others like it: four numbers, of which two alike texts share at least one (see
    ``evaluation_texts``). ``unit`` is ``d<department>`` or ``h<division>``: only replies of one unit are compared."""

    id = peewee.BigAutoField()
    entity = peewee.CharField(max_length=80)
    record_id = peewee.BigIntegerField()
    unit = peewee.CharField(max_length=24)
    replied_on = peewee.DateField()
    band1 = peewee.BigIntegerField()
    band2 = peewee.BigIntegerField()
    band3 = peewee.BigIntegerField()
    band4 = peewee.BigIntegerField()

    class Meta:
        table_name = "suggestion_tracking_reply_print"
        indexes = ((("entity", "record_id", "unit"), True), (("replied_on",), False),
                   *((("unit", f"band{number}"), False) for number in (1, 2, 3, 4)))


class Appraisal(Scoped):
    """A scheme of the yearly appraisal of units (一考核). It is off until a legal basis and an end date are recorded."""

    name = peewee.CharField(max_length=80)
    year = peewee.IntegerField()
    description = peewee.TextField(default="")
    legal_basis = peewee.CharField(max_length=200, default="")
    basis_on = peewee.DateField(null=True)
    valid_until = peewee.DateField(null=True)
    state = peewee.CharField(max_length=10, default="draft")  # draft | open | closed
    opened_on = peewee.DateField(null=True)
    fixed_on = peewee.DateField(null=True)
    published_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_appraisal"
        indexes = scope_indexes((("division_id", "name", "year"), True))


class AppraisalItem(Scoped):
    """One item of a scheme: its weight in points, and whether a rate gives them or people do by a written rule."""

    appraisal_id = peewee.BigIntegerField(index=True)
    position = peewee.IntegerField(default=1)
    name = peewee.CharField(max_length=80)
    weight = peewee.IntegerField()
    source = peewee.CharField(max_length=12, default="people")  # people, or the key of a rate
    rule = peewee.TextField(default="")

    class Meta:
        table_name = "suggestion_tracking_appraisal_item"
        indexes = scope_indexes()


class AppraisalScore(Scoped):
    """The points that people gave a unit for one item, with the reason."""

    appraisal_id = peewee.BigIntegerField(index=True)
    item_id = peewee.BigIntegerField()
    department_id = peewee.BigIntegerField()
    points = peewee.IntegerField()
    reason = peewee.TextField(default="")

    class Meta:
        table_name = "suggestion_tracking_appraisal_score"
        indexes = scope_indexes((("item_id", "department_id"), True))


class AppraisalResult(Scoped):
    """What a closed appraisal found for one unit: fixed figures, hundredths of points, and how each item came about.

    ``rank`` is null for a unit that is judged on too little.
    """

    appraisal_id = peewee.BigIntegerField(index=True)
    department_id = peewee.BigIntegerField()
    points = peewee.IntegerField()
    reachable = peewee.IntegerField()
    rank = peewee.IntegerField(null=True)
    items = JSONField(default=list)

    class Meta:
        table_name = "suggestion_tracking_appraisal_result"
        indexes = scope_indexes((("appraisal_id", "department_id"), True))


class Ballot(Scoped):
    """A secret ballot of all deputies (一测评) at a session: over units, or over questions.

    ``voters`` is how many may vote (fixed when it opens), ``votes`` how many did. ``minimum`` is the least number of votes with
    which the count is shown at all.
    """

    title = peewee.CharField(max_length=80)
    year = peewee.IntegerField()
    session_id = peewee.BigIntegerField(null=True)
    description = peewee.TextField(default="")
    level = peewee.CharField(max_length=10, default="county")  # deputies of which level
    minimum = peewee.IntegerField(default=10)
    state = peewee.CharField(max_length=10, default="draft")  # draft | open | closed
    ends_on = peewee.DateField(null=True)
    voters = peewee.IntegerField(default=0)
    votes = peewee.IntegerField(default=0)
    opened_at = peewee.DateTimeField(null=True)
    ended_at = peewee.DateTimeField(null=True)
    published_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_ballot"
        indexes = scope_indexes()


class BallotSubject(Table):
    """What is voted on: a unit, or a question in words."""

    id = peewee.BigAutoField()
    ballot_id = peewee.BigIntegerField()
    position = peewee.IntegerField()
    department_id = peewee.BigIntegerField(null=True)
    label = peewee.CharField(max_length=120)

    class Meta:
        table_name = "suggestion_tracking_ballot_subject"
        indexes = ((("ballot_id", "position"), True),)


class BallotVoter(Table):
    """Who may vote and whether the vote was cast. No time, and nothing of what was voted."""

    id = peewee.BigAutoField()
    ballot_id = peewee.BigIntegerField()
    person_id = peewee.BigIntegerField()
    voted = peewee.BooleanField(default=False)

    class Meta:
        table_name = "suggestion_tracking_ballot_voter"
        indexes = ((("ballot_id", "person_id"), True),)


class BallotCount(Table):
    """How often an answer was given to a subject. Every vote writes every row of its ballot."""

    id = peewee.BigAutoField()
    ballot_id = peewee.BigIntegerField()
    subject_id = peewee.BigIntegerField()
    answer = peewee.CharField(max_length=10)
    n = peewee.IntegerField(default=0)

    class Meta:
        table_name = "suggestion_tracking_ballot_count"
        indexes = ((("ballot_id", "subject_id", "answer"), True),)


class Chosen(Scoped):
    """A suggestion or a unit that was chosen as good in a year (优秀建议、先进承办单位), by whom and why."""

    year = peewee.IntegerField()
    kind = peewee.CharField(max_length=12)  # suggestion | unit
    suggestion_number = peewee.CharField(max_length=40, default="")
    department_id = peewee.BigIntegerField(null=True)
    label = peewee.CharField(max_length=120, default="")
    reason = peewee.TextField()
    decided_by = peewee.CharField(max_length=120)
    decided_on = peewee.DateField()
    published_on = peewee.DateField(null=True)

    class Meta:
        table_name = "suggestion_tracking_chosen"
        indexes = scope_indexes((("division_id", "year", "kind", "suggestion_number", "department_id"), True))


MODELS = (Counted, Smell, ReplyPrint, Appraisal, AppraisalItem, AppraisalScore, AppraisalResult, Ballot, BallotSubject,
          BallotVoter, BallotCount, Chosen)
