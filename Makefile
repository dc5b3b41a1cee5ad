# Each target sets up what it needs: `make demo` and `make test` work on a fresh machine.

VENV := .venv
BIN := $(VENV)/bin
RUNS := runs/demo

# Any Python that the package supports, the plain name first.
PYTHON ?= $(shell for name in python3 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null \
	&& { echo $$name; break; }; done)

# Real data with published truth, where they lie beside the checkout; tests that need them skip otherwise.
CYTOGATE_REFERENCE_DATA ?= $(wildcard $(abspath $(CURDIR)/../shared/data))
export CYTOGATE_REFERENCE_DATA

# Tests of one file stay together, as they share what they set up; each process compiles and holds for itself.
PARALLEL := -n logical --maxprocesses 4 --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test lint jitless browser coverage bench outcomes soak clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.package  ## gate the sample trial and open its report
	$(BIN)/cytogate run sample_fcs/study.yaml --out $(RUNS) --force
	@page="$(CURDIR)/$(RUNS)/report.html"; \
	if [ "$$(uname)" = Darwin ]; then open "$$page"; \
	elif [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && command -v xdg-open >/dev/null; then xdg-open "$$page"; \
	else echo "No display here. Open $$page in a browser."; fi

test: lint browser jitless  ## check style and types, then run all tests
	$(BIN)/python -m pytest -m "not soak" $(PARALLEL)

lint: $(VENV)/.tools  ## check style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# The kernels as plain Python: the same tests must hold, and faults that compiled code hides (an index out of range)
# show up. numpy warns of overflow there where compiled code goes on, so those warnings are no errors in this run.
jitless: $(VENV)/.tools
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -m "not soak" -W ignore::RuntimeWarning tests/kernels

browser: $(VENV)/.tools
	@for name in "$$BROWSER_PATH" chromium chromium-browser google-chrome google-chrome-stable; do \
		if [ -n "$$name" ] && command -v "$$name" >/dev/null; then exit 0; fi; done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y chromium >/dev/null && exit 0; fi; \
	echo "No Chromium on PATH or in BROWSER_PATH: tests that drive a browser will skip."

coverage: $(VENV)/.tools  ## measure the branches of the FCS reader that its tests take
	$(BIN)/coverage run --source=cytogate/fcs -m pytest -q -m "not soak" tests/fcs cytogate/fcs
	$(BIN)/coverage report

bench: $(VENV)/.tools  ## measure speed and memory, and write docs/benchmarks.md
	$(BIN)/python benchmarks/suite.py

outcomes: $(VENV)/.tools  ## judge FCS readers by the corpus, and write docs/fcs-outcomes.md
	PYTHONPATH=tests $(BIN)/python -m fcs.corpus

soak: $(VENV)/.tools  ## run the long tests: many more random cases
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest --timeout=3600

clean:  ## remove what the other targets made, the environment included
	rm -rf $(VENV) $(RUNS) build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache .coverage
	find cytogate tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "cytogate needs Python 3.11, 3.12 or 3.13, and none is on PATH. Install one, or call: make PYTHON=..." >&2; \
		exit 1; fi
	@$(PYTHON) -m venv $(VENV) || { \
		echo "$(PYTHON) cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		rm -rf $(VENV); exit 1; }

$(VENV)/.package: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.tools: pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[test,dask,anndata,figures]"
	@touch $@ $(VENV)/.package
