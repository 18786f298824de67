# Every target sets itself up on a fresh Debian 12 with Python 3.11+ and make.
.PHONY: demo test lint bench soak docs lock setup clean
BIN := .venv/bin

demo: setup  ## the main job from start to end, on embedded SQLite
	@$(BIN)/python examples/admin-actions/demo.py

test: setup  ## the whole suite on SQLite and PostgreSQL, with the real clients
	@scripts/node-packages
	@scripts/browser
	@scripts/ministack-env
	@scripts/bytecode
	$(BIN)/python -m pytest -n auto $(ARGS)

lint: setup  ## style, types, layers, generated files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python scripts/service_model.py --check
	$(BIN)/python scripts/docs.py --check

bench: setup  ## answers per second beside the machine's own limits
	@$(BIN)/python -m bench $(ARGS)

soak: setup  ## kill -9 two hundred times under load, then half an hour of load
	@$(BIN)/python -m bench.soak --kills 200
	@$(BIN)/python -m bench.soak --minutes 30

docs: setup  ## the reference pages, made from the code, and the site in site/
	@$(BIN)/python scripts/docs.py
	@$(BIN)/zensical build --strict

lock: setup  ## requirements.lock anew from pyproject.toml
	@scripts/lock

setup:
	@scripts/setup

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/clients/js/node_modules tests/clients/js/frontends/node_modules
