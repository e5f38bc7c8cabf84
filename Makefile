# What a developer of onward types. Each target sets up what it needs; the work is in tools/dev.py.
#   PYTHON=3.13   another Python, a version or a path, with an environment of its own
#   ARGS="..."    further words for pytest or the benchmarks

PYTHON3 ?= python3
dev = @$(PYTHON3) tools/dev.py
export PYTHON

.PHONY: help setup demo test test-long docs lint types contracts check bench lock clean
.NOTPARALLEL:

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## the environment, and nothing else
	$(dev) setup

demo: ## a demonstration workspace: built, run, released, written as a site
	$(dev) demo

test: ## all tests but the long ones
	$(dev) browser
	$(dev) test -m "not long" $(ARGS)

test-long: ## the tests that take long
	$(dev) browser
	$(dev) test -m long $(ARGS)

docs: ## the samples of the README and of docs/, run and compared
	$(dev) test tests/docs $(ARGS)

lint: ## ruff: rules and format
	$(dev) run ruff check
	$(dev) run ruff format --check

types: ## pyrefly, strict
	$(dev) run pyrefly check

contracts: ## who may import whom
	$(dev) run lint-imports

check: lint types contracts test ## what CI runs: lint, types, contracts, and the tests with those of the docs

bench: ## the benchmarks
	$(dev) run python benchmarks/run.py $(ARGS)

lock: ## requirements.lock from pyproject.toml
	$(dev) lock

clean: ## everything that was made here, the environment too
	rm -rf build dist .venv .dev .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests tools -name __pycache__ -prune -exec rm -rf {} +
