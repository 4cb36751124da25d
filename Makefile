# Everything a developer runs. `make help` lists it.
PYTHON ?= python3
BIN := .venv/bin
HAS_BROWSER = $(BIN)/python -c 'import sys, scanner.browser as b; sys.exit(b.find_chromium() is None)'
.DEFAULT_GOAL := help

.PHONY: help demo test lint docs screenshot bench clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: .venv/installed ## install wallwalk into .venv and scan the embedded vulnerable application
	$(BIN)/wallwalk demo

test: .venv/developing .venv/browser ## install what tests need, Chromium included, and run every test
	$(BIN)/pytest -n auto --dist loadfile

lint: .venv/developing ## ruff, mypy --strict, generated pages, and wallwalk on itself
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python docs/generate.py --check
	$(BIN)/wallwalk scan . --config .github/wallwalk.yaml --offline --fail-on low --no-progress --quiet

docs: .venv/developing ## write the pages that are made from the checks
	$(BIN)/python docs/generate.py

screenshot: .venv/developing .venv/browser ## make the README's picture of the demo's report
	$(BIN)/wallwalk demo --quiet
	$(BIN)/python docs/screenshot.py wallwalk-report/report.html docs/report.png

bench: .venv/developing ## measure the wire, bandit, start-up and a large site, side by side
	$(BIN)/python bench/wire.py
	$(BIN)/python bench/bandit.py
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/pages.py

clean: ## remove what the other commands made
	rm -rf .venv build wallwalk-report .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "wallwalk needs Python 3.11 or newer: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "Python's venv is missing: apt-get install python3-venv"; exit 1; }

.venv/installed: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/developing: .venv/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/installed

.venv/browser: .venv/developing
	@$(HAS_BROWSER) || .ci/install-chromium $(BIN)
	@$(HAS_BROWSER) || { echo "there is no Chromium: apt-get install chromium"; exit 1; }
	@touch $@
