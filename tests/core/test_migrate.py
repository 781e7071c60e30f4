"""Migrations: from nothing to the models and back, once however many try, and never halfway."""
import subprocess
import sys

import pytest

from grid321.core import db, migrate


def test_after_migrating_models_and_schema_agree(app):
    assert migrate.pending() == {}
    assert {owner: migrate.drift(owner) for owner in migrate.owners()} == {"core": [], "matters": []}


def test_down_and_up_again_leaves_the_same_schema(app):
    assert migrate.downgrade("matters") == ["0001_initial"]
    assert migrate.pending() == {"matters": ["0001_initial"]}
    assert not db.database.table_exists("matters_matter")
    assert migrate.upgrade() == {"matters": ["0001_initial"]}
    assert migrate.drift("matters") == []


def test_drift_is_noticed(app):
    db.database.execute_sql("ALTER TABLE matters_note DROP COLUMN amount")
    assert any("amount" in line for line in migrate.drift("matters"))


def test_a_script_that_fails_halfway_leaves_nothing(app, tmp_path, monkeypatch):
    (tmp_path / "0001_half.py").write_text("def up(migrator, db):\n    db.execute_sql('CREATE TABLE matters_half (a integer)')\n"
                                           "    raise RuntimeError('power cut')\n", encoding="utf8")
    monkeypatch.setattr(migrate, "owners", lambda: {"half": tmp_path})
    with pytest.raises(RuntimeError, match="power cut"):
        migrate.upgrade()
    assert not db.database.table_exists("matters_half")
    assert migrate.pending() == {"half": ["0001_half"]}


@pytest.mark.once
def test_many_processes_that_migrate_at_once_do_it_once(tmp_path):
    command = [sys.executable, "-c", "from grid321.core.cli import main; main()", "migrate"]
    env = {"GRID321_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    running = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], outputs
    assert sum("core: applied" in out for out, _err in outputs) == 1


@pytest.mark.once
def test_the_server_refuses_to_start_before_the_migrations(tmp_path):
    command = [sys.executable, "-c", "from grid321.core.cli import main; main()", "serve", "--bind", "127.0.0.1:1"]
    done = subprocess.run(command, env={"GRID321_HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
                          timeout=60, check=False)
    assert done.returncode != 0
    assert "grid321 migrate" in done.stdout + done.stderr
