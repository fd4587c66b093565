# Needs only make and Python 3.11 or newer; everything else goes into .venv, pinned by constraints.txt.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --no-compile -c constraints.txt
# At once and in parallel, which is faster than file by file at the first start.
COMPILE := $(BIN)/python -m compileall -q -j 0
# Interpreters to try, in this order; `make PYTHON=/path/to/python3.12` tries that one first.
PYTHONS := $(PYTHON) python3.13 python3.12 python3.11 python3
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
TYPED := app.py chalicelib client/src/foreman_contract client/src/foreman_engine client/src/foreman_client client/src/foreman_pytest infra examples benchmarks tests
FAST_TESTS := tests/unit tests/architecture
ARGS :=

.PHONY: help setup run dev bench-import test test-stores test-faults test-processes test-deployed check lint types fmt dist clean

help: ## Say what can be made
	@echo "Foreman: durable tasks on AWS. Begin with 'make run'."
	@echo
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

setup: $(VENV)/.development ## Make .venv with everything that development needs

run: $(VENV)/.local ## Start the local stack and play the order example (ARGS=--once: end afterwards; ARGS="--port 3001")
	@exec $(BIN)/python -m infra run --end-with-parent $(ARGS)

dev: $(VENV)/.local ## Start the local stack alone, on port 3000 (ARGS="--port 3001 --ephemeral")
	@exec $(BIN)/python -m infra dev --end-with-parent $(ARGS)

test: check ## Check, then test everything: adapters, emulators, real processes, the packaged app
	@$(MAKE) --no-print-directory -j4 $(TOGETHER) test-stores test-faults test-processes test-deployed

# At once, because each mostly waits for somebody else's process; each prints what it has to say when it is done.
TOGETHER := $(if $(filter output-sync,$(.FEATURES)),--output-sync=target)
DEPLOYED := tests/e2e/deployed tests/e2e/test_chalice_deploy.py tests/e2e/test_deploy_command.py tests/emulators/test_deploying.py tests/integration/deployed

test-stores:
	$(BIN)/pytest $(ARGS) tests/contract tests/schedules

test-faults:
	$(BIN)/pytest $(ARGS) $(DEPLOYED:%=--ignore=%) tests/integration tests/emulators

test-processes:
	$(BIN)/pytest $(ARGS) $(DEPLOYED:%=--ignore=%) tests/e2e

test-deployed:
	$(BIN)/pytest $(ARGS) $(DEPLOYED)

check: lint ## Lint, types, imports and unit tests: under a minute
	$(BIN)/pytest $(FAST_TESTS)

lint: types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: $(VENV)/.development
	$(BIN)/mypy $(TYPED)

fmt: $(VENV)/.development ## Format the code and fix what can be fixed
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench-import: $(VENV)/.development ## Compare the bundle's import with that of pydantic and a logger alone
	@$(BIN)/python -m benchmarks.import_time

dist: $(VENV)/.local ## Build the SDK's wheel and source distribution into dist/
	@rm -rf dist
	@cd client && ../$(BIN)/python -m hatchling build --directory ../dist

clean: ## Remove what make can make again; the local stack's data in .foreman/ stays
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache
	rm -rf .chalice/deployments
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@for python in $(PYTHONS); do \
	  if "$$python" -c '$(USABLE)' >/dev/null 2>&1; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "Foreman needs Python 3.11 or newer with its venv module: install it (Debian and Ubuntu: apt install python3-venv; macOS: brew install python) and run make again." >&2; \
	  exit 1; \
	fi; \
	echo "Making $(VENV) with $$("$$found" -V)"; \
	rm -rf $(VENV) && "$$found" -m venv $(VENV) && touch $@

$(VENV)/.local: $(VENV)/.made requirements.txt requirements-local.txt constraints.txt client/pyproject.toml
	@echo "Installing what the local stack needs (once, some seconds)"
	@$(PIP) hatchling && $(PIP) --no-build-isolation -r requirements-local.txt || { $(NO_PACKAGES); }
	@$(COMPILE) -x 'site-packages/(pip|setuptools|wcwidth|hatchling)/' $(VENV)/lib
	@touch $@

$(VENV)/.development: $(VENV)/.local requirements-dev.txt
	@echo "Installing what development needs (once, half a minute)"
	@$(PIP) --no-build-isolation -r requirements-dev.txt || { $(NO_PACKAGES); }
	@$(COMPILE) $(VENV)/lib >/dev/null || true # some packages carry templates that are no Python
	@touch $@

NO_PACKAGES = echo "Packages could not be installed: see above, check the network, and run make again." >&2; exit 1
