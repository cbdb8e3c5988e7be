# `make` prints what there is. Needs Python 3.11 or newer and make, nothing else.

PYTHON ?= python3
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
CLIENTS := .venvs/client-mlflow3 .venvs/client-mlflow2 .venvs/client-flavors
TORCH := 2.13.0
STUDIO := src/millpond/studio/pages/index.html
WEB_SOURCES := $(addprefix web/,build.py index.html package-lock.json vite.config.ts tsconfig.json) \
  $(shell find web/src web/public -type f)
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.PHONY: help setup studio screenshots browser clients demo serve test test-long lint format docs bench growth lock clean

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/.installed $(STUDIO) ## Make .venv with everything the server and the tests need, and build the studio

studio: setup ## Build the web studio into src/millpond/studio/pages, if its sources changed

demo: setup .venvs/demo/.installed ## Train a real sweep against a real server (ARGS=--exit ends it when done)
	@.venvs/demo/bin/python -m demo $(ARGS)

serve: setup ## Run the server on http://127.0.0.1:5000 (ARGS="--port 5001 --data-dir DIR")
	@$(BIN)/millpond server $(ARGS)

test: setup clients browser ## Run every test (ARGS="tests/domain -x" runs a part)
	@$(BIN)/python -m pytest $(ARGS)

screenshots: setup browser ## Draw the pictures of the studio in docs/images anew
	@SCREENSHOTS=docs/images $(BIN)/python -m pytest tests/studio/test_pictures.py

test-long: setup clients ## Try thousands of random histories, kill the store 200 times, carry 2 GB files (about 30 minutes)
	@$(BIN)/python -m pytest tests/store/test_histories.py tests/store/test_postgres_histories.py tests/store/test_compaction.py --hypothesis-profile=long --timeout=3600 $(ARGS)
	@FAULT_ROUNDS=200 $(BIN)/python -m pytest tests/faults/test_kill_compaction.py $(ARGS)
	@LARGE_FILE_MB=2048 $(BIN)/python -m pytest tests/acceptance/test_large_files.py $(ARGS)

lint: setup ## Check style, format and types, of the studio too
	@cd web && $(CURDIR)/$(BIN)/python -c 'import build; build.install_packages(); print(build.npm("run", "--silent", "check").stdout, end="")'
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup ## Write the code the way lint wants it
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup $(if $(findstring mlflow,$(ARGS)),.venvs/demo/.installed) $(if $(findstring fasttrackml,$(ARGS)),.venvs/fasttrackml/.installed) ## Measure the server (ARGS="--against mlflow" measures a peer beside it)
	@$(BIN)/millpond bench $(ARGS)

growth: setup .venvs/demo/.installed ## Measure how cost grows up to a million runs and 10^8 points, and draw it (about an hour)
	@$(BIN)/millpond bench --grow-runs 1000,10000,100000,1000000 --json build/growth-runs.json $(ARGS)
	@$(BIN)/millpond bench --grow-points 100000,1000000,10000000,100000000 --json build/growth-points.json $(ARGS)
	@.venvs/demo/bin/python -m bench.plot_growth build/growth-runs.json build/growth-points.json docs/images/growth

browser: $(VENV)/.installed # A Chromium for the tests of the studio
	@$(BIN)/python -m tests.studio.browser

clients: $(CLIENTS:=/.installed) ## Make the environments of the stock MLflow clients for the tests

lock: .venvs/lock/.installed ## Write requirements/*.txt anew from pyproject.toml and requirements/*.in
	@cd requirements && for name in runtime test demo client-mlflow3 client-mlflow2 client-flavors fasttrackml node; do \
	  case $$name in \
	    runtime) from="../pyproject.toml" ;; \
	    test) from="../pyproject.toml test.in" ;; \
	    demo|client-flavors) from="../pyproject.toml $$name.in" ;; \
	    *) from="$$name.in" ;; \
	  esac; \
	  ../.venvs/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-emit-find-links --no-header --annotation-style line \
	    $$from --output-file $$name.txt || exit 1; \
	done

clean: ## Remove the environments and the caches; no data is touched
	rm -rf $(VENV) .venvs web/node_modules src/millpond/studio/pages .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A stamp is newer than everything the environment was made from, so that a second `make setup` does nothing.
$(VENV)/.installed: requirements/test.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Millpond needs Python 3.11 or newer; set PYTHON=...")'
	@echo "Setting up $(VENV) (about half a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP_INSTALL) --require-hashes -r requirements/test.txt
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(STUDIO): $(WEB_SOURCES) | $(VENV)/.installed
	@echo "Building the studio (half a minute the first time)"
	@$(BIN)/python web/build.py
	@touch $@

.venvs/lock/.installed:
	@$(PYTHON) -m venv .venvs/lock
	@.venvs/lock/bin/python $(PIP_INSTALL) uv
	@touch $@

# Torch for Linux brings gigabytes of CUDA along, but for its CPU build, which not every index has.
.venvs/client-flavors/.installed: requirements/client-flavors.txt
	@echo "Setting up .venvs/client-flavors (a few minutes)"
	@$(PYTHON) -m venv .venvs/client-flavors
	@.venvs/client-flavors/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@.venvs/client-flavors/bin/python $(PIP_INSTALL) --no-deps torch==$(TORCH)+cpu \
	  || .venvs/client-flavors/bin/python $(PIP_INSTALL) torch==$(TORCH)
	@touch $@

# Node of the system, else one from a wheel.
.venvs/azurite/.installed: requirements/azurite/package-lock.json $(if $(shell command -v npm),,.venvs/node/.installed)
	@echo "Setting up .venvs/azurite (about half a minute)"
	@mkdir -p .venvs/azurite && cp requirements/azurite/package*.json .venvs/azurite
	@cd .venvs/azurite && PATH="$$PATH:$(CURDIR)/.venvs/node/bin" npm ci --omit=dev --no-audit --no-fund --loglevel=error
	@touch $@

.venvs/%/.installed: requirements/%.txt
	@echo "Setting up .venvs/$* (about a minute)"
	@$(PYTHON) -m venv .venvs/$*
	@.venvs/$*/bin/python $(PIP_INSTALL) --require-hashes -r $<
	@touch $@
