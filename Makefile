# In: a clone and python3 >= 3.11. Out: the verbs of this project; `make` alone lists them.
VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= python3
# Python scripts carry no suffix, so the linters are told their names.
CODE   := src tests scripts benchmarks fuzz $(shell grep -slE '^\#!.*python' scripts/*)

.DEFAULT_GOAL := help
.PHONY: help demo test fix check bench proof docs fuzz lock clean

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' Makefile

demo: $(VENV)/.run-ready  ## install into .venv, then hunt through one invented working day of logs
	@$(BIN)/glasshouse demo

test: $(VENV)/.dev-ready  ## install what the tests need, then run every check and every test
	@scripts/test-packages
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n 2 --durations 25

fix: $(VENV)/.dev-ready  ## format and repair what can be repaired by machine
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

check: $(VENV)/.dev-ready  ## lint, format and types; changes nothing
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy

fuzz: $(VENV)/.dev-ready  ## throw damaged logs at every source, the cutters, the sieve ...: FUZZ_SECONDS=60 each
	$(BIN)/python -m fuzz

bench: $(VENV)/.run-ready  ## measure against ripgrep on logs of 1 GB made for it (BENCH=--quick: small ones)
	@command -v rg >/dev/null || { echo "make bench: next: apt-get install ripgrep" >&2; exit 1; }
	$(BIN)/python benchmarks/run.py $(BENCH)

proof: $(VENV)/.run-ready  ## measure every detector on a labelled corpus made for it (SEED=7), write the table
	$(BIN)/python scripts/proof --seed $(or $(SEED),7)

docs: $(VENV)/.run-ready  ## write the reference pages and the compiled catalogue and rules anew from the leaves
	$(BIN)/python scripts/compile
	$(BIN)/python scripts/reference

lock:  ## choose package versions anew and pin their hashes
	scripts/lock

clean:  ## remove everything that the other verbs made
	rm -rf $(VENV) build dist demo-home demo-report.html fuzz/found src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests scripts benchmarks fuzz -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.run-ready: requirements.lock pyproject.toml scripts/setup
	@PYTHON=$(PYTHON) scripts/setup requirements.lock
	@touch $@

$(VENV)/.dev-ready: requirements-dev.lock requirements.lock pyproject.toml scripts/setup
	@PYTHON=$(PYTHON) scripts/setup requirements-dev.lock
	@touch $(VENV)/.run-ready $@
