# Every command a person types; CI calls the same ones. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
MEMBERS := shared services/api services/scanner services/enricher services/publisher services/cache deploy/local
EXPORT = $(UV) export --quiet --frozen --no-emit-workspace --no-header --format requirements-txt
BIN := .venv/bin
export PYTHONPYCACHEPREFIX :=
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

# uv comes in a venv of its own where it is missing; any python3 from 3.8 on can bring it.
.uv/bin/uv:
	@echo "bringing uv $(UV_VERSION)"
	@python3 -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.installed: requirements.lock pyproject.toml .python-version $(MEMBERS:%=%/pyproject.toml) | $(filter .uv/bin/uv,$(UV))
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$(cat .python-version)" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps $(MEMBERS:%=-e ./%)
	@touch $@

.PHONY: install
install: .venv/.installed ## everything the project needs, from requirements.lock into .venv

.PHONY: lock
lock: | $(filter .uv/bin/uv,$(UV)) ## resolve again and write requirements.lock, requirements-bench.lock (no addresses in them)
	@$(UV) lock --quiet --upgrade
	@$(EXPORT) --all-groups --no-group bench -o requirements.lock
	@$(EXPORT) --only-group bench -o requirements-bench.lock
	@rm -f uv.lock

.PHONY: demo
demo: install ## a small library of real films from scan to NFO; Ctrl-C ends it
	@$(BIN)/metarr demo

.PHONY: up
up: install ## the whole system on this machine
	@$(BIN)/metarr up

.PHONY: test
test: install ## the whole test suite
	@$(BIN)/pytest -n 2 --dist loadgroup

.PHONY: check
check: install ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

.PHONY: format
format: install ## put the code into its form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

.PHONY: picture
picture: install ## draw the pipeline into the README from the code that runs it
	@$(BIN)/python -m metarr_local.picture README.md

.PHONY: bench
bench: install ## benchmarks; ratios against a floor or a peer of the same run
	@$(BIN)/python -m tests.bench

.PHONY: bench-artwork
bench-artwork: install ## artwork: ingest, look-alikes among a million, bytes downloaded, how well looks tell pictures apart
	@$(BIN)/python -m tests.bench artwork artwork-lookup artwork-downloads artwork-looks

# The peers come on top of .venv for this alone; the next change of requirements.lock takes them out again.
.PHONY: bench-queue
bench-queue: install ## the queue side by side with procrastinate, pgqueuer and a floor; QUICK=1 for a short run
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-bench.lock
	@$(BIN)/python -m tests.bench.queue $(if $(QUICK),--quick)

.PHONY: clean
clean: ## remove what install, demo and tests made
	@rm -rf .venv .uv .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
