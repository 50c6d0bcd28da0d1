"""The check of the configuration: each kind of mistake gives its line, and nothing else."""

import copy
import itertools
import re
from pathlib import Path
from typing import get_args

import pytest
import yaml

from artificial_genomes.config import checks
from artificial_genomes.config.checks import (
    Configuration,
    checked,
    find_problems,
    load_recipes,
    read_defaults,
    report,
)
from artificial_genomes.config.model_settings import SETTINGS
from artificial_genomes.judge.gates import read_gates
from helpers import ROOT
from plan_helpers import DATASETS

DEFAULTS = read_defaults(ROOT) | DATASETS


def merge(config: dict, changes: dict) -> dict:
    """Merge as Snakemake does: mappings by key, everything else replaced."""
    merged = dict(config)
    for key, value in changes.items():
        inner = merged.get(key)
        merged[key] = merge(inner if isinstance(inner, dict) else {}, value) if isinstance(value, dict) else value
    return merged


def lines_for(changes: str | dict) -> list[str]:
    """Return what is printed about the default configuration with some changes (YAML)."""
    changes = yaml.safe_load(changes) if isinstance(changes, str) else changes
    config = merge(copy.deepcopy(DEFAULTS), changes)
    return report(find_problems(config, ROOT))


def test_the_default_configuration_has_no_mistake():
    assert lines_for({}) == []


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        # Keys
        ("devize: cpu", "devize: unknown key. Did you mean device?"),
        ("split: {share: 1}", "split.share: unknown key. Known here: test, validation, seed, relatives."),
        (
            "model_params: {gan: {latent_sise: 5}}",
            "model_params.gan.latent_sise: unknown key. Did you mean latent_size?",
        ),
        ("model_params: {bernoulli: {window: 5}}", "model_params.bernoulli.window: unknown key. Known here: kind."),
        (
            "model_params: {markov5: {kind: markov}}",
            "model_params.markov5: lacks window. Add it: a whole number from 1 to 16.",
        ),
        ("figure_params: {fig1_pca: {data: dense}}", "figure_params.fig1_pca.data: unknown key. Did you mean dataset?"),
        # Types
        (
            "model_params: {gan: {epochs: many}}",
            "model_params.gan.epochs: 'many' is not a whole number. Write a whole number from 1.",
        ),
        ("compare: {pca_axes: 6.0}", "compare.pca_axes: 6.0 is not a whole number. Write a whole number from 2 to 20."),
        (
            "compare: {pca_axes: true}",
            "compare.pca_axes: True is not a whole number. Write a whole number from 2 to 20.",
        ),
        ("datasets: structure", "datasets: 'structure' is not a list. Write [structure]."),
        (
            "dataset_params: {structure: {public: 1}}",
            "dataset_params.structure.public: 1 is not a truth value. Write true or false.",
        ),
        (
            "scan:",
            "scan: is empty. Write keys with values, indented below it, or delete the line to keep the default.",
        ),
        ("split: [1]", "split: [1] is not a section with keys. Write keys with values, indented below it."),
        # Ranges
        ("split: {seed: -1}", "split.seed: -1 is out of range. Write a whole number from 0 to 2147483647."),
        (
            "dataset_params: {structure: {maf_min: 0.7}}",
            "dataset_params.structure.maf_min: 0.7 is out of range. Write a number from 0 to 0.5.",
        ),
        (
            "model_params: {rbm: {learning_rate: 1e30}}",
            "model_params.rbm.learning_rate: 1e+30 is out of range. Write a number above 0 and up to 1.",
        ),
        ("split: {test: 1}", "split.test: 1 is out of range. Write a number above 0 and below 1."),
        ("scan: {maf_min: .nan}", "scan.maf_min: nan is not a finite number. Write a finite one."),
        ("device: tpu", "device: 'tpu' is not known. Did you mean gpu?"),
        (
            "cohorts: {aims: {build: hg17}}",
            "cohorts.aims.build: 'hg17' is not known. Write one of: GRCh37, GRCh38, hg19, hg38, b37, b38.",
        ),
        (
            "model_params: {gan: {kind: gam}}",
            "model_params.gan.kind: 'gam' is not known. Did you mean gan?",
        ),
        # Lists
        ("seeds: []", "seeds: is empty. Write at least one."),
        ("seeds: [1, 1]", "seeds: has 1 twice. Write it once."),
        ("seeds: [1, -2]", "seeds[1]: -2 is out of range. Write a whole number from 0 to 2147483647."),
        ("scan: {pbs_references: [YRI]}", "scan.pbs_references: has 1 entry. Write 2."),
        ("scan: {xpehh_reference: ''}", "scan.xpehh_reference: is empty. Write a label of the people table."),
        (
            "imputation: {maf_bins: [0, 0.2, 0.1]}",
            "imputation.maf_bins: the edges are not increasing. Write each edge larger than the one before.",
        ),
        # Names, and what YAML makes of them
        (
            "run: my run",
            "run: 'my run' is not a name (letters, digits, - and _; not - first). Write one like my_cohort.",
        ),
        (
            'run: "mine\\n"',
            "run: 'mine\\n' is not a name (letters, digits, - and _; not - first). Write one like my_cohort.",
        ),
        (f"run: {'ab-' * 40}c", "run: has 121 characters. Write up to 100."),
        (
            f"run: {'ab' * 20}",
            f"run: '{'ab' * 20}' ends in text that is repeated 20 times or more. Choose another name.",
        ),
        (
            'dataset_params: {structure: {region: "1:5-9\\n"}}',
            "dataset_params.structure.region: '1:5-9\\n' is not a region contig:start-end (1-based, both ends"
            " included), or a list of regions. Write one like 1:97540000-98400000.",
        ),
        (
            'model_params: {"--help": {kind: bernoulli}}',
            "model_params.--help: '--help' is not a name (letters, digits, - and _; not - first). "
            "Write one like my_cohort.",
        ),
        (
            "imputation: {panels: [real, -x]}",
            "imputation.panels[1]: '-x' is not a panel of parts joined by +. Write one like real+gan.",
        ),
        (
            "model_params: {Ceiling: {kind: bernoulli}}",
            "model_params.Ceiling: ceiling is a reserved name. Give the model another name.",
        ),
        (
            "model_params: {HCLT: {kind: bernoulli}}",
            "model_params.HCLT: differs from hclt only in case, which some file systems ignore. Rename one of them.",
        ),
        (
            "dataset_params: {Structure: {cohort: aims, region: null, people: {}, public: false, maf_min: 0, "
            "sites_max: null}}",
            "dataset_params.Structure: differs from structure only in case, which some file systems ignore. "
            "Rename one of them.",
        ),
        ("models: [gan, rbm, HCLT]", "models: 'HCLT' is not defined in model_params. Did you mean hclt?"),
        (
            "cohorts: {aims: {people: -people.csv}}",
            "cohorts.aims.people: programs read -people.csv as an option. Rename the file, or write its full path.",
        ),
        # Settings of models that contradict each other
        (
            "model_params: {wgan: {batch_size: 10}}",
            "model_params.wgan.batch_size: the WGAN's batch_size 10 is not a multiple of its packing 8. Change one "
            "of them.",
        ),
        (
            "dataset_params: {structure: {model_params: {wgan: {packing: 3}}}}",
            "model_params.wgan.batch_size: the WGAN's batch_size 128 is not a multiple of its packing 3. Change "
            "one of them.",
        ),
        (
            "dataset_params: {dense: {model_params: {rbm: {local_units: 1000}}}}",
            "dataset_params.dense.model_params.rbm.local_units: the RBM's local_units 1000 exceed its "
            "hidden_units 150. Change one of them.",
        ),
        (
            "model_params: {rbm_labels: {local_units: 101}}",
            "model_params.rbm_labels.local_units: the RBM's local_units 101 exceed its hidden_units 100. Change "
            "one of them.",
        ),
        ("run: 2024", "run: YAML reads this as the number 2024. Put the text in quotes."),
        ("run: 2024-01-01", "run: YAML reads this as the date 2024-01-01. Put the text in quotes."),
        (
            "dataset_params: {structure: {region: 1:30}}",
            "dataset_params.structure.region: YAML reads this as the number 90. Put the text in quotes.",
        ),
        (
            "dataset_params: {structure: {people: {population: [no]}}}",
            "dataset_params.structure.people.population[0]: "
            "YAML reads this as the truth value false. Put the text in quotes.",
        ),
        (
            "model_params: {no: {kind: bernoulli}}",
            "model_params.False: YAML reads this key as the truth value false. Put it in quotes.",
        ),
        ("7: x", "7: YAML reads this key as the number 7. Put it in quotes."),
        (
            "model_params: {a+b: {kind: bernoulli}}",
            "model_params.a+b: 'a+b' is not a name (letters, digits, - and _; not - first). Write one like my_cohort.",
        ),
        (
            "model_params: {ceiling: {kind: bernoulli}}",
            "model_params.ceiling: ceiling is a reserved name. Give the model another name.",
        ),
        (
            "model_params: {biobank: {kind: bernoulli}}",
            "model_params.biobank: biobank is a reserved name. Give the model another name.",
        ),
        # Names that must exist
        (
            "dataset_params: {dense: {cohort: dpyt}}",
            "dataset_params.dense.cohort: 'dpyt' is not defined in cohorts. Did you mean dpyd?",
        ),
        (
            "dataset_params: {dense: {model_params: {gam: {epochs: 3}}}}",
            "dataset_params.dense.model_params.gam: 'gam' is not defined in model_params. Did you mean gan?",
        ),
        (
            "dataset_params: {dense: {model_params: {gan: {epoch: 3}}}}",
            "dataset_params.dense.model_params.gan.epoch: unknown key. Did you mean epochs?",
        ),
        (
            "dataset_params: {dense: {model_params: {gan: {kind: rbm}}}}",
            "dataset_params.dense.model_params.gan.kind: unknown key. Known here: ",
        ),
        (
            "dataset_params: {dense: {model_params: {gan: {epochs: 0}}}}",
            "dataset_params.dense.model_params.gan.epochs: 0 is out of range. Write a whole number from 1.",
        ),
        (
            # Panels, hidden layer and figures refer to the right names.
            "{models: [gam]}",
            "models: 'gam' is not defined in model_params. Did you mean gan?",
        ),
        ("datasets: [strukture]", "datasets: 'strukture' is not defined in dataset_params. Did you mean structure?"),
        (
            "scan: {datasets: [biobank, biobanc]}",
            "scan.datasets: 'biobanc' is not defined in dataset_params. Did you mean biobank?",
        ),
        (
            "latent: {datasets: [structure, control_cyp3a]}",
            "latent.datasets: 'control_cyp3a' is not among datasets (structure, dense, biobank). Write one "
            "of them, or add it to datasets.",
        ),
        ("figures: [fig1_pcaa]", "figures[0]: 'fig1_pcaa' is not in figure_params. Did you mean fig1_pca?"),
        (
            "figure_params: {fig1_pca: {dataset: strukture}}",
            "figure_params.fig1_pca.dataset: 'strukture' is not defined in dataset_params. Did you mean "
            "structure? Or remove fig1_pca from figures.",
        ),
        # Data sets
        (
            "dataset_params: {structure: {region: '1:9-5'}}",
            "dataset_params.structure.region: region 1:9-5 must start at 1 or later and must not end before it starts.",
        ),
        (
            "dataset_params: {structure: {region: ['2:1-9', '1:20-30', '1:25-40']}}",
            "dataset_params.structure.region: regions 1:20-30 and 1:25-40 overlap. Merge them, or end the first "
            "one earlier.",
        ),
        (
            "dataset_params: {structure: {region: ['chr2:1-9', '1:20-30']}}",
            "dataset_params.structure.region: regions chr2:1-9 and 1:20-30 name contigs in two ways, with and "
            "without chr. Write all of them as in the cohort's files.",
        ),
        ("dataset_params: {structure: {region: []}}", "dataset_params.structure.region: is empty. Write at least one."),
        (
            "dataset_params: {structure: {region: ['1:1-9', 'chr1']}}",
            "dataset_params.structure.region[1]: 'chr1' is not a region contig:start-end (1-based, both ends"
            " included). Write one like 1:97540000-98400000.",
        ),
        (
            "dataset_params: {structure: {region: 'chr1'}}",
            "dataset_params.structure.region: 'chr1' is not a region contig:start-end (1-based, both ends "
            "included), or a list of regions. Write one like 1:97540000-98400000.",
        ),
        (
            "dataset_params: {structure: {public: true}}",
            "dataset_params.structure.public: nobody is left for the public panel. "
            "Select individuals under people, or write a public_share.",
        ),
        (
            "dataset_params: {structure: {people: {sex: [female]}}}",
            "dataset_params.structure.people.sex: unknown key. Known here: population, superpopulation.",
        ),
        (
            "split: {test: 0.95}",
            "split: test and validation leave 5% of the individuals for training. Write smaller shares.",
        ),
        # Models
        (
            "{models: [coalescent], imputation: {panels: [real]}, "
            "latent: {datasets: [], masked_datasets: []}, figures: [fig1_pca]}",
            "models: all have their own sites, which no figure can show. Add another, or write figures: [].",
        ),
        (
            "model_params: {coalescent: {demography: history.yaml, samples: {A: 1}}}",
            f"model_params.coalescent.demography: {Path.cwd() / 'history.yaml'} does not exist. Correct the path; it "
            "is relative to the working directory.",
        ),
        (
            "dataset_params: {dense: {model_params: {coalescent: {demography: README.md}}}}",
            "dataset_params.dense.model_params.coalescent.samples: is null. Write the populations of the "
            "demography to sample from, as in {CEU: 1}.",
        ),
        (
            "model_params: {coalescent: {samples: {A: 1}}}",
            "model_params.coalescent.samples: a constant population has no subpopulations. Write null, or "
            "name a demography.",
        ),
        (
            "model_params: {coalescent: {samples: {A: 0}}}",
            "model_params.coalescent.samples.A: 0 is out of range. Write a number above 0.",
        ),
        (
            "model_params: {theirs: {kind: external}}",
            "model_params.theirs: lacks genomes. Add it: keys with values, indented below it.",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {}}}",
            "model_params.theirs.genomes: is empty. Write at least one.",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {dense: README.md}, epochs: 3}}",
            "model_params.theirs.epochs: unknown key. Known here: kind, genomes, legends, trained_on.",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {dense: ags.hapt}}}",
            f"model_params.theirs.genomes.dense: {Path.cwd() / 'ags.hapt'} does not exist. Correct the path; it "
            "is relative to the working directory.",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {dense: 3}}}",
            "model_params.theirs.genomes.dense: YAML reads this as the number 3. Put the text in quotes.",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {dens: README.md}}}",
            "model_params.theirs.genomes.dens: 'dens' is not defined in dataset_params. Did you mean dense?",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {dense: README.md}, legends: {structure: README.md}}}",
            "model_params.theirs.legends.structure: genomes has no structure. Add it there, or remove it here.",
        ),
        (
            "model_params: {theirs: {kind: external, genomes: {dense: README.md}, trained_on: {dense: people.txt}}}",
            f"model_params.theirs.trained_on.dense: {Path.cwd() / 'people.txt'} does not exist. Correct the path; it "
            "is relative to the working directory.",
        ),
        (
            "{models: [gan, rbm, hclt, bernoulli, theirs],"
            " model_params: {theirs: {kind: external, genomes: {control_cyp3a: README.md}}}}",
            "model_params.theirs.genomes: contains none of the run's datasets (structure, dense, biobank). "
            "Add one, or remove theirs from models.",
        ),
        (
            "{model_params: {theirs: {kind: external, genomes: {dense: README.md}}},"
            " dataset_params: {dense: {model_params: {theirs: {epochs: 3}}}}}",
            "dataset_params.dense.model_params.theirs: is of kind external, which lists files by data set in"
            " model_params. Write its settings there.",
        ),
        (
            "{models: [gan, rbm, hclt, bernoulli, theirs], imputation: {panels: [real, real+theirs]},"
            " model_params: {theirs: {kind: external, genomes: {dense: README.md}}}}",
            "imputation.panels: 'theirs' in real+theirs has no AGs for biobank. Add them, or remove the panel.",
        ),
        (
            "{models: [theirs], imputation: {datasets: []}, "
            "latent: {datasets: [], masked_datasets: []}, figures: [fig1_pca, fig3_ld],"
            " model_params: {theirs: {kind: external, genomes: {dense: README.md}}}}",
            "figure_params.fig1_pca.dataset: no model has AGs for 'structure'. Name another data set, or "
            "remove fig1_pca from figures.",
        ),
        (
            "{models: [theirs], imputation: {datasets: []}, "
            "latent: {datasets: [], masked_datasets: []}, figures: [figs1_training],"
            " model_params: {theirs: {kind: external, genomes: {structure: README.md}}}}",
            "figure_params.figs1_training.dataset: none of its models is trained. Remove figs1_training from figures.",
        ),
        # Models of the user's own
        (
            "model_params: {mine: {kind: custom}}",
            "model_params.mine: lacks module. Add it: a file, relative to the working directory.",
        ),
        (
            "model_params: {mine: {kind: custom, module: my_model.py}}",
            f"model_params.mine.module: {Path.cwd() / 'my_model.py'} does not exist. Correct the path; it is relative "
            "to the working directory.",
        ),
        (
            "model_params: {mine: {kind: custom, module: README.md}}",
            "model_params.mine.module: README.md does not end in .py. Name a Python file.",
        ),
        (
            "model_params: {mine: {kind: custom, module: MODEL, settings: {when: 2026-01-01}}}",
            "model_params.mine.settings.when: YAML reads this as the date 2026-01-01. Put the text in quotes.",
        ),
        (
            "model_params: {mine: {kind: custom, module: MODEL, settings: {deep: {er: [1, .nan]}}}}",
            "model_params.mine.settings.deep.er[1]: nan is not a finite number. Write a finite one.",
        ),
        (
            "model_params: {mine: {kind: custom, module: MODEL, epochs: 3}}",
            "model_params.mine.epochs: unknown key. Known here: kind, module, settings.",
        ),
        (
            "{model_params: {mine: {kind: custom, module: MODEL}},"
            " dataset_params: {dense: {model_params: {mine: {module: other.py}}}}}",
            "dataset_params.dense.model_params.mine.module: unknown key. Known here: settings.",
        ),
        # Cohorts and files
        (
            "cohorts: {aims: {people: docs}}",
            f"cohorts.aims.people: {Path.cwd() / 'docs'} is a folder, no file. Correct the path; it is relative to the "
            "working directory.",
        ),
        (
            "cohorts: {aims: {people: people.tsv}}",
            f"cohorts.aims.people: {Path.cwd() / 'people.tsv'} does not exist. Correct the path; it is relative to the "
            "working directory.",
        ),
        (
            "cohorts: {aims: {vcf: [resources/data/pypgx/0.11.0/GRCh37/DPYB.vcf.gz]}}",
            "cohorts.aims.vcf[0]: resources/data/pypgx/0.11.0/GRCh37/DPYB.vcf.gz is not a file that the "
            "workflow downloads (resources/README.md). Did you mean "
            "resources/data/pypgx/0.11.0/GRCh37/DPYD.vcf.gz?",
        ),
        (
            "cohorts: {aims: {vcf: [resources/data/1000genomes/phase3/chr2_135-90.vcf.gz]}}",
            "cohorts.aims.vcf[0]: resources/data/1000genomes/phase3/chr2_135-90.vcf.gz names a region "
            "without positions. Write a start of at least 1 and a later end.",
        ),
        (
            "cohorts: {aims: {vcf: [resources/data/1000genomes/phase3/chr23_90-135.vcf.gz]}}",
            "cohorts.aims.vcf[0]: resources/data/1000genomes/phase3/chr23_90-135.vcf.gz is not a file that "
            "the workflow downloads (resources/README.md).",
        ),
        (
            "cohorts: {aims: {rebuilt: [resources/genes.tsv]}}",
            "cohorts.aims: give either vcf, or pgen, or hapt and legend, or hap and legend and samples.",
        ),
        (
            "cohorts: {aims: {vcf: [resources/data/mine.vcf]}}",
            "cohorts.aims.vcf[0]: resources/data/mine.vcf is not a file that the workflow downloads "
            "(resources/README.md). Keep your own files in another folder.",
        ),
        (
            "imputation: {beagle_jar: beagle.jar}",
            f"imputation.beagle_jar: {Path.cwd() / 'beagle.jar'} does not exist. Correct the path; it is relative to "
            "the working directory.",
        ),
        # Gates
        (
            "verdict: {fidelity: {new_r: {closenes_min: 0.9}}}",
            "verdict.fidelity.new_r.closenes_min: unknown key. Did you mean closeness_min?",
        ),
        ("verdict: {fidelty: {af_r: null}}", "verdict.fidelty: unknown key. Did you mean fidelity?"),
        (
            "verdict: {fidelity: {af_r: {closeness_min: 0.9}}}",
            "verdict.fidelity.af_r: has more than one rule, closeness_min and below_ceiling_max. "
            "Keep one and write null for the others.",
        ),
        (
            "verdict: {privacy: {new: {}}}",
            "verdict.privacy.new: has no rule. Write one of closeness_min, below_ceiling_max, "
            "above_ceiling_max, from_half_max, at_most, at_least, or null instead of the gate to switch it "
            "off.",
        ),
        (
            "verdict: {privacy: {mia_auc: {at_most: null}}}",
            "verdict.privacy.mia_auc: has no rule. Write one of closeness_min",
        ),
        (
            "verdict: {privacy: {mia_auc: {at_most: little}}}",
            "verdict.privacy.mia_auc.at_most: 'little' is not a number. Write a number, or null.",
        ),
        (
            "verdict: {privacy: {mia_auc: 0.5}}",
            "verdict.privacy.mia_auc: 0.5 is not a section with keys. Write keys with values, indented below"
            " it, or null.",
        ),
        (
            "release: {models: [gan, hcltt]}",
            "release.models[1]: 'hcltt' is not a model that this run trains. Did you mean hclt?",
        ),
        (
            "release: {models: all}",
            "release.models: 'all' is not the word best, or a list of models. Write one like best.",
        ),
        (
            "verdict: {fidelity: {aa_syn: {from_half_max: 0.6}}}",
            "verdict.fidelity.aa_syn.from_half_max: 0.6 is out of range. Write a number from 0 to 0.5, or null.",
        ),
        # Stages
        (
            "{scan: {datasets: [biobank, dense]}, imputation: {datasets: [biobank]}}",
            "dataset_params.dense.public: scan.datasets has 'dense', which needs a public panel. Write true.",
        ),
        (
            "imputation: {datasets: [dense, biobank]}",
            "dataset_params.dense.public: imputation.datasets has 'dense', which needs a public panel. Write true.",
        ),
        (
            "imputation: {panels: [real+gan]}",
            "imputation.panels: the panel real is missing, to which gains are relative. Add real.",
        ),
        (
            "imputation: {panels: [real, real@4]}",
            "imputation.panels: real@4 gives a size for real, which is always used in full. Write real alone.",
        ),
        (
            "imputation: {panels: [real, real+gan@7]}",
            "imputation.panels: real+gan@7 has 7 AGs of gan, but two make an individual. Write an even number from 2.",
        ),
        (
            "imputation: {panels: [real, gan@direct]}",
            "imputation.panels: 'gan' in gan@direct cannot impute by itself. Write a model of kind hclt.",
        ),
        (
            "imputation: {panels: [real, real@direct]}",
            "imputation.panels: 'real' in real@direct cannot impute by itself. Write a model of kind hclt.",
        ),
        (
            "imputation: {panels: [real, real+hclt@direct]}",
            "imputation.panels: real+hclt@direct adds to hclt@direct, which imputes without a panel. Write it alone.",
        ),
        (
            "imputation: {panels: [real, hclt@directly]}",
            "imputation.panels[1]: 'hclt@directly' is not a panel of parts joined by +. Write one like real+gan.",
        ),
        (
            "imputation: {mac_bins: [1, 3, 2]}",
            "imputation.mac_bins: the edges are not increasing. Write each edge larger than the one before.",
        ),
        ("imputation: {tools: [eagle]}", "imputation.tools[0]: 'eagle' is not known. Did you mean beagle?"),
        (
            "dataset_params: {dense: {public_share: 0.2}}",
            "dataset_params.dense.public_share: needs a public panel. Write public: true, or delete the line.",
        ),
        (
            "dataset_params: {dense: {public_people: {superpopulation: [AFR]}}}",
            "dataset_params.dense.public_people: needs a public panel. Write public: true, or delete the line.",
        ),
        (
            "dataset_params: {biobank: {public_people: {sex: [female]}}}",
            "dataset_params.biobank.public_people.sex: unknown key. Known here: population, superpopulation.",
        ),
        (
            "dataset_params: {dense: {split: {tests: 0.3}}}",
            "dataset_params.dense.split.tests: unknown key. Did you mean test?",
        ),
        (
            "dataset_params: {dense: {split: {test: 1.3}}}",
            "dataset_params.dense.split.test: 1.3 is out of range. Write a number above 0 and below 1.",
        ),
        (
            "dataset_params: {dense: {split: {test: 0.9}}}",
            "dataset_params.dense.split: test and validation leave 9% of the individuals for training. "
            "Write smaller shares.",
        ),
        (
            "dataset_params: {structure: {windows: {n: 3, context_sites: 10}}}",
            "latent.datasets: structure has windows, so that no RBM sees all its sites. Remove it, or its windows.",
        ),
        (
            "{models: [gan, wgan, rbm, hclt, markov, bernoulli, coalescent], "
            "dataset_params: {dense: {windows: {n: 3, context_sites: 10}}}, latent: {masked_datasets: []}}",
            "dataset_params.dense.windows: coalescent simulates its own sites. Remove it from models, or "
            "delete the windows.",
        ),
        (
            "{models: [hclt, rbm], dataset_params: {dense: {windows: {n: 3, context_sites: 10}, "
            "model_params: {hclt: {labels: population}, rbm: {labels: population}}}}, latent: {masked_datasets: []}}",
            "dataset_params.dense.windows: rbm, an RBM, makes AGs of given populations, which windows do not support. "
            "Write labels: none, or delete the windows.",
        ),
        (
            "{dataset_params: {dense: {windows: {n: 1, context_sites: 10}}}, latent: {masked_datasets: []}}",
            "dataset_params.dense.windows.n: 1 is out of range. Write a whole number from 2.",
        ),
        ("scan: {statistics: [xpehh, ihz]}", "scan.statistics[1]: 'ihz' is not known. Did you mean ihs?"),
        (
            "dataset_params: {biobank: {scan: {window_site: 10}}}",
            "dataset_params.biobank.scan.window_site: unknown key. Did you mean window_sites?",
        ),
        (
            "dataset_params: {biobank: {scan: {datasets: [biobank]}}}",
            "dataset_params.biobank.scan.datasets: unknown key. Known here: statistics, xpehh_reference,",
        ),
        (
            "dataset_params: {biobank: {scan: {genetic_map: none.map}}}",
            f"dataset_params.biobank.scan.genetic_map: {Path.cwd() / 'none.map'} does not exist.",
        ),
        (
            "imputation: {panels: [real, real+gam]}",
            "imputation.panels: 'gam' in real+gam is neither real nor biobank, nor in models. Did you mean gan?",
        ),
        (
            "{models: [gan, rbm, bernoulli, coalescent], imputation: {panels: [real, real+coalescent]}}",
            "imputation.panels: 'coalescent' in real+coalescent has its own sites, which no panel can use. "
            "Choose another model.",
        ),
        (
            "imputation: {panels: [real, gan+real]}",
            "imputation.panels: gan+real does not begin with real. Write real first.",
        ),
        ("imputation: {panels: [real, real+real]}", "imputation.panels: real+real names real twice. Write it once."),
        (
            "imputation: {panels: [real, real+]}",
            "imputation.panels[1]: 'real+' is not a panel of parts joined by +. Write one like real+gan.",
        ),
        (
            "latent: {conditional: [hclt_labels, markov]}",
            "latent.conditional: 'markov' is not of kind rbm or hclt. Write names of models that are, or [].",
        ),
        (
            "latent: {conditional: [rbm_labels, hclt]}",
            "latent.conditional: 'hclt' has no labels on 'structure'. Set its labels, or remove it.",
        ),
        ("latent: {model: gan}", "latent.model: 'gan' is not of kind rbm. Write the name of a model that is."),
        (
            "latent: {model: rbn}",
            "latent.model: 'rbn' is not among models. Did you mean rbm? Or write latent.datasets: [].",
        ),
        (
            "{figures: [fig6_scans], figure_params: {fig6_scans: {dataset: dense}}}",
            "figure_params.fig6_scans.dataset: 'dense' is not in scan.datasets. Add it there, or remove "
            "fig6_scans from figures.",
        ),
        (
            "{scan: {statistics: [xpehh]}, figures: [figs8_scans]}",
            "figure_params.figs8_scans.dataset: none of ihs, nsl, haplotypes, tajima_d is computed. Add one "
            "to scan.statistics, or remove figs8_scans from figures.",
        ),
        (
            "dataset_params: {biobank: {scan: {statistics: [nsl]}}}",
            "figure_params.fig6_scans.dataset: none of xpehh, pbs is computed. Add one to scan.statistics, "
            "or remove fig6_scans from figures.",
        ),
        (
            "{imputation: {datasets: []}, figures: [fig7_imputation]}",
            "figure_params.fig7_imputation.dataset: 'biobank' is not in imputation.datasets. Add it there, "
            "or remove fig7_imputation from figures.",
        ),
        (
            "{latent: {datasets: [], masked_datasets: []}, figures: [fig8_latent]}",
            "figure_params.fig8_latent.dataset: 'structure' is not in latent.datasets. Add it there, or "
            "remove fig8_latent from figures.",
        ),
        # Figures under other names
        (
            "figures: [markov_2]",
            "figures[0]: 'markov_2' is not a figure name (fig or figs, a number, a letter if needed, then _ "
            "and lowercase words). Write one like figs3_markov.",
        ),
        (
            "{figures: [figs3_markov], figure_params: {figs3_markov: {dataset: dense}}}",
            "figure_params.figs3_markov: lacks draws. Say what is drawn, as in draws: figs_models.",
        ),
        (
            "{figures: [figs3_markov], figure_params: {figs3_markov: {dataset: dense, draws: figs_model}}}",
            "figure_params.figs3_markov.draws: 'figs_model' is not known. Did you mean figs_models?",
        ),
        (
            "{figures: [fig1_pca], figure_params: {fig1_pca: {draws: fig3_ld}}}",
            "figure_params.fig1_pca.draws: fig1_pca draws what its name says. Choose another name for this figure.",
        ),
        (
            "{figures: [figs7_ld], figure_params: {figs7_ld: {dataset: denze, draws: fig3_ld}}}",
            "figure_params.figs7_ld.dataset: 'denze' is not defined in dataset_params. Did you mean dense? "
            "Or remove figs7_ld from figures.",
        ),
        (
            "{figures: [figs7_scans], figure_params: {figs7_scans: {dataset: dense, draws: fig6_scans}}}",
            "figure_params.figs7_scans.dataset: 'dense' is not in scan.datasets. Add it there, or remove "
            "figs7_scans from figures.",
        ),
        (
            "{figures: [figs3_m], figure_params: {figs3_m: {dataset: dense, draws: figs_models, models: [markof]}}}",
            "figure_params.figs3_m.models: 'markof' is not among models. Did you mean markov?",
        ),
        (
            "{models: [gan, rbm, hclt, bernoulli, coalescent], figure_params: {fig1_pca: {models: [coalescent, gan]}}}",
            "figure_params.fig1_pca.models: 'coalescent' has its own sites, which fig1_pca cannot show. "
            "Choose another model.",
        ),
        (
            "{models: [gan, rbm, hclt, bernoulli, coalescent], figures: [figs6_c], figure_params:"
            " {figs6_c: {draws: figs_models, dataset: dense, models: [coalescent]}}}",
            "figure_params.figs6_c.dataset: figs6_c has no model with the sites of 'dense'. Add one to its models.",
        ),
        (
            "figure_params: {fig8_latent: {models: [rbm]}}",
            "figure_params.fig8_latent.models: the models of fig8_latent cannot be chosen. Delete the line.",
        ),
        (
            "figure_params: {figs6_mine: {draws: figs_models, dataset: dense, models: [hclt], title: 7}}",
            "figure_params.figs6_mine.title: YAML reads this as the number 7. Put the text in quotes.",
        ),
        (
            "figure_params: {figs6_mine: {draws: figs_models, dataset: dense, models: [hclt], title: [a]}}",
            "figure_params.figs6_mine.title: ['a'] is not text. Write text.",
        ),
        # Published numbers
        (
            "paper: {datasets: {snps805: strukture}}",
            "paper.datasets.snps805: 'strukture' is not defined in dataset_params. Did you mean structure?",
        ),
        (
            "dataset_params: {dense: {models: [rbm, rbn]}}",
            "dataset_params.dense.models: 'rbn' is not defined in model_params. Did you mean rbm?",
        ),
        (
            "dataset_params: {dense: {models_left_out: [rbn]}}",
            "dataset_params.dense.models_left_out: 'rbn' is not defined in model_params. Did you mean rbm?",
        ),
        (
            "dataset_params: {structure: {models_left_out: [rbm]}}",
            "latent.datasets: rbm is not trained on structure. Add it to the models of structure.",
        ),
        (
            "{dataset_params: {biobank: {models_left_out: [gan]}}, imputation: {panels: [real, real+gan]}}",
            "imputation.panels: 'gan' in real+gan has no AGs for biobank. Add them, or remove the panel.",
        ),
        (
            "dataset_params: {structure: {models: [gan, markov]}}",
            "latent.datasets: rbm is not trained on structure. Add it to the models of structure.",
        ),
        (
            "{dataset_params: {biobank: {models: [rbm, hclt, wgan]}}, imputation: {panels: [real, real+gan]}}",
            "imputation.panels: 'gan' in real+gan has no AGs for biobank. Add them, or remove the panel.",
        ),
        ("paper: {datasets: {snps85: structure}}", "paper.datasets.snps85: unknown key. Did you mean snps805?"),
    ],
)
def test_a_mistake_gives_one_line_that_says_where_what_and_what_to_do(changes, line):
    (printed,) = lines_for(changes.replace("MODEL", "workflow/scripts/artificial_genomes/models/bernoulli.py"))
    assert printed.startswith(f"config: {line}")


def test_other_data_sets_of_a_figure_must_have_what_it_shows_and_be_of_one_figure_of_its_kind():
    two = """
        figures: [fig3_ld, figs7a_ld]
        figure_params:
          fig3_ld: {other_datasets: [structure]}
          figs7a_ld: {draws: fig3_ld, dataset: biobank}
    """
    assert lines_for(two) == [
        "config: figure_params.fig3_ld.other_datasets: fig3_ld, figs7a_ld draw the same. Give each data set a figure "
        "with a name of its own, and delete the line."
    ]
    assert lines_for(two.replace("figures: [fig3_ld, figs7a_ld]", "figures: [fig3_ld]")) == []
    (line,) = lines_for("{figures: [fig6_scans], figure_params: {fig6_scans: {other_datasets: [dense]}}}")
    assert line.startswith("config: figure_params.fig6_scans.other_datasets: 'dense' is not in scan.datasets.")


def test_figures_of_one_kind_may_have_several_names_and_show_some_models():
    changes = """
        models: [gan, rbm, hclt, bernoulli, markov, coalescent]
        figures: [fig3_ld, figs7a_ld, figs6_comparators]
        figure_params:
          figs7a_ld: {draws: fig3_ld, dataset: structure, models: [rbm, gan]}
          figs6_comparators: {draws: figs_models, dataset: dense, models: [hclt, coalescent], title: Comparators}
    """
    assert lines_for(changes) == []
    given = Configuration(merge(copy.deepcopy(DEFAULTS), yaml.safe_load(changes)), ROOT)
    assert given.figures_of("fig3_ld") == ["fig3_ld", "figs7a_ld"]
    assert given.figures_of("figs_models") == ["figs6_comparators"]
    assert given.figure_models("figs7a_ld", "structure") == ["gan", "rbm"]  # in the order of `models`
    assert given.figure_models("figs6_comparators", "dense") == ["hclt", "coalescent"]
    assert given.figure_models("fig3_ld", "dense") == given.values["models"]


def test_a_data_set_plays_one_of_the_papers():
    lines = lines_for("paper: {datasets: {snps805: structure, snps10k: structure}}")
    assert [line.split("'")[0] for line in lines] == [
        f"config: paper.datasets.{name}: " for name in ("snps805", "snps10k")
    ]
    assert lines_for("paper: {datasets: {snps805: structure, snps10k: dense}}") == []


def test_a_data_set_that_is_not_run_plays_nothing():
    both = {"paper": {"datasets": {"snps805": "structure", "snps10k": "dense"}}}
    assert Configuration(merge(DEFAULTS, both), ROOT).played_datasets() == both["paper"]["datasets"]
    alone = merge(DEFAULTS, both | {"datasets": ["dense"]})
    assert not [line for line in lines_for(alone) if "paper" in line]
    assert Configuration(alone, ROOT).played_datasets() == {"snps10k": "dense"}


def test_a_data_set_may_have_some_of_the_models():
    some = {"dataset_params": {"dense": {"models": ["hclt", "rbm", "coalescent"]}}, "models": ["gan", "rbm", "hclt"]}
    configuration = Configuration(merge(DEFAULTS, some), ROOT)
    assert configuration.models_of("dense") == ["rbm", "hclt"]
    assert configuration.models_of("structure") == ["gan", "rbm", "hclt"]
    assert configuration.discriminators("structure") == ["gan"]
    assert configuration.discriminators("dense") == []
    assert configuration.dataset_settings("dense") == Configuration(DEFAULTS, ROOT).dataset_settings("dense")
    left_out = merge(some, {"dataset_params": {"dense": {"models_left_out": ["hclt", "gan"]}}})
    assert Configuration(merge(DEFAULTS, left_out), ROOT).models_of("dense") == ["rbm"]
    assert Configuration(merge(DEFAULTS, left_out), ROOT).models_of("structure") == ["gan", "rbm", "hclt"]
    own = {"dataset_params": {"dense": {"split": {"test": 0.4}}}}
    split = Configuration(merge(DEFAULTS, own), ROOT).split_settings
    assert split("dense") == DEFAULTS["split"] | {"test": 0.4}
    assert split("structure") == DEFAULTS["split"]
    assert configuration.figure_models("fig3_ld", "dense") == ["rbm", "hclt"]
    lines = lines_for("dataset_params: {dense: {models: [coalescent]}}")
    assert lines[0] == (
        "config: dataset_params.dense.models: contains none of the run's models. Add one, or delete the line."
    )


def test_settings_that_contradict_each_other_matter_where_they_train():
    assert lines_for("{model_params: {wgan: {batch_size: 10}}, models: [gan, rbm, hclt]}") == []
    changed = (
        "{model_params: {wgan: {batch_size: 10}}, dataset_params: {structure: {model_params: {wgan: {packing: 5}}}}}"
    )
    assert len(lines_for(changed)) == 1  # the other data sets keep 8


PRIVATE_TREE = """
    models: [hclt]
    datasets: [dense]
    cohorts: {dpyd: {private: true}}
    dataset_params: {dense: {model_params: {hclt: {initial_persistence: 0.9}}}}
    model_params:
      hclt:
        epochs: 6
        score_every: 6
        sampling_temperatures: [1.0]
        differential_privacy: {epsilon: 8, delta: 0.00001, noise: secret, neighbours: 3}
    generate: {redraw: none}
    release: {models: [hclt]}
    scan: {datasets: []}
    imputation: {datasets: []}
    latent: {datasets: [], masked_datasets: [], conditional: []}
    figures: []
"""


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            "generate: {redraw: private}",
            "generate.redraw: would compare AGs of hclt, which has differential privacy, with individuals of dense. "
            "Write none.",
        ),
        (
            "generate: {redraw: all}\ncohorts: {dpyd: {private: false}}",
            "generate.redraw: would compare AGs of hclt, which has differential privacy, with individuals of dense. "
            "Write none.",
        ),
        (
            "models: [hclt, markov]",
            "generate.redraw: would leave near copies of individuals of dense in AGs of markov, which has no "
            "differential privacy. Train models with and without differential privacy in separate runs, with none and "
            "with private.",
        ),
        (
            "models: [hclt, markov]\ngenerate: {redraw: private}",
            "generate.redraw: would compare AGs of hclt, which has differential privacy, with individuals of dense. "
            "Train models with and without differential privacy in separate runs, with none and with private.",
        ),
        (
            "release: {models: best}",
            "release.models: would let individuals of dense choose among models, and hclt has differential privacy. "
            "Name the models.",
        ),
        (
            "model_params: {hclt: {differential_privacy: {noise: seed}}}",
            "model_params.hclt.differential_privacy.noise: noise that the seed determines does not protect a private "
            "cohort. Write secret.",
        ),
        (
            "model_params: {hclt: {sampling_temperatures: [1.0, 0.9]}}",
            "model_params.hclt.sampling_temperatures: differential_privacy does not let validation individuals choose "
            "the temperature. Write one, as in [1.0].",
        ),
        (
            "model_params: {hclt: {labels: superpopulation}}",
            "model_params.hclt.labels: differential_privacy does not cover what is learned about each label. Write "
            "none.",
        ),
        (
            "model_params: {hclt: {score_every: 2}}",
            "model_params.hclt.score_every: differential_privacy does not let validation individuals choose the epoch. "
            "Write 6, the number of epochs.",
        ),
        (
            "dataset_params: {dense: {model_params: {hclt: {hidden_states: 7}}}}",
            "dataset_params.dense.model_params.hclt.hidden_states: with differential_privacy a state is a class and an "
            "allele, and 7 is odd. Write twice the number of classes.",
        ),
        (
            "dataset_params: {dense: {windows: {n: 2, context_sites: 10}}}",
            "model_params.hclt.differential_privacy: is for one model of all sites. Delete the windows of dense, or "
            "write null.",
        ),
        (
            "cohorts: {dpyd: {phase: beagle}}",
            "model_params.hclt.differential_privacy: is not for dpyd, whose individuals are phased together. Phase "
            "them one by one before.",
        ),
        (
            "model_params: {hclt: {differential_privacy: {epsilon: 0}}}",
            "model_params.hclt.differential_privacy.epsilon: 0 is out of range.",
        ),
        (
            "model_params: {hclt: {differential_privacy: {delta: 1}}}",
            "model_params.hclt.differential_privacy.delta: 1 is out of range.",
        ),
    ],
)
def test_what_would_use_individuals_without_paying_is_refused(changes, line):
    (printed,) = lines_for(merge(yaml.safe_load(PRIVATE_TREE), yaml.safe_load(changes)))
    assert printed.startswith(f"config: {line}")


def test_a_tree_with_differential_privacy_may_be_trained_and_released():
    assert lines_for(PRIVATE_TREE) == []
    public = {"cohorts": {"dpyd": {"private": False}}, "release": {"models": "best"}, "generate": {"redraw": "private"}}
    assert lines_for(merge(yaml.safe_load(PRIVATE_TREE), public)) == []
    without = (
        "{dataset_params: {dense: {model_params: {hclt: {differential_privacy: null}}}}, generate: {redraw: private}}"
    )
    assert lines_for(merge(yaml.safe_load(PRIVATE_TREE), yaml.safe_load(without))) == []


def test_a_public_panel_may_choose_what_individuals_may_not():
    panel = """
        dataset_params: {dense: {public: true, public_share: 0.4}}
        model_params:
          hclt: {score_every: 2, sampling_temperatures: [1.0, 0.96], ancestry_groups: 2, hidden_states: 15}
    """
    private = merge(yaml.safe_load(PRIVATE_TREE), yaml.safe_load(panel))
    (refused,) = lines_for(private)
    assert refused.startswith("config: dataset_params.dense.public_share: would train hclt, which has differential")
    by_people = {"public_share": 0, "people": {"superpopulation": ["EUR"]}}
    assert lines_for(merge(private, {"dataset_params": {"dense": by_people}})) == []
    with_panel = merge(private, {"cohorts": {"dpyd": {"private": False}}})
    assert lines_for(with_panel) == []
    assert len(lines_for(merge(with_panel, {"dataset_params": {"dense": {"public": False, "public_share": 0}}}))) == 4
    (labels,) = lines_for(merge(with_panel, {"model_params": {"hclt": {"labels": "superpopulation"}}}))
    assert "differential_privacy does not cover what is learned about each label" in labels


def test_panels_follow_the_models_where_no_list_names_them():
    changes = {"models": ["markov", "rbm", "coalescent"], "dataset_params": {"biobank": {"models": ["rbm"]}}}
    configuration = Configuration(merge(DEFAULTS, changes), ROOT)
    assert configuration.panels() == ["real", "real+rbm", "real+biobank"]
    nowhere = Configuration(merge(DEFAULTS, changes | {"imputation": {"datasets": []}}), ROOT)
    assert nowhere.panels() == ["real", "real+markov", "real+rbm", "real+biobank"]
    named = Configuration(merge(DEFAULTS, {"imputation": {"panels": ["real", "hclt"]}}), ROOT)
    assert named.panels() == ["real", "hclt"]
    assert lines_for(changes | {"figures": []} | {"latent": {"datasets": [], "masked_datasets": []}}) == []


def test_a_cohort_cannot_give_both_kinds_of_haplotypes_or_half_of_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.hapt", "a.legend", "people.tsv"):
        Path(name).touch()
    rest = {"people": "people.tsv", "build": "GRCh37", "private": False}
    both = {"hapt": "a.hapt", "legend": "a.legend", "vcf": ["resources/data/pypgx/0.11.0/GRCh37/DPYD.vcf.gz"]}
    line = "config: cohorts.mine: give either vcf, or pgen, or hapt and legend, or hap and legend and samples."
    assert lines_for({"cohorts": {"mine": {"hapt": "a.hapt", "legend": "a.legend", **rest}}}) == []
    assert lines_for({"cohorts": {"mine": {"hapt": "a.hapt", **rest}}}) == [line]
    assert lines_for({"cohorts": {"mine": {**both, **rest}}}) == [line]
    assert lines_for({"cohorts": {"mine": rest}}) == [line]


def test_keys_about_genotypes_need_genotypes_that_say_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.vcf", "a.hapt", "a.legend", "people.tsv"):
        Path(name).touch()
    rest = {"people": "people.tsv", "build": "GRCh37", "private": False}
    vcf, hapt = {"vcf": ["a.vcf"], **rest}, {"hapt": "a.hapt", "legend": "a.legend", **rest}
    place = "config: cohorts.mine."
    assert lines_for({"cohorts": {"mine": vcf | {"rows_failing_filter": "keep"}}}) == []
    failing = f"{place}rows_failing_filter: only vcf and pgen say which rows failed a filter. Remove the line."
    assert lines_for({"cohorts": {"mine": hapt | {"rows_failing_filter": "keep"}}}) == [failing]
    for key in ("phase_site_missing_max", "phase_sample_missing_max"):
        assert lines_for({"cohorts": {"mine": vcf | {"phase": "beagle", key: 0.02}}}) == []
        line = f"{place}{key}: nothing is phased. Write phase: beagle, or remove the line."
        assert lines_for({"cohorts": {"mine": vcf | {key: 0.02}}}) == [line]


def test_only_contigs_of_the_run_are_phased():
    config = {"datasets": ["a", "b"], "dataset_params": {
        "a": {"cohort": "mine", "region": "7:1-9"},
        "b": {"cohort": "mine", "region": ["8:1-9", "7:1-9"]},
        "c": {"cohort": "mine", "region": "9:1-9"},
        "d": {"cohort": "mine", "region": None},
    }}  # fmt: skip
    configuration = Configuration(config, ROOT)
    assert configuration.phased_regions("mine") == ["7:1-9", "8:1-9"]
    assert configuration.phased_regions("mine", ["c"]) == ["7:1-9", "8:1-9", "9:1-9"]
    assert configuration.phased_regions("mine", ["d"]) == []  # all


def test_controls_of_scans_need_their_data_sets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("controls.tsv").write_text("name\tdataset\nfirst\tcontrol_lct\n")
    assert lines_for({"scan": {"controls": "controls.tsv"}}) == [
        "config: scan.controls: controls.tsv needs the data set control_lct: 'control_lct' is not defined in "
        "dataset_params. Did you mean control_cyp3a?"
    ]


@pytest.mark.parametrize("text", ["", "name\tdata\nfirst\tcontrol_lct\n", "name dataset\nfirst control_lct\n"])
def test_controls_of_scans_are_a_table(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("controls.tsv").write_text(text)
    assert lines_for({"scan": {"controls": "controls.tsv"}}) == [
        "config: scan.controls: controls.tsv has no rows, or no column dataset separated by tabs. "
        "Add them, or write null."
    ]


@pytest.mark.parametrize(
    "content", ["name\tdataset\tPopulação\n".encode("latin-1"), b'name\tdataset\n"\0' + 200_000 * b"x"]
)
def test_controls_of_scans_are_utf8(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    Path("controls.tsv").write_bytes(content)
    (line,) = lines_for({"scan": {"controls": "controls.tsv"}})
    assert line.startswith("config: scan.controls: controls.tsv is not a table in UTF-8 (")


def test_tables_of_the_workflow_are_found_from_any_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert lines_for({}) == []
    found = Configuration(DEFAULTS, ROOT).file("resources/scan_controls.tsv")
    assert Path(found) == ROOT / "resources" / "scan_controls.tsv"
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "scan_controls.tsv").touch()
    assert Configuration(DEFAULTS, ROOT).file("resources/scan_controls.tsv") == "resources/scan_controls.tsv"


def test_the_file_of_a_demography_is_one_of_the_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("history.yaml").touch()
    history = {"coalescent": {"demography": "history.yaml", "samples": {"A": 1}}}
    changes = {"models": ["markov", "coalescent"], "dataset_params": {"dense": {"model_params": history}}}
    configuration = Configuration(merge(DEFAULTS, changes), ROOT)
    assert configuration.matched_models() == ["markov"]
    assert configuration.model_files("dense", "coalescent") == ["history.yaml"]
    assert configuration.model_files("structure", "coalescent") == []
    assert configuration.model_files("dense", "markov") == []
    assert configuration.model_settings("dense", "coalescent")["samples"] == {"A": 1}


MODEL_OF_ONE = "class Model:\n    from_arrays = arrays = sample = None\ndef fit(data, settings, run): pass\n"


def test_the_file_of_a_model_of_the_users_own_is_read_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text("raise SystemExit\n" + MODEL_OF_ONE)
    changes = {"model_params": {"mine": {"kind": "custom", "module": "mine.py"}}}
    assert lines_for(changes) == []
    Path("mine.py").write_text("import numpy\n")
    assert lines_for(changes) == [
        "config: model_params.mine.module: mine.py has no function fit(data, settings, run). Define it, as "
        "docs/own-model.md says.",
        "config: model_params.mine.module: mine.py has no class Model. Define it, as docs/own-model.md says.",
    ]


def test_a_model_of_the_users_own_has_its_file_and_settings_that_datasets_may_change():
    mine = {"kind": "custom", "module": "mine.py", "settings": {"a": 1, "b": [None, "1e-3"]}}
    dense = {"model_params": {"mine": {"settings": {"a": 2}}}}
    changes = {"models": ["markov", "mine"], "model_params": {"mine": mine}, "dataset_params": {"dense": dense}}
    configuration = Configuration(merge(DEFAULTS, changes), ROOT)
    assert configuration.matched_models() == ["markov", "mine"]
    assert configuration.model_files("structure", "mine") == configuration.model_code("mine") == ["mine.py"]
    assert configuration.model_code("markov") == []
    assert configuration.model_settings("structure", "mine") == mine
    assert configuration.model_settings("dense", "mine")["settings"] == {"a": 2, "b": [None, "1e-3"]}
    assert configuration.panels() == ["real", "real+markov", "real+mine", "real+biobank"]


def test_ags_that_the_user_brings_are_there_for_some_data_sets_and_once():
    changes = """
        seeds: [5, 3]
        models: [markov, theirs]
        model_params:
          theirs: {kind: external, genomes: {dense: ags.hapt, control_cyp3a: ags.vcf}, trained_on: {dense: names.txt}}
    """
    configuration = Configuration(merge(DEFAULTS, yaml.safe_load(changes)), ROOT)
    assert configuration.external_models() == ["theirs"]
    assert configuration.matched_models() == ["markov", "theirs"]
    assert configuration.models_of("structure") == ["markov"]
    assert configuration.models_of("dense") == ["markov", "theirs"]
    assert configuration.seeds_of("theirs") == [5]
    assert configuration.seeds_of("markov") == configuration.seeds_of("ceiling") == [5, 3]
    assert configuration.external_file("dense", "theirs", "genomes") == ["ags.hapt"]
    assert configuration.external_file("dense", "theirs", "trained_on") == ["names.txt"]
    assert configuration.external_file("dense", "theirs", "legends") == []


def test_ags_of_the_user_may_stand_in_every_stage():
    changes = """
        models: [rbm, theirs]
        imputation: {panels: [real, real+theirs]}
        model_params:
          theirs:
            kind: external
            genomes: {structure: README.md, biobank: README.md}
            legends: {biobank: README.md}
            trained_on: {biobank: README.md}
    """
    assert lines_for(changes) == []


def test_a_cohort_may_be_any_region_of_an_archive_and_be_compared_with_it():
    region = "resources/data/1000genomes/phase3/chr2_135000000-137000000.vcf.gz"
    assert lines_for({"cohorts": {"aims": {"vcf": [region]}}}) == []
    authors = "resources/data/artificial_genomes/29c1ef7"
    config = copy.deepcopy(DEFAULTS)
    config["cohorts"]["aims"] = {
        "hapt": f"{authors}/805_SNP_1000G_real.hapt",
        "legend": f"{authors}/805_SNP.legend",
        "rebuilt": ["resources/data/1000genomes/phase3/805_SNP.vcf.gz", region],
        "people": "resources/genes.tsv",
        "build": "GRCh37",
        "private": False,
    }
    assert find_problems(config, ROOT) == []
    config["cohorts"]["aims"]["rebuilt"][1] = "nowhere.vcf.gz"
    assert [path for path, _ in find_problems(config, ROOT)] == [("cohorts", "aims", "rebuilt", 1)]


def test_stages_that_are_off_ask_for_nothing():
    changes = """
        models: [bernoulli] # while panels name others
        scan: {datasets: [], controls: null}
        imputation: {datasets: [], beagle_jar: none.jar}
        latent: {datasets: [], masked_datasets: []}
        figures: [fig1_pca]
    """
    assert lines_for(changes) == []


def test_gates_can_be_changed_added_and_switched_off():
    changes = """
        verdict:
          fidelity:
            af_r: null
            ld_r2_r: {closeness_min: 0.5}
            af_r_rare: {below_ceiling_max: null, at_least: 0.9}
            xpehh_r: {at_least: 0.8}
          privacy: {mia_auc: null}
    """
    assert lines_for(changes) == []
    gates = {gate.metric: gate for gate in read_gates(merge(DEFAULTS, yaml.safe_load(changes))["verdict"])}
    assert not {"af_r", "mia_auc"} & gates.keys()
    assert gates["ld_r2_r"] == ("fidelity", "ld_r2_r", "closeness_min", 0.5)
    assert gates["af_r_rare"] == ("fidelity", "af_r_rare", "at_least", 0.9)
    assert gates["xpehh_r"] == ("fidelity", "xpehh_r", "at_least", 0.8)


def test_numbers_that_arrive_as_text_become_numbers():
    config = copy.deepcopy(DEFAULTS)
    # What `--config seeds='[1,2]'` gives, and 1e-3 in a YAML file, also in the settings of one data set.
    config["seeds"] = ["1", "2"]
    config["model_params"]["gan"]["l2"] = "1e-3"
    config["dataset_params"]["dense"]["model_params"] = {"gan": {"epochs": "1e2", "l2": "1e-2"}}
    config["scan"]["genetic_map"] = "null"
    config["dataset_params"]["biobank"]["sites_max"] = "null"
    config["dataset_params"]["biobank"]["public"] = "true"
    problems = find_problems(config, ROOT)
    assert config["seeds"] == [1, 2]
    assert config["model_params"]["gan"]["l2"] == 0.001
    assert config["dataset_params"]["dense"]["model_params"]["gan"] == {"epochs": 100, "l2": 0.01}
    assert isinstance(config["dataset_params"]["dense"]["model_params"]["gan"]["epochs"], int)
    assert config["dataset_params"]["biobank"]["sites_max"] is None
    assert config["dataset_params"]["biobank"]["public"] is True
    # A file may be called null: text where text is allowed stays text.
    assert [line for _, line in problems] == [
        f"{Path.cwd() / 'null'} does not exist. Correct the path; it is relative to the working directory."
    ]


def test_all_mistakes_are_told_in_the_order_of_the_sections_and_the_rest_is_counted():
    assert [
        line.partition(":")[2].split(":")[0].strip() for line in lines_for("{seeds: [], run: a b, figures: 3}")
    ] == [
        "run",
        "seeds",
        "figures",
    ]
    lines = lines_for({"seeds": [-n for n in range(1, 21)]})
    assert len(lines) == checks.LINES_MAX + 1
    assert lines[-1] == "... and 5 more"


def test_a_broken_value_gives_no_further_lines():
    # Everything that refers to data sets, models and cohorts would be wrong too.
    for section in ("cohorts", "dataset_params", "model_params", "models", "datasets", "figure_params", "split"):
        for value in (None, 5, "text"):
            lines = lines_for({section: value})
            assert len(lines) == 1, lines
            assert lines[0].startswith(f"config: {section}: ")


def test_without_a_section_the_line_says_which():
    config = {key: value for key, value in DEFAULTS.items() if key != "split"}
    assert report(find_problems(config, ROOT)) == ["config: lacks split. Add it: keys with values, indented below it."]


def test_mistakes_in_what_anchors_share_are_told_once_for_each_place():
    changes = yaml.safe_load("""
        models: [rbm, rbm_relu]
        imputation: {panels: [real]}
        model_params:
          rbm: &rbm {sampling_temperatures: [1.0, hot]}
          rbm_relu: {<<: *rbm, kind: rbm}
    """)
    changes["model_params"]["rbm_relu"] = DEFAULTS["model_params"]["rbm"] | changes["model_params"]["rbm_relu"]
    config = merge(copy.deepcopy(DEFAULTS), changes)
    temperatures = [config["model_params"][name]["sampling_temperatures"] for name in changes["models"]]
    assert temperatures[0] is temperatures[1]
    lines = [line for line in report(find_problems(config, ROOT)) if "temperatures" in line]
    assert sorted(line.split(":")[1].strip() for line in lines) == [
        f"model_params.{name}.sampling_temperatures[1]" for name in changes["models"]
    ]


@pytest.mark.integration
def test_any_nonsense_in_any_place_gives_lines_and_never_an_exception():
    def places(node, path=()):
        yield path
        for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
            yield from places(node[key], (*path, key))

    nonsense = itertools.cycle([None, True, -1, 1.5, "", "?", [], [None], {}, {"x": 1}, {3: 4}])
    for path in list(places(DEFAULTS))[1:]:
        config = copy.deepcopy(DEFAULTS)
        node = config
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = next(nonsense)
        for line in report(find_problems(config, ROOT)):
            assert line.startswith(("config: ", "... and ")), (path, line)
            assert "\n" not in line


def test_mistakes_end_the_program_with_code_2(capsys):
    with pytest.raises(SystemExit) as stop:
        checked(DEFAULTS | {"device": "abacus"}, ROOT / "workflow")
    assert stop.value.code == 2
    printed = capsys.readouterr()
    assert printed.err == "config: device: 'abacus' is not known. Write one of: cpu, gpu.\n"
    assert printed.out == ""


def test_a_configuration_gives_what_rules_need():
    given = checked(copy.deepcopy(DEFAULTS), ROOT / "workflow")
    assert set(given.dataset_settings("dense")) == set(DEFAULTS["dataset_params"]["dense"]) - {"model_params"}
    given.values["dataset_params"]["dense"]["model_params"] = {"markov": {"window": 3}}
    assert given.model_settings("dense", "markov") == {"kind": "markov", "window": 3}
    assert given.model_settings("structure", "markov") == DEFAULTS["model_params"]["markov"]


def test_any_of_matches_each_value_as_it_stands_and_nothing_else():
    pattern = re.compile(Configuration.any_of(["real", "real+gan"]))
    assert pattern.fullmatch("real+gan")
    assert pattern.fullmatch("real")
    assert not pattern.fullmatch("reallgan")
    assert not re.compile(Configuration.any_of([])).match("")


def test_yaml_examples_of_the_manual_are_right():
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "config" / "README.md").read_text(), re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        lines = [line for line in lines_for(block) if "not in models" not in line and "latent" not in line]
        assert lines == []


# Recipes --------------------------------------------------------------------------------------------------------------


def test_a_recipe_gives_a_model_what_its_entry_does_not_say():
    config = merge(copy.deepcopy(DEFAULTS), {"model_params": {"mine": {"kind": "rbm", "recipe": "authors"}}})
    config["model_params"]["mine"] |= {"epochs": 7, "score_every": 7, "patience": 7, "hidden_units": 9}
    assert find_problems(config, ROOT) == []
    settings = Configuration(config, ROOT).model_settings("structure", "mine")
    recipe = load_recipes(ROOT)["rbm"]["authors"]
    assert settings == recipe | {"kind": "rbm", "epochs": 7, "score_every": 7, "patience": 7, "hidden_units": 9}


def test_recipes_are_those_of_the_schema_and_hold_all_keys_but_the_epochs():
    for kind, recipes in load_recipes(ROOT).items():
        fields = SETTINGS[kind].model_fields
        assert sorted(recipes) == sorted(get_args(fields["recipe"].annotation))
        for settings in recipes.values():
            assert settings.keys() == fields.keys() - {"kind", "recipe", "epochs", "score_every", "patience"}


def test_a_recipe_that_does_not_exist_is_told_and_a_dataset_cannot_change_it():
    config = merge(copy.deepcopy(DEFAULTS), {"model_params": {"gan": {"recipe": "author"}}})
    assert report(find_problems(config, ROOT)) == [
        "config: model_params.gan.recipe: 'author' is not known. Did you mean authors?"
    ]
    config = merge(
        copy.deepcopy(DEFAULTS), {"dataset_params": {"dense": {"model_params": {"gan": {"recipe": "ours"}}}}}
    )
    (line,) = report(find_problems(config, ROOT))
    assert line.startswith("config: dataset_params.dense.model_params.gan.recipe")
