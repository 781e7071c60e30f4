# Two commands matter: `make run` serves the demo county on http://127.0.0.1:3210, `make test` proves everything.

PYTHON ?=
BIN := .venv/bin
ADDRESS ?= 127.0.0.1:3210
# One more than there are processors: browsers, databases and workers leave a third of the time to others.
JOBS ?= $(shell expr $$(nproc) + 1)
# Where this is set, each process of the suite compiles the whole platform and rewrites every test anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test lint types sqlite postgres e2e old-browser bench screenshots docs clean

help:
	@echo "make run          install, migrate, load the demo county if empty, serve on http://$(ADDRESS)"
	@echo "make test         lint, types, and the whole suite on SQLite and on PostgreSQL"
	@echo "make old-browser  fetch Chromium 86 with npm and open the pages of every day in it"
	@echo "make bench        measure against the bare prototype and write docs/performance.md"
	@echo "make screenshots  take the pictures of docs/images from the running demo county"

# --- installation: a stamp per set of packages, made anew when the requirements change ---------------------------
.venv/bin/python:
	tools/make_venv "$(PYTHON)"

.venv/installed-run: setup.cfg pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/installed-test: setup.cfg pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test,dev]'
	touch $@ .venv/installed-run

# --- the demo -------------------------------------------------------------------------------------------------
run: .venv/installed-run
	@$(BIN)/grid321 migrate
	@$(BIN)/grid321 demo load --if-empty
	@exec $(BIN)/grid321 serve --bind $(ADDRESS) --with-worker

# --- the proof ------------------------------------------------------------------------------------------------
test: .venv/installed-test
	tools/setup_test_machine
	$(MAKE) --no-print-directory lint
	$(MAKE) --no-print-directory --jobs=2 types sqlite
	$(MAKE) --no-print-directory postgres

# Neighbours stay in one process as long as it keeps up: what they stand on is built once.
sqlite: .venv/installed-test
	$(BIN)/pytest -n $(JOBS) --dist worksteal --database sqlite

postgres: .venv/installed-test
	$(BIN)/pytest -n $(JOBS) --dist worksteal --database postgres -m "not once"

lint: .venv/installed-test
	$(BIN)/ruff check .

types: .venv/installed-test
	$(BIN)/python tools/typing_links.py
	$(BIN)/mypy -p grid321.core -p grid321.plugins

e2e: .venv/installed-test
	tools/setup_test_machine
	$(BIN)/pytest tests/e2e

old-browser: .venv/installed-test
	tools/setup_test_machine
	program=$$($(BIN)/python tools/old_chromium.py) && GRID321_CHROMIUM86=$$program $(BIN)/pytest tests/e2e/test_chromium86.py

docs: .venv/installed-test
	$(BIN)/python tools/hooks_doc.py

bench: .venv/installed-test
	tools/setup_test_machine
	$(BIN)/python tools/postgres.py --durable -- $(BIN)/python benchmarks/run.py

screenshots: .venv/installed-test
	tools/setup_test_machine
	$(BIN)/python tools/screenshots.py

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
