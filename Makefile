# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CACHE := $(or $(MUNIMENT_CACHE),$(HOME)/.cache/muniment)

.PHONY: check demo test lint generate bench bench-import bench-light bench-priority bench-search bench-network engines faults clean help

check: lint test

$(READY): requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: $(READY)   ## run the main job in five fictional offices
	@$(BIN)/muniment demo

lint: $(READY)   ## lint and types
	$(BIN)/ruff check src spec tools tests benchmarks
	$(BIN)/mypy

test: lint   ## lint, types and every test
	bash tests/setup_debian.sh
	MUNIMENT_CACHE=$(CACHE) bash tests/oracles/setup.sh
	MUNIMENT_CACHE=$(CACHE) $(BIN)/muniment engine install --with-abci-cli --with-skew
	MUNIMENT_CACHE=$(CACHE) $(BIN)/python -m pytest

generate: $(READY)   ## write what is made from the declarations
	$(BIN)/python -m spec.generate

bench: $(READY)   ## measure speed and memory; takes about a quarter of an hour
	$(BIN)/python -m benchmarks.run

bench-import: $(READY)   ## measure imports of XML and rows, from the real data
	@for form in "parse 2000" "xml 2000" "rows 20000"; do $(BIN)/python -m benchmarks.importing $$form; done

bench-light: $(READY)   ## measure evidence of a network of 190 validators
	@for sets in "4" "31" "190" "190 3"; do $(BIN)/python -m benchmarks.light $$sets; done

bench-priority: $(READY)   ## measure the priority check: a million claims against a million filings
	$(BIN)/python -m benchmarks.priority 1000000 1000000

bench-search: $(READY)   ## measure the search among a hundred thousand filings
	$(BIN)/python -m benchmarks.searching 100000

bench-network: $(READY)   ## measure four validators under load, the engine's own application, and where the time goes
	$(BIN)/python -m benchmarks.network
	$(BIN)/python -m benchmarks.network --profile

engines: $(READY)   ## the network's tests on CometBFT 0.38, 0.39 and 0.40; ten minutes
	MUNIMENT_CACHE=$(CACHE) $(BIN)/python -m benchmarks.engines

faults: $(READY)   ## three hundred faults in half an hour, on this machine alone; needs root
	$(BIN)/python -m tests.faults.run

clean:   ## remove what was made here
	rm -rf $(VENV) demo-output build

help:
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/ -/'
