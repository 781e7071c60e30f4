"""What the whole suite shares: a PostgreSQL server when it is asked for, and no skipped test unnoticed."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

# A run proves the same twice: the same examples each time. `GRID321_EXPLORE=1 make test` draws new ones and remembers finds.
settings.register_profile("same", derandomize=True, database=None, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("GRID321_EXPLORE") else "same")
if not os.environ.get("GRID321_EXPLORE") and hasattr(providers, "_get_local_constants"):
    # Newer releases also draw the constants of whatever modules are loaded: another order of the tests, other examples.
    providers._get_local_constants = lambda: providers._local_constants

TOOLS = Path(__file__).resolve().parent.parent / "tools"
_skipped: list[str] = []


def _tool(name: str):
    """Import a script of ``tools/`` by path: the folder is no package."""
    spec = importlib.util.spec_from_file_location(f"grid321_tools_{name}", TOOLS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def pytest_configure(config: pytest.Config) -> None:
    """Start a server for ``--database postgres``, once, before the processes of pytest-xdist start."""
    if hasattr(config, "workerinput") or config.getoption("--database") != "postgres":
        return
    postgres = _tool("postgres")
    if os.environ.get(postgres.ENVIRONMENT):
        return
    try:
        server = postgres.Cluster().start()
    except postgres.PostgresMissing as problem:
        raise pytest.UsageError(str(problem)) from None
    os.environ[postgres.ENVIRONMENT] = server.url
    config.add_cleanup(server.stop)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember skipped tests; expected failures are not skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        _skipped.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember modules that were skipped as a whole."""
    if report.skipped:
        _skipped.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a test was skipped: what is not run proves nothing."""
    if _skipped and not hasattr(session.config, "workerinput") and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter) -> None:
    """Say which tests were skipped and that this fails the run."""
    if _skipped:
        terminalreporter.write_line(f"skipped tests fail the run: {', '.join(_skipped)}", red=True)


@pytest.fixture
def tool():
    """Return ``tool(name)``, which imports a script of ``tools/``."""
    return _tool
