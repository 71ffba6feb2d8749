# Needs Python 3.11 or 3.12 and Java 17; everything else goes into .venv.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-slow lint bench ship airflow screenshots messages docs release pin java

PYTHON := $(shell for python in python3 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	&& echo $$python && break; done)
DATA_DIR ?= data
SHIPPED := models/shipped
SPOKEN := dashboard jobs/alerts jobs/commands/administration.py models/training/report.py
# Empty: Python keeps compiled modules. Where the environment forbids it, every command and worker compiles its imports anew.
export PYTHONDONTWRITEBYTECODE :=

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: java .venv/ready ## install everything into .venv, pinned by uv.lock

demo: setup ## run two weeks of invented accounts, then start the dashboard
	.venv/bin/toxwatch demo --data-dir $(DATA_DIR)

test: setup ## run the tests
	.venv/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow"

test-fast: setup ## run the tests that take no time: no Spark, Airflow, training, browser or long histories
	.venv/bin/pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not slow and not long"

test-slow: setup ## run the tests that take minutes each
	.venv/bin/pytest -m slow

lint: setup ## check style and types
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy

bench: setup ## measure scoring; with LABELLED=FILE (from `toxwatch prepare`) compare models too
	.venv/bin/python bench/scoring.py
	[ -z "$(LABELLED)" ] || { .venv/bin/python bench/imbalance.py $(LABELLED) && .venv/bin/python bench/leave_one_out.py $(LABELLED); }

ship: export TOXWATCH_DATA_DIR = $(DATA_DIR)
ship: TRAIN = .venv/bin/toxwatch train $(OPTIONS)
ship: ENGLISH = $(if $(TEACHER),--teacher $(DATA_DIR)/models/english)
ship: BRIEFLY = --epochs 2 $(if $(TEACHER_MINUTES),--minutes $(TEACHER_MINUTES))
ship: setup ## retrain the shipped models and print docs/models.md's figures: DATA=FOLDER BACKBONE=FOLDER, see that page
	@[ -n "$(DATA)" ] && [ -n "$(BACKBONE)" ] || { echo "make ship DATA=FOLDER BACKBONE=FOLDER, see docs/models.md"; exit 2; }
	.venv/bin/toxwatch prepare --data $(DATA)
	[ -z "$(TEACHER)" ] || $(TRAIN) --kind transformer --backbone $(TEACHER) --language en $(BRIEFLY) --output $(DATA_DIR)/models/english
	$(TRAIN) --kind transformer --backbone $(BACKBONE) $(ENGLISH) $(BRIEFLY) --output $(DATA_DIR)/models/first
	$(TRAIN) --kind transformer --backbone $(BACKBONE) $(ENGLISH) --teacher $(DATA_DIR)/models/first \
		$(if $(MINUTES),--minutes $(MINUTES)) --output $(SHIPPED)/transformer
	$(TRAIN) --backbone $(BACKBONE) --teacher $(SHIPPED)/transformer --epochs 3 $(if $(MINUTES),--minutes $(MINUTES)) --output $(SHIPPED)/bilstm
	.venv/bin/toxwatch cascade --fast $(SHIPPED)/bilstm --slow $(SHIPPED)/transformer --link --output $(SHIPPED)/cascade
	for model in bilstm transformer cascade; do \
		.venv/bin/toxwatch evaluate $(SHIPPED)/$$model --release $(if $(SAMPLE),--sample $(SAMPLE)) || exit; done
	cp "$$(ls -t $(DATA_DIR)/models/reports/cascade-*.json | head -1)" $(SHIPPED)/cascade

airflow: setup ## run Airflow with the project's DAGs on this machine
	.venv/bin/toxwatch airflow --data-dir $(DATA_DIR)

screenshots: setup ## take the README's pictures from the demo's warehouse
	PYTHONPATH=. .venv/bin/python docs/screenshots.py $(DATA_DIR)

messages: setup ## bring dashboard/messages/*.po up to date with the code; then translate what is new
	@mkdir -p build
	.venv/bin/pybabel -q extract -k N_ -k Nn_:1,2 --no-location --no-wrap -o build/messages.pot $(SPOKEN)
	for file in dashboard/messages/*.po; do \
		.venv/bin/pybabel -q update -i build/messages.pot -o $$file -l $$(basename $$file .po) --no-wrap --no-fuzzy-matching --ignore-obsolete \
		&& sed -i '/^# /d; /^#$$/d; /^"\(Project\|Report\|POT-\|PO-\|Last-\|Language-Team\|Generated\)/d' $$file || exit; done

docs: setup ## build the docs as a site in build/site; a link that leads nowhere is an error
	.venv/bin/python -m release.site build/site

release: setup ## make a release of the last commit in build/release: wheel, SBOM, licences, docs, checksums
	.venv/bin/python -m release.make build/release

pin: setup ## pin base images by the digests that the registry has now
	.venv/bin/python -m release.pin

java:
	@version=$$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p'); \
	[ "$${version:-0}" -ge 17 ] || { \
	echo "Toxwatch needs Java 17 or newer (Spark runs on it); found: $${version:-none}. Install it with"; \
	echo "  Debian, Ubuntu:  apt-get install openjdk-17-jre-headless"; \
	echo "  Fedora:          dnf install java-17-openjdk-headless"; \
	echo "  macOS:           brew install openjdk@17"; exit 1; } >&2

.venv/ready: pyproject.toml uv.lock
	@[ -n "$(PYTHON)" ] || { echo "Toxwatch needs Python 3.11 or 3.12 on the PATH; found: $$(python3 --version 2>&1)" >&2; exit 1; }
	$(PYTHON) -m venv .venv || { echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	.venv/bin/python -m pip install --quiet uv
	.venv/bin/uv sync --quiet --frozen --inexact --all-extras --compile-bytecode
	.venv/bin/python -m jobs.spark.jars && .venv/bin/python -m jobs.spark.jars kafka || true
	.venv/bin/python -m jobs.schedule.rehearsal || true
	@touch $@
