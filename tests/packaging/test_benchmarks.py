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
