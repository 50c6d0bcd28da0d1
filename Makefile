# Everything a visitor needs: `make demo` and `make test` install what they need into .venv first.
PYTHON ?= python3
CORES ?= all
BIN := .venv/bin/

.PHONY: help install quick demo readme-figure paper paper-cpu test test-fast lint docs bench bench-models bench-statistics bench-coverage bench-frontier bench-chr15 bench-dpyd bench-chromosome bench-scale bench-gain lock container clean

# Two # before the text of a target for users, three for developers.
help: ## list these targets
	@sed -n 's/^\([a-z0-9-]*\):.* ## /  make \1\t/p' Makefile | expand -t 26
	@echo; echo "CORES=2 behind a target limits the cores that a run uses; PYTHON=python3.12 names the Python to install with."
	@echo; echo "For developers:"
	@sed -n 's/^\([a-z0-9-]*\):.* ### /  make \1\t/p' Makefile | expand -t 26

install: .venv/.installed ## install everything into .venv

# A killed Snakemake leaves its lock behind. The kernel's own lock, held also by jobs that outlive it, ends with the last
# of them: who gets it may remove the other.
demo: SETTINGS =
quick: SETTINGS = --configfile config/quick.yaml
quick: ## see a model that leaks, one with differential privacy, and their verdicts (minutes)
demo: ## run the whole workflow on real 1000 Genomes haplotypes
quick demo: .venv/.installed
	@if command -v flock >/dev/null; then exec 9>.venv/.demo; flock --nonblock 9 || \
		{ echo "A demo is still running in this folder. Wait for it, or stop it." >&2; exit 1; }; \
		if ls .snakemake/locks/* >/dev/null 2>&1; then $(BIN)snakemake $(SETTINGS) --unlock --quiet all 2>/dev/null; fi; fi; \
		$(BIN)snakemake $(SETTINGS) --cores $(CORES)
	@echo "Open $(CURDIR)/results/$@/report.html in a browser."

results/demo/figures/fig1_pca.tsv:
	@echo "$@ is not there. Run make demo first." >&2; exit 2

readme-figure: results/demo/figures/fig1_pca.tsv ### make the figure of README.md from the results of the demo
	$(BIN)python docs/strip.py $< docs/strip.png

paper: .venv/.installed ## the paper from public downloads, three seeds of every model (needs a GPU)
	$(BIN)snakemake --configfile config/paper.yaml --cores $(CORES)

paper-cpu: .venv/.installed ## the paper's figures with what two cores train in a night
	$(BIN)snakemake --configfile config/paper-cpu.yaml --cores $(CORES)

# Processes that share the processors do best with one thread each. Bytecode is kept whatever the environment says: every
# job of a workflow would compile the package anew.
PYTEST = env -u PYTHONDONTWRITEBYTECODE OMP_NUM_THREADS=1 $(BIN)python -m pytest

# Tests on SLURM mostly wait: one process more than there are processors.
test: .venv/.installed ### run all tests
	$(PYTEST) --numprocesses $$($(BIN)python -c 'import os; print(min(8, os.cpu_count() + 1))') --dist loadfile --no-loadscope-reorder

test-fast: .venv/.installed ### run the tests that take no programs, trainings or real data (under two minutes of processor time)
	$(PYTEST) --numprocesses auto --maxprocesses 8 --dist loadfile -m "not integration" --fuzz 10 tests/unit

lint: .venv/.installed ### check style of Python and Snakemake code
	$(BIN)ruff check .
	$(BIN)ruff format --check .
	$(BIN)snakefmt --check Snakefile workflow
	$(BIN)snakemake --lint

# The picture of the workflow is part of the repository, so that the page shows it wherever it is read.
docs: .venv/.installed ### write the documentation as a site to docs/_build
	$(BIN)python docs/metrics.py
	$(BIN)snakemake --quiet all --rulegraph | $(BIN)python docs/rulegraph.py docs/rulegraph.svg
	$(BIN)sphinx-build --quiet --fail-on-warning --keep-going --conf-dir docs . docs/_build
	@echo '<meta http-equiv="refresh" content="0; url=docs/README.html">' > docs/_build/index.html
	@echo "Done. Open $(CURDIR)/docs/_build/index.html in a browser."

bench: .venv/.installed ### measure the speed of the models, in ratios (minutes)
	$(BIN)python bench/speed.py
	@echo "make bench-statistics measures the statistics (half an hour)."
	@echo "make bench-models trains every model on the authors' files and compares its AGs with real haplotypes (hours)."

# What is in the table already is not repeated: an interrupted benchmark goes on.
bench-models: .venv/.installed ### train every model on the authors' files and score its AGs (hours)
	@set -e; \
	for model in gan wgan rbm hclt li_stephens markov bernoulli; do for seed in 1 2 3 4 5; do \
		$(BIN)python bench/fidelity.py 805 $$model --seed $$seed; done; done; \
	for model in rbm hclt li_stephens markov bernoulli; do $(BIN)python bench/fidelity.py 10k $$model; done; \
	$(BIN)python bench/fidelity.py 10k hclt --name hclt64 --settings '{"hidden_states": 64}'
	@set -e; for seed in 1 2 3; do $(BIN)python bench/fidelity.py 10k hclt_ancestry --seed $$seed --attacks; done
	$(BIN)python bench/verdict.py 805 --seeds 1 2 3
	$(BIN)python bench/verdict.py 10k
	$(BIN)python bench/latent.py --seeds 1 2 3
	$(BIN)python bench/latent.py --seeds 1 2 3 --rbm local --tasks population

bench-statistics: .venv/.installed ### measure what the statistics cost, beside scipy and scikit-allel (half an hour)
	$(BIN)python bench/statistics_cost.py

bench-frontier: .venv/.installed ### fidelity and attacks, from copies to differential privacy (an hour)
	$(BIN)python bench/frontier.py 805

bench-coverage: .venv/.installed ### measure how often 95 % intervals cover what they should (10 minutes)
	$(BIN)python bench/coverage.py tree people coalescent --draws 200

# Training takes about an hour a model and seed; a killed run goes on.
bench-chr15: .venv/.installed ### scans and imputation on the authors' 10,000 SNPs, under authors/ (hours)
	$(BIN)snakemake --configfile bench/chr15.yaml --cores $(CORES)

# As above, but for the authors' files: its haplotypes are those of the demo.
bench-dpyd: .venv/.installed ### imputation in the whole of DPYD (hours)
	$(BIN)snakemake --configfile bench/dpyd.yaml --cores $(CORES)

bench-chromosome: .venv/.installed ### simulate the haplotypes of config/examples/chromosome.yaml (4 minutes)
	$(BIN)python bench/chromosome.py

bench-scale: RUNS = chromosome16k chromosome chromosome200k
bench-scale: .venv/.installed ### write the tables of docs/scale.md from runs of 16,384 to 200,000 sites
	$(BIN)python bench/scale.py $(RUNS) --page docs/scale.md

# Those are long; this prepares their regions alone. What was measured is not repeated.
BEAGLE := resources/data/pypgx/0.11.0/beagle.28Jun21.220.jar
MASKED = results/$(1)/impute/apart/target.vcf.gz
bench-gain: .venv/.installed ### imputation gain of AGs against what attacks find in them, in both regions (hours)
	$(BIN)snakemake $(call MASKED,dpyd) $(BEAGLE) --configfile bench/dpyd.yaml --cores $(CORES)
	$(BIN)python bench/gain_frontier.py dpyd --seeds 1 2 3
	$(BIN)snakemake $(call MASKED,chr15) $(BEAGLE) --configfile bench/chr15.yaml --cores $(CORES)
	$(BIN)python bench/gain_frontier.py chr15
	$(BIN)python bench/gain_frontier.py draw

lock: ### pin pyproject.toml's dependencies with hashes in envs/requirements.txt (needs uv on the PATH)
	uv pip compile --quiet --group dev --group docs --generate-hashes --universal --no-header --no-annotate pyproject.toml -o envs/requirements.txt

# The image of Miniforge with a release for its name: `latest` changes.
container: .venv/.installed ### write the recipe of a container with all conda environments (needs conda on the PATH)
	$(BIN)snakemake --containerize | sed 's|miniforge3:latest|miniforge3:25.3.1-0|' > envs/.Dockerfile
	@mv envs/.Dockerfile envs/Dockerfile

clean: ## delete caches of Python and of the tools; data, results and .venv stay
	rm -rf .pytest_cache .ruff_cache docs/_build
	find workflow tests bench -name __pycache__ -prune -exec rm -r {} +

# TensorFlow takes several times longer to import without compiled bytecode, so compile it whatever the environment says.
# pip's failure counts, not that of what counts its lines.
.venv/.installed: SHELL := bash
.venv/.installed: .SHELLFLAGS := -o pipefail -c
.venv/.installed: envs/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] not in [(3, 11), (3, 12)])' 2>/dev/null || \
		{ echo "$(PYTHON) is not Python 3.11 or 3.12. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Installing Python packages into .venv (about 2.4 GB, a minute or two)"
	$(PYTHON) -m venv .venv
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)python -m pip install --disable-pip-version-check --progress-bar off --compile \
		--require-hashes -r envs/requirements.txt | awk '\
		/^Collecting/ {printf "\r%d of up to $(shell grep -c == envs/requirements.txt) packages", ++n} \
		/^Installing/ {printf "\nUnpacking and compiling them (about a minute)\n"} {fflush()}'
	@touch $@
