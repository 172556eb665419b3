# The commands of the README. Every target sets up what it needs and reuses what is there.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
SERVE ?= 1
# Seconds of fuzzing for each of three targets in the drill.
FUZZ_SECONDS ?= 60

# What the product needs of Debian 12, and what only its tests need on top.
PACKAGES := python3-venv libreoffice-writer-nogui python3-uno fonts-lxgw-wenkai fonts-noto-cjk \
            fonts-liberation fonts-babelstone-han tesseract-ocr tesseract-ocr-chi-sim
# A whole Ceph on one machine: the S3 store of the tests that comes from Debian; the other is built by Go, once.
STORE_PACKAGES := ceph-mon ceph-osd radosgw ceph-common
# Handwriting for the simulated papers is all that `make bench` needs on top.
BENCH_PACKAGES := fonts-seto fonts-kouzan-mouhitsu fonts-arphic-gkai00mp
# PostgreSQL's own cluster is not used: tests/postgresql.py starts one on loopback in a temporary folder.
TEST_PACKAGES := chromium curl docker-compose iproute2 openjdk-17-jdk-headless maven postgresql-15 wget $(BENCH_PACKAGES) $(STORE_PACKAGES)
# The stories over HTTP, told once more with the rows on a server.
ON_SERVER := tests/test_web_issue.py tests/test_batch.py tests/test_import.py tests/test_desk_story.py tests/test_retrieve.py tests/test_custody.py tests/test_custody_story.py tests/test_custody_beside.py tests/test_custody_partners.py
COMPILE := uv pip compile --universal --generate-hashes --python-version 3.11 --no-header --no-emit-index-url -q pyproject.toml

export PYTHONSAFEPATH := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# uv_build calls its own program by name
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help install install-dev packages bench-packages test-packages demo serve test test-postgresql test-tesseract check bench thresholds gallery drill lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

define need_packages
	@missing=""; for p in $(1); do \
	  dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ]; then \
	    echo "缺少系统软件包，请先运行 / missing system packages, run:  sudo apt-get update && sudo apt-get install -y --no-install-recommends$$missing" >&2; exit 2; fi; \
	  echo "apt-get install$$missing"; \
	  DEBIAN_FRONTEND=noninteractive apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends$$missing >/dev/null; fi
endef

packages:
	$(call need_packages,$(PACKAGES))

bench-packages:
	$(call need_packages,$(BENCH_PACKAGES) $(STORE_PACKAGES))
	@PYTHONPATH=. $(PYTHON) -m tests.stores.versity --build

test-packages:
	$(call need_packages,$(TEST_PACKAGES))
	@PYTHONPATH=. $(PYTHON) -m tests.stores.versity --build

# A stamp per lock file: the environment is rebuilt only when its lock changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "需要 Python 3.11 / needs Python 3.11 (set PYTHON=…)" >&2; exit 2; }
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.lock pyproject.toml | packages $(BIN)/python
	@echo "installing the locked environment into .venv"
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed | packages
	@echo "installing the locked development environment into .venv"
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements-dev.lock
	@# pairtree, which ocfl-py needs, brings its own tests as a package `tests`: what runs `-m tests.…` would find those
	@rm -rf .venv/lib/python3.11/site-packages/tests
	@touch $@

install: packages .venv/.installed ## everything the service needs
	@# a service that starts again is ready the sooner: 0.7 s of compiling, where the environment forbids to keep it
	@$(BIN)/python -m compileall -q -j 2 service storage templates intake
install-dev: install .venv/.installed-dev ## … and its tests

demo: install ## play the whole story with invented people (SERVE=0 ends afterwards)
	@$(BIN)/yinzheng demo --data data/demo $(if $(filter 0,$(SERVE)),--no-serve)

serve: install ## run the service on ./data
	@$(BIN)/yinzheng serve --data data

test: install-dev test-packages ## every test, with real components, one process for each processor
	@$(BIN)/python -m pytest -n auto --dist loadfile

test-postgresql: install-dev test-packages ## the stories once more, with their rows on a real PostgreSQL
	@$(BIN)/python -m pytest -n auto --dist loadfile --database=postgresql $(ON_SERVER)

READING := $(addprefix tests/test_,read.py judgement.py receive.py stack.py evidence.py five_steps.py)
test-tesseract: install-dev test-packages ## what reads papers once more, with Tesseract alone (tests/weaker.py)
	@YINZHENG_RECOGNISER=tesseract OMP_THREAD_LIMIT=1 $(BIN)/python -m pytest -n auto --dist loadfile $(READING)

check: install-dev ## format, lint, types, walls
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: install-dev bench-packages ## speed against what a user would pick instead, in one run
	@PYTHONPATH=bench $(BIN)/python bench/run.py

thresholds: install-dev ## measure on tuning papers again what each threshold of judgement lies between
	@PYTHONPATH=bench $(BIN)/python bench/thresholds.py

gallery: install-dev ## print every form's example and draw the contact sheets of docs/gallery
	@PYTHONPATH=bench $(BIN)/python bench/gallery.py

drill: install-dev test-packages ## attacks and accidents at full length: docs/drills.md; then hostile files and three minutes of fuzzing
	@PYTHONPATH=. $(BIN)/python -m tests.drills $(ONLY)
	@$(BIN)/python -m pytest tests/test_accidents.py tests/test_disk_full.py tests/test_numbers_store.py tests/test_bad_uploads.py tests/test_hostile.py tests/test_bad_engines.py tests/test_bad_codes.py tests/test_libreoffice.py tests/test_power_cut.py tests/test_batch_workers.py tests/test_lock.py tests/test_stores.py
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m pytest tests/test_fuzz.py

lock: ## resolve the dependencies again
	@$(COMPILE) --group build -o requirements.lock >/dev/null
	@$(COMPILE) --group dev -o requirements-dev.lock >/dev/null

clean: ## remove the environment and the demo
	rm -rf .venv data/demo
