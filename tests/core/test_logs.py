"""Logs are JSON with a fixed list of keys, and no number of a person stands in them."""
import io
import json
import logging

import pytest

from grid321.core import logs

pytestmark = pytest.mark.once


@pytest.fixture
def written():
    """Return (logger, lines): what the platform's logger writes, one parsed object a line."""
    logger = logging.getLogger("grid321")
    before = (list(logger.handlers), logger.propagate, logger.level)
    logger.handlers[:] = []
    stream = io.StringIO()
    logs.configure(stream)
    yield logging.getLogger("grid321.test"), lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.handlers[:], logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


def test_a_line_is_one_json_object_with_level_time_and_event(written):
    log, lines = written
    log.warning("job %s was given up", 7)
    line = lines()[0]
    assert (line["event"], line["level"], line["logger"]) == ("job 7 was given up", "warning", "grid321.test")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("number", ["610902199003078515", "61090219900307851X", "610902900307851", "13800138000",
                                    "１３８００１３８０００", "６１０９０２１９９００３０７８５１５"])
def test_numbers_of_persons_are_struck_out(written, number):
    log, lines = written
    log.error("cannot read %s here", number)
    assert lines()[0]["event"] == "cannot read *** here"


def test_codes_of_divisions_and_numbers_of_matters_stay(written):
    log, lines = written
    log.info("610902104200 WL-610902104-202611-0001")
    assert lines()[0]["event"] == "610902104200 WL-610902104-202611-0001"


def test_a_traceback_keeps_its_places_and_not_its_values(written):
    log, lines = written
    try:
        raise ValueError("王小明 13800138000")
    except ValueError:
        log.exception("it failed")
    line = lines()[0]
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["frames"][-1]
    assert "王小明" not in json.dumps(line, ensure_ascii=False)


def test_other_keys_are_left_out(written):
    log, lines = written
    log.info("hello", extra={"name_of_person": "王小明"})
    assert set(lines()[0]) <= set(logs.KEYS)
