# Two commands for a newcomer: `make demo` and `make test`. Everything else is a step of these.

PYTHON ?= python3.11
BIN := .venv/bin
ARGS ?=

.PHONY: demo test setup setup-dev tools web check unit e2e bench fuzz soak lock clean help

help:  ## what can be made
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: setup web  ## a simulated school, the gateway and the pages: ARGS="--cameras 4 --port 8080"
	@$(BIN)/sightline demo $(ARGS)

test: tools setup-dev web check unit e2e  ## everything: lint, types, tests, browser tests

setup: .venv/.runtime  ## the Python environment

setup-dev: .venv/.dev  ## the same with the tools of a developer

.venv/bin/python:
	@$(PYTHON) -m venv .venv || { echo "sightline: needs $(PYTHON) with venv (Debian: apt-get install python3-venv)"; exit 1; }

.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -c "import cv2" 2>/dev/null || { echo "sightline: opencv-python needs two system libraries: apt-get install libgl1 libglib2.0-0"; exit 1; }
	@touch $@

.venv/.dev: requirements-dev.lock .venv/.runtime
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

tools:  ## Chromium and GStreamer for the browser tests
	@scripts/test-tools

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)

web: gateway/static/index.html  ## the built web client

web/node_modules/.stamp: web/package.json web/package-lock.json
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

gateway/static/index.html: $(WEB_SOURCES) web/node_modules/.stamp
	@cd web && npm run --silent build
	@touch $@

check: setup-dev web/node_modules/.stamp  ## ruff, mypy, import-linter, eslint, tsc
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@cd web && npm run --silent check

unit: setup-dev  ## all tests but those that need a browser
	@$(BIN)/python -m pytest -q -m "not e2e" $(ARGS)

e2e: setup-dev web  ## real processes, a real browser
	@$(BIN)/python -m pytest -q -m e2e $(ARGS)

bench: setup-dev web  ## this gateway and its peers at the same work: tables, and bench.json
	@$(BIN)/python -m bench $(ARGS)

soak: setup-dev  ## cameras and viewers coming and going, nothing left behind: ARGS="--seconds 3600"
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz: setup-dev  ## fuzz what parses bytes: ARGS="--seconds 600 rtsp h264"
	@$(BIN)/python -m tests.fuzz $(ARGS)

lock: .venv/bin/python  ## write the lock files anew
	@$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --output-file requirements.lock pyproject.toml --extra build
	@$(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-header --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml --extra dev --extra build

clean:  ## remove what was made
	@rm -rf .venv web/node_modules gateway/static .demo dist
