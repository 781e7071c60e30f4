"""Looking a record up by number and code: what is stored, what is read alike, what guessing costs, what an answer tells."""
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grid321.core import audit, db, limits, lookup, passwords
from grid321.core.errors import TooMany

NUMBER = "WT-610902104-202611-0001"
HERE = "203.0.113.7"


@pytest.fixture
def code(app):
    """The code of record 7, which has the number."""
    made = lookup.new_code()
    lookup.keep(made, "matters.matter", 7, NUMBER)
    return made.text


def wrong(code: str) -> str:
    """A code of the right shape that is another one."""
    return ("0" if code[0] != "0" else "1") + code[1:]


def test_number_and_code_open_the_record(code):
    assert lookup.find(NUMBER, code, HERE) == ("matters.matter", 7)


def test_a_code_is_eight_characters_of_crockford_and_stored_as_argon2id(code):
    row = lookup.LookupCode.get()

    assert len(code.replace("-", "")) == 8 and set(code) <= set(lookup.ALPHABET) | {"-"}
    assert row.digest.startswith("$argon2id$") and code not in str(row.__data__)
    assert code.replace("-", "") not in str(row.__data__)


@pytest.mark.parametrize("typed", [
    lambda number, code: (number.lower(), code.lower()),
    lambda number, code: (number.replace("-", ""), code.replace("-", "")),
    lambda number, code: (f"  {number} ", f" {code[:2]} {code[2:]} "),
    lambda number, code: ("".join(chr(ord(c) + 0xFEE0) if c.isalnum() else c for c in number), code),
    lambda number, code: (number, code.replace("0", "O").replace("1", "l"))])
def test_number_and_code_are_read_as_people_type_them(code, typed):
    assert lookup.find(*typed(NUMBER, code), HERE) == ("matters.matter", 7)


@given(st.text(max_size=300), st.text(max_size=80))
def test_anything_may_be_typed(number, code):
    assert len(lookup.normal_number(number)) <= 40
    plain = lookup.normal_code(code)
    assert plain == "" or (len(plain) == 8 and set(plain) <= set(lookup.ALPHABET))
    assert lookup.normal_code(plain) == plain


def test_the_same_sending_gets_the_same_code_and_others_get_others(app):
    assert lookup.new_code("mark-1").text == lookup.new_code("mark-1").text
    assert len({lookup.new_code(f"mark-{n}").text for n in range(50)} | {lookup.new_code().text}) == 51


def test_a_new_code_ends_the_old_one(code):
    fresh = lookup.new_code()
    lookup.keep(fresh, "matters.matter", 7, NUMBER)

    assert lookup.find(NUMBER, code, HERE) is None
    assert lookup.find(NUMBER, fresh.text, HERE) == ("matters.matter", 7)


def test_a_forgotten_code_opens_nothing(code):
    lookup.forget("matters.matter", 7)

    assert lookup.find(NUMBER, code, HERE) is None


class Watched:
    """Counts what a look-up does: hashes that are compared, statements that are sent."""

    def __init__(self, monkeypatch):
        self.hashes, self.statements = 0, []
        verify, execute = passwords._hashers[0].verify, db.database.execute_sql

        class Hasher:
            def __getattr__(inner, name):
                return getattr(hasher, name)

            def verify(inner, digest, text):
                self.hashes += 1
                return verify(digest, text)

        hasher = passwords._hashers[0]
        monkeypatch.setattr(passwords, "_hashers", [Hasher()])
        monkeypatch.setitem(passwords._decoys, passwords._hashers[0], passwords._decoys.get(hasher) or hasher.hash("nobody"))
        monkeypatch.setattr(type(db.database.obj), "execute_sql",
                            lambda obj, sql, *rest, **more: (self.statements.append(sql), execute(sql, *rest, **more))[1])


@pytest.mark.parametrize("pair", [
    lambda code: (NUMBER, wrong(code)), lambda code: (NUMBER, "nonsense"), lambda code: (NUMBER, ""),
    lambda code: ("WT-610902104-202611-9999", code), lambda code: ("", ""), lambda code: ("x" * 500, "y" * 500)])
def test_every_pair_that_opens_nothing_costs_the_same_work(code, pair, monkeypatch):
    watched = Watched(monkeypatch)

    assert lookup.find(*pair(code), HERE) is None
    assert watched.hashes == 1
    assert len([sql for sql in watched.statements if "core_lookup_code" in sql]) == 1
    assert len([sql for sql in watched.statements if "core_rate_limit" in sql]) == 4


@pytest.mark.parametrize("number", [NUMBER, "WT-610902104-202611-9999"])
def test_after_five_tries_a_number_is_shut_for_a_network_whether_it_exists_or_not(code, number):
    for _try in range(5):
        assert lookup.find(number, wrong(code), HERE) is None
    with pytest.raises(TooMany) as refusal:
        lookup.find(number, code, HERE)

    assert refusal.value.status == 429 and "15" in str(refusal.value.detail)
    assert audit.AuditEntry.select().where(audit.AuditEntry.kind == "lookup_limited").count() == 1


def test_nobody_can_shut_a_number_for_its_owner(code):
    for n in range(100):
        assert lookup.find(NUMBER, wrong(code), f"203.0.{n}.7") is None

    assert lookup.find(NUMBER, code, "198.51.100.1") == ("matters.matter", 7)
    assert audit.AuditEntry.select().where(audit.AuditEntry.kind == "lookup_limited").count() == 1, "and people learn of it"


def test_who_goes_on_guessing_has_twenty_tries_in_a_day(code, tick):
    for _quarter in range(4):
        for _try in range(5):
            assert lookup.find(NUMBER, wrong(code), HERE) is None
        for _impatient in range(20):
            with pytest.raises(TooMany):
                lookup.find(NUMBER, code, HERE)
        tick(timedelta(minutes=16), sweep=False)
    with pytest.raises(TooMany) as refusal:
        lookup.find(NUMBER, code, HERE)

    assert refusal.value.extra["retry_after"] == 24 * 3600
    tick(timedelta(days=1), sweep=False)
    assert lookup.find(NUMBER, code, HERE) == ("matters.matter", 7)


def test_a_shut_number_opens_again_after_a_quarter_of_an_hour(code, tick):
    for _try in range(5):
        lookup.find(NUMBER, wrong(code), HERE)
    tick(timedelta(minutes=16), sweep=False)

    assert lookup.find(NUMBER, code, HERE) == ("matters.matter", 7)


def test_right_tries_are_not_counted(code):
    for _try in range(12):
        assert lookup.find(NUMBER, code, HERE) is not None


def test_a_network_that_tries_many_numbers_is_shut(code):
    for n in range(30):
        assert lookup.find(f"WT-610902104-202611-{n + 2:04}", "AAAAAAAA", HERE) is None
    with pytest.raises(TooMany):
        lookup.find(NUMBER, code, HERE)

    assert lookup.find(NUMBER, code, "198.51.100.1") == ("matters.matter", 7)


def test_what_was_typed_is_stored_nowhere(code):
    lookup.find("WT-我的电话13812345678", "SECRET99", HERE)

    stored = " ".join(str(row.__data__) for row in (*limits.RateLimit.select(), *audit.AuditEntry.select()))
    assert "13812345678" not in stored and "SECRET99" not in stored
