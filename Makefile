# Everything a developer or a newcomer does, each one word. Nothing has to be installed before but Python and make.
.DEFAULT_GOAL := help
.PHONY: help install demo test interop lint format bench docs vectors clean

PYTHON ?= python3
UV := .uv/bin/uv
BIN := .venv/bin
INTEROP := .venv-interop/bin/python -m pytest -n auto --dist loadfile -W default
# Compiled once here, so that commands start fast even where Python is told not to write bytecode.
export UV_COMPILE_BYTECODE := 1

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(UV):
	@echo "installing uv into .uv"
	@$(PYTHON) -m venv .uv
	@.uv/bin/pip install --quiet --disable-pip-version-check uv

.venv/.installed: $(UV) pyproject.toml uv.lock
	@echo "installing Sealstamp and its tools into .venv"
	@$(UV) sync --frozen --all-extras --python $(PYTHON) --quiet
	@touch $@

install: .venv/.installed ## install into .venv what uv.lock names
	@$(BIN)/python -m compileall -q src

demo: install ## see the four systems guarded, called rightly and wrongly
	@$(BIN)/sealstamp demo

test: install ## set everything up and run every test
	@tests/tools/install & tools=$$!; $(MAKE) --no-print-directory lint; lint=$$?; wait $$tools && exit $$lint
	@$(BIN)/python -m pytest -n auto --dist loadfile

.venv-interop/.installed: $(UV) pyproject.toml uv.lock
	@echo "installing vendors' SDKs into .venv-interop"
	@UV_PROJECT_ENVIRONMENT=.venv-interop $(UV) sync --frozen --all-extras --no-group docs --group interop --python $(PYTHON) --quiet
	@touch $@

.cache/npm/.installed: tests/tools/npm/package-lock.json
	@echo "installing Postman's, Bruno's and VS Code's runners into .cache/npm"
	@mkdir -p $(@D) && cp $(<D)/*.json $(@D)
	@npm ci --prefix $(@D) --omit=optional --ignore-scripts --no-audit --no-fund --silent && touch $@ \
		|| echo "npm cannot install them; what is made for these tools is not run"

# The runners arrive while the SDKs call.
interop: $(UV) ## call the service with vendors' SDKs, and run the scripts that are made for tools
	@$(MAKE) --no-print-directory .cache/npm/.installed & npm=$$!; \
		$(MAKE) --no-print-directory .venv-interop/.installed && $(INTEROP) tests/interop; sdks=$$?; wait $$npm; \
		$(INTEROP) --dist worksteal tests/signing/test_snippets.py && exit $$sdks

lint: install ## formatting, style, types, and which way imports run
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: install ## put the formatting right
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

bench: install .venv-interop/.installed ## the figures of this machine, as ratios
	@tests/tools/install wrk nginx-lua
	@.venv-interop/bin/python -m bench

docs: install ## build the documentation into docs/_build
	@$(BIN)/sphinx-build -W -n -q --keep-going docs docs/_build

vectors: install ## write the test vectors of the whole catalogue into vectors/
	@$(BIN)/python -m tests.vectors.regenerate

clean: ## remove what was installed and made
	@rm -rf .venv .venv-interop .uv .cache docs/_build docs/catalogue .mypy_cache .ruff_cache .pytest_cache
