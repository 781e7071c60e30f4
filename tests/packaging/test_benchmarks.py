"""The benchmarks run: on a county with 200 reports, without asking how fast. What nobody runs rots."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once
ROOT = Path(__file__).resolve().parents[2]


def test_every_figure_is_measured_and_the_counters_equal_a_recount(tmp_path):
    """Generator, prototype, both servers and clients work; any answer but 200 or 201 would end the run with an error."""
    command = [sys.executable, str(ROOT / "benchmarks" / "run.py"), "--quick", "--database", "sqlite", "--reports", "200",
               "--rounds", "1", "--seconds", "0.05", "--folder", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRID321_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    for figure in ("List of 20, county", "List of 20, grid, one state", "Detail page", "REST list of 100",
                   "REST create, four writers", "REST create: p95 ÷ p50", "RSS of a worker", "County statistics",
                   "Gate + dispatcher, 50 plugins", "Start-up"):
        assert figure in done.stdout
    (recount,) = {line for line in done.stdout.splitlines() if "Counters = recount" in line}
    assert recount.split("0 differences")[1].split()[:2] == ["0", "ok"]


def test_matters_and_suggestions_are_filled_measured_imported_and_closed(tmp_path):
    """The second filling, the copies in the database, the bare pages and both servers, the import and the month end."""
    command = [sys.executable, str(ROOT / "benchmarks" / "suggestions.py"), "--database", f"sqlite:///{tmp_path}/x.db", "--home",
               str(tmp_path), "--matters", "1205", "--suggestions", "20", "--session", "5"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GRID321_")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    for figure in ("Month end of a county with 401 open matters", "Clerk's desk, county: cost at 1,205 ÷ at 401",
                   "Leader's dashboard: cost", "Public list with a word, p95", "Public list, one class, beside a bare page",
                   "Clerk's desk, a bureau, beside",
                   "Counted figures of the county over 1,205 matters", "Import of a session's 5 suggestions"):
        assert figure in done.stdout, done.stderr[-3000:]
    assert "15 signatures of co-signers" in done.stdout
