# make demo    from a fresh clone to a report, with nothing but Python 3.11, make and a package index
# make help    everything else

SHELL := /bin/bash
.DEFAULT_GOAL := help

VENV := .venv
CLUSTER_VENV := .venv-cluster
BIN := $(VENV)/bin
CORES ?= 2
DIGITIZER ?= classical
DIGITIZERS ?= $(DIGITIZER)
TRAINING ?= config/train.yaml
DNCNN_TRAINING ?= src/papertrace/training/dncnn.yaml

# Public data that is not part of the repository. The QT Database is downloaded into QTDB, as far as it is not there.
PAPERTRACE_DATA ?= ../shared/data
QTDB ?= $(firstword $(wildcard data/qtdb $(PAPERTRACE_DATA)/qtdb) data/qtdb)

# Python 3.11 by whatever name it has here; name another with `make venv PYTHON=/path/to/python3.11`.
IS_311 := import sys; sys.exit(sys.version_info[:2] != (3, 11))
ifndef PYTHON
PYTHON := $(shell for name in python3.11 python3 python; do "$$name" -c '$(IS_311)' 2>/dev/null && echo "$$name" && break; done)
endif

.PHONY: help venv venv-train demo compare gallery docs-figures qtdb-210 qtdb grammar foreign-pages digitizers digitizer-speed robustness geometry pitch photo-statistics report-scale cost-model scaling-tables scaling labels speed random-configs image-formats not-ecgs confidence faults test test-slow lint format schema experts clinical-results clean

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## */\1\t/' | expand -t 16

venv: $(VENV)/made  ## .venv with everything in it, as envs/requirements.lock pins it

$(VENV)/made: envs/requirements.lock
	@"$(PYTHON)" -c '$(IS_311)' 2>/dev/null || { \
	  echo "papertrace needs Python 3.11, which was not found here; install it, or name it: make venv PYTHON=/path/to/python3.11" >&2; \
	  exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

venv-train: $(VENV)/train  ## .venv with torch besides, to train the networks

$(VENV)/train: $(VENV)/made envs/train.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/train.lock
	@touch $@

.PHONY: venv-cluster test-slurm test-s3 slurm-campaign
venv-cluster: $(CLUSTER_VENV)/made  ## .venv-cluster with Snakemake's plugins for Slurm and S3 besides (docs/cluster.md)

$(CLUSTER_VENV)/made: envs/cluster.lock
	$(PYTHON) -m venv --clear $(CLUSTER_VENV)
	$(CLUSTER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r envs/cluster.lock
	$(CLUSTER_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: venv  ## simulated ECGs, from record to report (minutes)
	$(BIN)/snakemake --cores $(CORES)
	@echo "The report: $(CURDIR)/results/demo/report/report.html"

compare: venv  ## digitizers side by side on the same pages, one of them somebody else's program (a minute or two)
	$(BIN)/snakemake --cores $(CORES) --configfile config/compare.yaml
	@echo "The table: $(CURDIR)/results/compare/scores/digitizers.csv; the report: $(CURDIR)/results/compare/report/report.html"

gallery: venv  ## every layout, page option, artifact and preset, to look at (a minute)
	$(BIN)/papertrace gallery --out results/gallery --cores $(CORES)

docs-figures: gallery demo  ## write docs/gallery.png, docs/round-trip.png and docs/report.png anew (minutes; needs Chromium)
	cp results/gallery/overview.png docs/gallery.png
	$(BIN)/python tools/docs_picture.py results/demo/figures/round-trip.png docs/round-trip.png
	$(BIN)/python tools/report_picture.py results/demo/report/report.html docs/report.png

qtdb-210: venv  ## 210 pages of the QT Database, 2 a record; QTDB=folder names another copy, each read by network and classical
	$(BIN)/snakemake --cores $(CORES) --configfile config/qtdb.yaml \
	  --config dataset=qtdb-210 limit=210 shard_size=21 'records={folder: $(QTDB)}' \
	  'traces={shares: {network: {pages: 1}, classical: {pages: 1, scans: 1}, dncnn: {pages: 0, scans: 0}}}'
	@echo "The report: $(CURDIR)/results/qtdb-210/report/report.html"

qtdb: venv  ## all 21,801 pages (hours)
	$(BIN)/snakemake --cores $(CORES) --configfile config/qtdb.yaml --config 'records={folder: $(QTDB)}'
	@echo "The report: $(CURDIR)/results/qtdb/report/report.html"

.PHONY: qtdb-results
qtdb-results: venv  ## what that run took, lost and scored: the tables of docs/results/qtdb-21801.md (INTO=file)
	$(BIN)/python benchmarks/full_run.py results/qtdb --cores $(CORES) $(INTO:%=--into %)

.PHONY: download-faults
download-faults: venv  ## the QT Database through a server that fails, and through twenty kills (2 minutes): docs/records.md
	$(BIN)/pytest -s -m slow tests/download

grammar: venv  ## names, layout, gain, speed and time zero, on pages of every kind (10 minutes): the table of docs/grammar.md
	$(BIN)/python benchmarks/grammar.py $(PAPERTRACE_DATA)

foreign-pages: venv  ## 12-lead pages that another program drew (PAPERTRACE_DATA/foreign-pages), scored against LUDB
	$(BIN)/python benchmarks/foreign_pages.py $(PAPERTRACE_DATA) --out results/foreign-pages $(DIGITIZERS:%=--digitizer %)

digitizers: venv  ## every digitizer of DIGITIZERS="classical ..." on the sets of docs/results/digitizers.md; N=pages a set
	$(BIN)/python benchmarks/digitizers.py $(PAPERTRACE_DATA) $(DIGITIZERS:%=--digitizer %) $(N:%=--pages %) --workers $(CORES)

digitizer-speed: venv  ## what a page costs each of DIGITIZERS, in CPU time and memory
	$(BIN)/python benchmarks/digitizer_speed.py $(PAPERTRACE_DATA) $(DIGITIZERS:%=--digitizer %) $(N:%=--pages %)

robustness: venv  ## DIGITIZERS against each artifact by severity: table and results/robustness.png; N=pages a severity
	$(BIN)/python benchmarks/robustness.py $(PAPERTRACE_DATA) $(patsubst %,--training %,$(wildcard config/train.yaml)) $(DIGITIZERS:%=--digitizer %) $(N:%=--pages %) --workers $(CORES)

.PHONY: train train-dncnn
train-dncnn: venv-train  ## the network of the baseline from scratch (5 minutes of one core); DNCNN_TRAINING=another config
	PAPERTRACE_DATA=$(abspath $(PAPERTRACE_DATA)) OMP_NUM_THREADS=1 \
	  $(BIN)/python -m papertrace.training.dncnn --config $(DNCNN_TRAINING) \
	  --out results/train-$(basename $(notdir $(DNCNN_TRAINING)))

train: venv-train  ## the digitizer's networks from scratch (hours); goes on where it was stopped; TRAINING=another config
	PAPERTRACE_DATA=$(abspath $(PAPERTRACE_DATA)) $(BIN)/snakemake train --cores $(CORES) --configfile $(TRAINING)

cost-model: venv  ## measure anew what `papertrace plan` goes by: src/papertrace/cost_model.yaml (15 minutes; nothing else running)
	$(BIN)/python benchmarks/cost_model.py $(PAPERTRACE_DATA)
	$(MAKE) scaling-tables

scaling-tables: venv  ## the tables of docs/scaling.md, from the cost model
	$(BIN)/python benchmarks/scaling_tables.py --into docs/scaling.md

scaling: venv  ## core seconds a page, overhead and parallel efficiency of runs of N="100 1000" pages on CORES_TRIED="1 2"; CHEAP=1: no digitizing; SHARD=pages a shard
	$(BIN)/python benchmarks/scaling.py $(QTDB) --pages $(or $(N),100 1000) --cores $(or $(CORES_TRIED),1 2) $(CHEAP:%=--cheap) $(SHARD:%=--shard-size %)

report-scale: venv  ## what summary, figures and report cost at 21,801 pages, made of the demo's tables (10 minutes)
	$(BIN)/python benchmarks/report_scale.py $(or $(C),config/demo.yaml)

experts: venv  ## delineators against the cardiologists' marks of QTDB and LUDB: tables of docs/results/clinical.md
	$(BIN)/python benchmarks/experts.py $(PAPERTRACE_DATA) $(INTO:%=--into %)

clinical-results: venv  ## RR, QRS, QT and more of QTDB's test records, clean and scanned; D=name of a digitizer, N=pages a set
	$(BIN)/python benchmarks/clinical_results.py $(PAPERTRACE_DATA) --digitizer $(or $(D),network) $(N:%=--pages %) $(INTO:%=--into %) --workers $(CORES)

labels: venv  ## do the labels of every layout, preset and artifact lie on ink? (an hour)
	$(BIN)/python benchmarks/labels_on_ink.py $(PAPERTRACE_DATA)

speed: venv  ## what a page and a scan cost, in CPU time and memory; QTDB=folder names the records
	$(BIN)/python benchmarks/generator_speed.py $(QTDB)

geometry: venv  ## errors of the sheet's geometry by themselves, by preset: docs/geometry.md; N=images a set
	$(BIN)/python benchmarks/geometry.py $(PAPERTRACE_DATA) $(N:%=--pages %)

pitch: venv  ## the study's three estimators of px/mm beside the lattice: the table of docs/models/dncnn.md; N=images a set
	$(BIN)/python benchmarks/pitch.py $(PAPERTRACE_DATA) $(N:%=--pages %)

photo-statistics: venv  ## generated photos beside real ones (PAPERTRACE_DATA/real-photos): the table of docs/realism.md
	$(BIN)/python benchmarks/photo_statistics.py $(PAPERTRACE_DATA)

random-configs: venv  ## pages and scans of N=10000 configs drawn at random: no error, none empty (an hour; goes on where it stopped)
	$(BIN)/python benchmarks/random_configs.py --count $(or $(N),10000) --workers $(CORES)

image-formats: venv  ## size, time and loss of the scans' file formats: a table of docs/generator.md
	$(BIN)/python benchmarks/image_formats.py $(QTDB) --workers $(CORES)

not-ecgs: venv  ## 80 pictures that are not ECGs: none may be accepted (minutes); D=name of a digitizer
	$(BIN)/python benchmarks/not_ecgs.py --digitizer $(or $(D),classical)

confidence: venv  ## expected against actual errors, on validation pages (PAPERTRACE_DATA); D=name of a digitizer
	$(BIN)/python benchmarks/confidence.py $(PAPERTRACE_DATA) --digitizer $(or $(D),classical)

faults: venv  ## kill, fill, tear and clash: does the same command mend it? (20 minutes; table of docs/results/faults.md)
	$(BIN)/python benchmarks/faults.py $(N:%=--kills %) $(ONLY:%=--only %) $(INTO:%=--into %)

test: venv  ## all tests but the slow ones
	$(BIN)/pytest -n $(CORES) --dist loadfile -m "not slow"

test-slow: venv  ## the full-scale checks
	$(BIN)/pytest -m slow

test-slurm: venv-cluster  ## a few pages on a Slurm of this machine, jobs ended on purpose (minutes; apt-get where Slurm is missing)
	$(CLUSTER_VENV)/bin/pytest -m slow tests/cluster/test_slurm.py

test-s3: venv-cluster  ## a few pages with results in an S3 bucket, served on loopback (minutes)
	$(CLUSTER_VENV)/bin/pytest -m slow tests/cluster/test_s3.py

slurm-campaign: venv-cluster  ## the same with N=2000 pages and more faults: the table of docs/results/cluster.md (an hour)
	$(CLUSTER_VENV)/bin/python tools/slurm_node.py $(CLUSTER_VENV)/bin/python benchmarks/slurm_campaign.py \
	  $(PAPERTRACE_DATA) --pages $(or $(N),2000) --cores $(CORES) --into docs/results/cluster.md

lint: venv  ## style of the code and of the workflow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

format: venv  ## put code and workflow into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

schema: venv  ## write workflow/schemas/ and the tables of config/README.md anew, after a change of the config's models
	$(BIN)/papertrace schema > workflow/schemas/config.schema.json
	$(BIN)/python -m papertrace.options config/README.md

clean:  ## remove results and Snakemake's notes, keep .venv
	rm -rf .snakemake $(filter-out results/README.md,$(wildcard results/*))
