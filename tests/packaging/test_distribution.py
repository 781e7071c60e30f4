"""The package list, the requirements, the wheel, the sdist, and an installation from the wheel."""

import fcntl
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from .project import ROOT, folders, imports, listing, modules

pytestmark = pytest.mark.once

# Distributions that are loaded without an import statement: by gunicorn's command line, as database drivers, as data.
# Loaded when they are needed and told about when they are absent: extra docx.
OPTIONAL = {"docxtpl", "python-docx"}
USED_WITHOUT_IMPORT = {"gunicorn", "psycopg", "tzdata"}
DATA = {".css", ".csv", ".html", ".js", ".json", ".mo", ".po", ".svg", ".tmpl", ".toml", ".txt", ".xml"}


def run(*command: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it printed."""
    return subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False,
                          env={**os.environ, **environment})


def normal(name: str) -> str:
    """Return the normalised name of a distribution."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_package_list_equals_the_folders_with_an_init():
    found = []
    for name, folder in folders().items():
        for init in folder.rglob("__init__.py"):
            if "scaffold" not in init.parts:
                found.append(".".join([name, *init.parent.relative_to(folder).parts]))
    assert sorted(listing("options", "packages")) == sorted(found)


def test_every_requirement_is_imported_and_every_import_is_required():
    required = {normal(re.split(r"[<>=\[ ]", line)[0]) for line in listing("options", "install_requires")}
    owners = packages_distributions()
    imported = set()
    for name, path in modules().items():
        if name in {"grid321.core.testing", "grid321.core.conformance"} or name.startswith("grid321.core.conformance_"):
            continue  # for plugin authors, who have pytest
        for found in imports(name, path):
            top = found.partition(".")[0]
            if top in owners and top not in sys.stdlib_module_names and top != "grid321":
                imported |= {normal(owner) for owner in owners[top]}
    known = {"werkzeug", "jinja2", "markupsafe", "pytest", *OPTIONAL}
    assert imported - required - known == set(), "imported but not in install_requires"
    assert required - imported - USED_WITHOUT_IMPORT == set(), "in install_requires but never imported"


@pytest.mark.parametrize(("package", "folder"), [("core", "core"), ("plugins", "plugins")])
def test_a_bare_import_is_refused_with_what_to_do(package, folder):
    result = run(sys.executable, "-c", f"import {package}", cwd=ROOT)
    assert result.returncode != 0
    assert "pip install -e ." in result.stderr
    assert f"grid321.{folder}" in result.stderr


def test_grid321_is_a_namespace_package_and_the_folders_are_this_project():
    import grid321
    import grid321.core
    import grid321.plugins.grid
    assert getattr(grid321, "__file__", None) is None
    assert Path(grid321.core.__file__) == ROOT / "core" / "__init__.py"
    assert Path(grid321.plugins.grid.__file__) == ROOT / "plugins" / "grid" / "__init__.py"


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """Build the sdist, and the wheel from that sdist, as a release does; return the folder with both."""
    out = tmp_path_factory.mktemp("dist")
    # Several test processes may build: setuptools writes into the source folder, so one after the other.
    with (tmp_path_factory.getbasetemp().parent / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]
    return out


def wanted_data() -> set[str]:
    """Return every data file of the packages as its path in the wheel."""
    found = set()
    for name, folder in folders().items():
        for path in folder.rglob("*"):
            inside = path.relative_to(folder)
            data = path.suffix in DATA or ("migrations" in inside.parts and path.suffix == ".py")
            if path.is_file() and data and "__pycache__" not in inside.parts and not path.name.startswith("."):
                found.add("/".join([*name.split("."), *inside.parts]))
    return found


def test_the_wheel_built_from_the_sdist_carries_every_data_file(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        inside = set(wheel.namelist())
    wanted = wanted_data()
    for what in ("templates/", "static/", "translations/", "migrations/", "scaffold/", "presets/", "theme.toml", "tokens.css"):
        assert any(what in name for name in wanted), f"the check itself finds no {what}"
    assert wanted - inside == set()
    assert not [name for name in inside if name.startswith(("tests/", "core/", "plugins/")) or name.endswith(".pyc")]


def test_the_sdist_carries_what_a_packager_needs(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"LICENSE", "NOTICE", "README.md", "CHANGELOG.md", "Makefile", "setup.cfg", "docs/hooks.md", "tests/conftest.py",
              "core/cli.py", "plugins/grid/__init__.py"}
    assert wanted - inside == set()


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory) -> Path:
    """Install the wheel into a new environment that finds the dependencies, and only those, in the present one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "env", with_pip=False, symlinks=True)
    python = home / "env" / "bin" / "python"
    result = run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index",
                 next(built.glob("*.whl")), cwd=home)
    assert result.returncode == 0, result.stderr
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).stdout.strip())
    # A path in a .pth file is searched for modules, but its own .pth files (our editable install) are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return home


def test_the_installed_wheel_migrates_a_database_and_makes_the_application(installed):
    program = installed / "env" / "bin" / "grid321"
    python = installed / "env" / "bin" / "python"
    place = {"GRID321_HOME": str(installed / "home"), "HOME": str(installed), "PYTHONPATH": ""}
    assert "migrate" in run(program, "--help", cwd=installed, **place).stdout
    migrated = run(program, "migrate", cwd=installed, **place)
    assert migrated.returncode == 0, migrated.stderr
    made = run(python, "-c", "import grid321.core; from grid321.core.app import create_app; app = create_app();"
               "print(grid321.core.__file__); print(app.test_client().get('/login').status_code)", cwd=installed, **place)
    assert made.returncode == 0, made.stderr
    where, status = made.stdout.split()[-2:]
    assert where.startswith(str(installed / "env"))
    assert status == "200"
