# Every target works on a fresh machine with Python 3.11+ and nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
.DEFAULT_GOAL := help
# uv goes where pip goes: to its configured index, if any, trusting the certificates that the machine trusts.
export UV_SYSTEM_CERTS ?= $(if $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt),1,0)
INSTALL = index="$${PIP_INDEX_URL:-$$($(BIN)/python -m pip config get global.index-url 2>/dev/null)}"; \
  $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes $${index:+--default-index "$$index"} -r

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/uv.stamp: requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Saola needs Python 3.11 or newer; name one: make setup PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.lock
	@touch $@

$(VENV)/run.stamp: requirements/run.lock $(VENV)/uv.stamp
	@test -f $(VENV)/dev.stamp || { $(INSTALL) requirements/run.lock; }
	@$(BIN)/python -c "import sysconfig, pathlib; pathlib.Path(sysconfig.get_path('purelib'), 'saola.pth').write_text('$(CURDIR)\n')"
	@printf '#!/bin/sh\nexec "$(CURDIR)/$(BIN)/python" -m cli "$$@"\n' > $(BIN)/saola && chmod +x $(BIN)/saola
	@touch $@

$(VENV)/dev.stamp: requirements/dev.lock $(VENV)/run.stamp
	@$(INSTALL) requirements/dev.lock
	@touch $@

setup: $(VENV)/run.stamp  ## Make the environment from hashed locks

dev: $(VENV)/dev.stamp  ## The environment plus what tests and benchmarks need

demo: setup  ## A demo company's tickets and documents through the whole line, then the report
	@$(BIN)/python -m cli demo $(ARGS)

up: setup  ## Start Saola and keep its data across restarts
	@$(BIN)/python -m cli up $(ARGS)

check: dev  ## ruff, mypy --strict and the import contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy core agents api workers metrics cli bench tests
	@$(BIN)/lint-imports

# The long files begin first: at the end both processes have something to do.
test: check  ## check, then unit, architecture, journey and browser tests on real embedded servers
	@$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not faults" \
	  tests/faults tests/journeys tests/browser tests

faults: dev  ## The long failure tests: kill -9, broker wipes, hostile files
	@$(BIN)/python -m pytest -m faults

bench: setup  ## A benchmark: make bench NAME=tickets DATA=FOLDER
	@$(BIN)/python -m bench.$(NAME) $(DATA) $(ARGS)

lock:  ## Renew the hashed locks
	@for g in run dev; do \
	  $(BIN)/uv pip compile pyproject.toml $$([ $$g = dev ] && echo --group dev) --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-annotate --quiet -o requirements/$$g.lock; done
	@echo uv | $(BIN)/uv pip compile - --universal --generate-hashes --no-emit-index-url --no-annotate --quiet -o requirements/uv.lock

docs: dev  ## Write the reference pages of docs/ from the code
	@$(BIN)/python -m cli.reference
	@$(BIN)/python -m metrics.docs > docs/metrics.md
	@$(BIN)/python -m metrics.docs definitions > docs/definitions.md

screenshots: dev  ## The pictures of docs/images, from the demo in headless Chromium
	@$(BIN)/python -m tests.browser.screenshots docs/images

env:  ## Make the passwords for docker-compose.yml (.env), once
	@test -e .env || (umask 077 && for name in POSTGRES_PASSWORD DB_OWNER_PASSWORD DB_APP_PASSWORD \
	  DB_SYSTEM_PASSWORD BROKER_PASSWORD SAOLA_SECRET GRAFANA_PASSWORD; do \
	  echo "$$name=$$($(PYTHON) -c 'import secrets; print(secrets.token_hex(24))')"; done > .env)

clean:  ## Remove the environment and all local data
	@rm -rf $(VENV) .saola

.PHONY: help setup dev demo up check test faults bench lock docs screenshots env clean
