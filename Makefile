# Everything is set up by the targets themselves: `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# `make demo` needs the runtime alone; `make test` adds torch and the development tools.
RUNTIME := $(VENV)/.runtime-installed
DEVELOPMENT := $(VENV)/.development-installed
# Of `make paper-model`. The whole way from nothing in a few minutes, for a network that has learnt
# next to nothing: PAPER_OPTIONS="--songs 12 --set run.batches_per_epoch=5 schedule.epochs=[1]
# --benchmark --songs 1 --duration 20 --takes 1 --no-demo"
PAPER_OPTIONS ?=

.PHONY: help demo test lint docs fuzz bench figures bench-check gpu-check firefox-check studio-sequences default-model track-mixer paper-model evaluate-default evaluate-tracks lock clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(RUNTIME) ## set up, compose a demo song and mix it with the default model
	@$(BIN)/mixer demo demo/song --overwrite
	@$(BIN)/mixer render demo/song -o demo/demo.wav --overwrite

test: lint ## set up for development, lint, check types, run every test
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(DEVELOPMENT) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(DEVELOPMENT) ## write the generated pages, and build the site into build/site
	$(BIN)/python docs/generate.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

fuzz: $(DEVELOPMENT) ## run 500 hostile cases: damaged files, odd settings, full disks (under ten minutes on two cores)
	$(BIN)/python -m tests.fuzz.run --seed 1 --cases 500

bench: $(DEVELOPMENT) ## measure speed and memory on this machine, and those of other tools (under six minutes)
	$(BIN)/python -m benchmarks

figures: $(DEVELOPMENT) ## measure every figure of docs/performance.md again and write it there (about 20 minutes)
	$(BIN)/python -m benchmarks --parts renders peers normalisation network network_parts libraries memory clock batch lengths --page docs/performance.md

bench-check: $(DEVELOPMENT) ## compare the cost of renders with the recorded one (half a minute)
	$(BIN)/python -m benchmarks.regression

gpu-check: $(DEVELOPMENT) ## CUDA against the CPU: parity, speed, memory, training (under eight minutes)
	$(BIN)/python -m benchmarks.gpu

firefox-check: $(DEVELOPMENT) ## the studio's page in Firefox, or another one: FIREFOX=path (about three minutes)
	FIREFOX=$${FIREFOX:-firefox-esr} $(BIN)/pytest -m browser tests/studio

studio-sequences: $(DEVELOPMENT) ## a hundred random sequences of edits, undo and reload on the studio's page (about ten minutes)
	STUDIO_SEQUENCES=100 $(BIN)/pytest tests/studio/test_sequences.py

default-model: $(DEVELOPMENT) ## compose, mix, train, export and evaluate the default model (about 40 minutes on two cores)
	$(BIN)/python -m export.make_default -o build/default-model

track-mixer: $(DEVELOPMENT) ## compose, listen, train and export the track mixer (about an hour on two cores)
	$(BIN)/python -m export.make_track_mixer -o build/track-mixer

paper-model: $(DEVELOPMENT) ## compose, mix, train, export and evaluate the paper's network, small (about an hour and a half on two cores)
	$(BIN)/python -m export.make_paper -o build/paper $(PAPER_OPTIONS)

evaluate-tracks: $(DEVELOPMENT) ## evaluate models track by track on songs that nothing is trained on
	$(BIN)/python -m training.shipped.evaluate_tracks --json build/tracks.json

evaluate-default: $(DEVELOPMENT) ## evaluate the default models by the benchmark: held-out songs, real ones, the demo, tracks (about 20 minutes)
	$(BIN)/python -m training.shipped.evaluate --json build/benchmark.json
	$(BIN)/python -m training.shipped.evaluate --model tracks --json build/benchmark-tracks.json
	$(BIN)/python -m training.shipped.evaluate_tracks --json build/tracks.json

lock: $(BIN)/python ## pin every package of development, with hashes, in dev.lock
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile setup.cfg --extra dev --universal --python-version 3.11 --generate-hashes --constraint constraints.txt --quiet --output-file dev.lock

clean: ## remove the environment, caches and the demo
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "mixer needs Python 3.11 or newer; try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): $(BIN)/python setup.cfg
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEVELOPMENT): $(BIN)/python setup.cfg constraints.txt
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(RUNTIME)
