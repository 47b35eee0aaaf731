# make train: everything set up, then four minutes of training. make test: what CI runs.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: train wheel site test check lint types tests format clean

train: $(VENV)/ready
	$(BIN)/gansmith train

wheel: $(VENV)/ready
	rm -rf build
	$(BIN)/pip wheel --quiet --no-deps --wheel-dir dist .

site: $(VENV)/ready
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[docs]"
	$(BIN)/python tools/build_site.py

test check: lint types tests

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready
	$(BIN)/mypy

tests: $(VENV)/ready
	$(BIN)/pytest -n 2

format: $(VENV)/ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[dev,onnx]"
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache
