#!/bin/bash
# Snakemake runs this once in the conda environment that it has made of training.yaml, in the repository's root.
set -euo pipefail
python -m pip install --no-deps --no-build-isolation --editable .
