"""The rules of a test run: nothing is skipped unnoticed, databases are really two, the throw-away server ends."""

import os
import subprocess
import sys

import pytest

from .project import ROOT

pytestmark = pytest.mark.once


def run_suite(folder, text, *options):
    """Run pytest on one file beside a copy of the suite's conftest; return the finished process."""
    (folder / "tests").mkdir()
    conftest = (ROOT / "tests" / "conftest.py").read_text(encoding="utf-8")
    (folder / "tests" / "conftest.py").write_text(conftest.replace(
        "Path(__file__).resolve().parent.parent", f"Path({str(ROOT)!r})"), encoding="utf-8")
    (folder / "tests" / "test_it.py").write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options], cwd=folder,
                          capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("text", "options"), [
    ("import pytest\n\n@pytest.mark.skip\ndef test_a(): pass\n\ndef test_b(): pass\n", ()),
    ("import pytest\n\ndef test_a(): pytest.skip('no browser')\n", ("-n", "1")),
    ("import pytest\n\npytest.importorskip('no_such_module')\n\ndef test_a(): pass\n", ()),
])
def test_a_skipped_test_fails_the_run_and_is_named(text, options, tmp_path):
    result = run_suite(tmp_path, text, *options)
    assert result.returncode != 0
    assert "skipped tests fail the run: tests/test_it.py" in result.stdout


def test_a_run_without_skips_passes(tmp_path):
    result = run_suite(tmp_path, "def test_a(): pass\n")
    assert result.returncode == 0, result.stdout


def test_the_option_database_postgres_really_is_postgresql(tmp_path):
    result = run_suite(tmp_path, "def test_a(app):\n    from grid321.core import db\n    assert db.is_postgres()\n"
                       "    assert db.database.execute_sql('SELECT version()').fetchone()[0].startswith('PostgreSQL')\n",
                       "--database", "postgres")
    assert result.returncode == 0, result.stdout


def test_the_throw_away_server_is_gone_when_its_command_ends():
    program = "import os, psycopg; url = os.environ['GRID321_TEST_POSTGRES']; psycopg.connect(url); print(url)"
    environment = {name: value for name, value in os.environ.items() if name != "GRID321_TEST_POSTGRES"}
    result = subprocess.run([sys.executable, ROOT / "tools" / "postgres.py", "--", sys.executable, "-c", program],
                            capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr
    program = f"import psycopg; psycopg.connect({result.stdout.strip()!r}, connect_timeout=2)"
    gone = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert gone.returncode != 0
    assert "refused" in gone.stderr
