"""The plan of a run: the AG sets, tables and files that it consists of, by its configuration.

Paths are relative to the working directory of the run. The rules ask; nothing here knows Snakemake or reads haplotypes.
"""

import csv
import itertools
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import yaml

from artificial_genomes.compare.expectations import REAL_HALF, REAL_TRAIN, jobs_as_published
from artificial_genomes.config.checks import Configuration
from artificial_genomes.config.cohort_files import files_of_cohort, phase_settings
from artificial_genomes.config.schema import SCAN_FILES
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.imputation.tables import DIRECT


class Source(NamedTuple):
    """A table of a run, and the AG set, or the control, that it is about."""

    dataset: str
    model: str
    seed: int
    path: str


class PublishedJob(NamedTuple):
    """A comparison as a published table has it, and whom it compares with."""

    dataset: str
    model: str
    seeds: list[int]
    reference: str


@dataclass(frozen=True)
class Plan:
    """What a run consists of.

    Attributes
    ----------
    configuration : Configuration
        Without known mistakes.
    """

    configuration: Configuration

    @property
    def config(self) -> dict[str, Any]:
        """The configuration as Snakemake merged it."""
        return self.configuration.values

    @property
    def results(self) -> str:
        """The folder of the results of the run."""
        return f"results/{self.config['run']}"

    # --- datasets and models

    def windowed_datasets(self) -> list[str]:
        """Return the datasets whose models are trained on windows of their sites."""
        return [name for name in self.config["dataset_params"] if self.configuration.windows(name)]

    def whole_datasets(self) -> list[str]:
        """Return the datasets whose models are trained on all sites at once."""
        return [name for name in self.config["dataset_params"] if not self.configuration.windows(name)]

    def unmatched_models(self) -> list[str]:
        """Return the models whose AGs have sites of their own."""
        matched = self.configuration.matched_models()
        return [model for model in self.config["models"] if model not in matched]

    def own_models(self) -> list[str]:
        """Return the models that the workflow trains."""
        external = self.configuration.external_models()
        return [model for model in self.config["models"] if model not in external]

    def trainable_models(self) -> list[str]:
        """Return the models that the workflow can train: those of the run, and those of AGs of given populations."""
        return list(dict.fromkeys([*self.own_models(), *self.configuration.conditional_models()]))

    def trained_together(self, dataset: str) -> list[str]:
        """Return the models of a dataset that share its sites, its split and its number of AGs."""
        shared = {*self.configuration.matched_models()} - {*self.configuration.external_models()}
        return [model for model in self.configuration.models_of(dataset) if model in shared]

    def placed_together(self, dataset: str, seed: str) -> list[str]:
        """Return the models whose AGs of a seed have a place on common axes: those with the sites of a dataset."""
        matched, models = self.configuration.matched_models(), self.configuration.models_of(dataset)
        return [one for one in models if one in matched and int(seed) in self.configuration.seeds_of(one)]

    def teaching_models(self, dataset: str) -> list[str]:
        """Return the models of a dataset whose AGs classifiers learn from."""
        return list(dict.fromkeys([*self.trained_together(dataset), *self.configuration.conditional_models()]))

    # --- cohorts

    def cohort_name(self, dataset: str) -> str:
        """Return the name of the cohort that a dataset is cut from."""
        return self.config["dataset_params"][dataset]["cohort"]

    def cohort(self, dataset: str) -> dict[str, Any]:
        """Return the settings of the cohort that a dataset is cut from."""
        return self.config["cohorts"][self.cohort_name(dataset)]

    def cohort_haplotypes(self, dataset: str) -> list[str]:
        """Return the files with the haplotypes of a dataset's cohort; where it is phased first, what comes of that."""
        cohort = self.cohort(dataset)
        if "phase" in cohort:
            return [f"{self.results}/phase/{self.cohort_name(dataset)}/haplotypes.vcf.gz"]
        return cohort["vcf"] if "vcf" in cohort else [cohort[key] for key in ("hapt", "hap", "pgen") if key in cohort]

    def phased_qc(self, dataset: str) -> list[str]:
        """Return what phasing read and left out of a dataset's cohort; nothing where it is not phased."""
        phased = "phase" in self.cohort(dataset)
        return [f"{self.results}/phase/{self.cohort_name(dataset)}/qc.tsv"] if phased else []

    def phasing(self, name: str) -> dict[str, Any]:
        """Return how a cohort is phased: its settings, and the regions that the run needs."""
        cohort = self.config["cohorts"][name]
        regions = self.configuration.phased_regions(name, self.control_datasets())
        return phase_settings(cohort) | {"build": cohort["build"], "regions": regions}

    def cutting(self, dataset: str) -> dict[str, Any]:
        """Return how a dataset is cut from its cohort."""
        settings = self.configuration.dataset_settings(dataset)
        return {key: value for key, value in settings.items() if key != "cohort"}

    def rebuilt_cohorts(self) -> list[str]:
        """Return the cohorts of the run that are compared with the archive that they come from."""
        cohorts = dict.fromkeys(map(self.cohort_name, self.config["datasets"]))
        return [cohort for cohort in cohorts if "rebuilt" in self.config["cohorts"][cohort]]

    # --- AG sets

    def ag_sets(self) -> list[tuple[str, str, int]]:
        """Return dataset, model and seed of every AG set of the run."""
        return [
            (dataset, model, seed)
            for dataset in self.config["datasets"]
            for model in self.configuration.models_of(dataset)
            for seed in self.configuration.seeds_of(model)
        ]

    def own_sets(self) -> list[tuple[str, str, int]]:
        """Return dataset, model and seed of every AG set that the workflow makes."""
        own = self.own_models()
        return [ag_set for ag_set in self.ag_sets() if ag_set[1] in own]

    def own_files(self, *names: str, private: bool = True) -> list[str]:
        """Return files of every AG set that the workflow makes, by their names; those of private cohorts on demand."""
        return [
            f"{self.results}/generate/{dataset}/{model}/seed{seed}/{name}"
            for name in names
            for dataset, model, seed in self.own_sets()
            if private or not self.configuration.is_private(dataset)
        ]

    def genomes(self, dataset: str, model: str, seed: int | str) -> str:
        """Return the file of an AG set."""
        return f"{self.results}/generate/{dataset}/{model}/seed{seed}/genomes.vcz.zip"

    def imported(self, dataset: str, model: str, name: str) -> str:
        """Return a file of the one AG set of an external model, whatever the seed."""
        (seed,) = self.configuration.seeds_of(model)
        return f"{self.results}/generate/{dataset}/{model}/seed{seed}/{name}"

    def trained_files(self, dataset: str, model: str, seed: int | str, name: str) -> list[str]:
        """Return a file of a training; for a dataset in windows those of all windows."""
        folder = f"{self.results}/train/{dataset}/{model}/seed{seed}"
        windows = self.configuration.windows(dataset)
        if not windows:
            return [f"{folder}/{name}"]
        return [f"{folder}/window{window}/{name}" for window in range(1, windows["n"] + 1)]

    def groups(self, dataset: str, model: str, seed: int | str) -> list[str]:
        """Return the groups of ancestry that the trainings of all windows of a dataset share; nothing for others."""
        if not self.configuration.windows(dataset):
            return []
        if self.configuration.model_settings(dataset, model).get("ancestry_groups", 1) == 1:
            return []
        return [f"{self.results}/train/{dataset}/{model}/seed{seed}/groups.tsv"]

    def split(self, dataset: str, model: str, seed: int | str) -> str:
        """Return the split that a model is scored by: that of its dataset, or its own where the user brings the AGs."""
        if model in self.configuration.external_models():
            return f"{self.results}/generate/{dataset}/{model}/seed{seed}/split.tsv"
        return f"{self.results}/prepare/{dataset}/split.tsv"

    def comparing(self, dataset: str) -> dict[str, Any]:
        """Return how a dataset is compared: section `compare`, and numbers of windows and artificial people if set."""
        windows, n_people = self.configuration.windows(dataset), self.config["generate"]["n"]
        return (
            self.config["compare"]
            | ({"windows": windows["n"]} if windows else {})
            | ({"artificial_people": n_people} if n_people else {})
        )

    def privacy_gate(self, dataset: str) -> list[str]:
        """Return the verdict that AGs of private cohorts must pass before they are published; nothing for others."""
        return [f"{self.results}/summary.tsv"] if self.configuration.is_private(dataset) else []

    # --- scans

    def controls_table(self) -> list[str]:
        """Return the table of positive controls of the scans, or nothing."""
        controls = self.config["scan"]["controls"]
        return [self.configuration.file(controls)] if controls else []

    def control_datasets(self) -> list[str]:
        """Return the datasets that the positive controls of the scans look at, where anything is scanned."""
        if not (self.config["scan"]["datasets"] and self.config["scan"]["controls"]):
            return []
        with open(self.controls_table()[0], encoding="utf-8", newline="") as file:
            return sorted({row["dataset"] for row in csv.DictReader(file, delimiter="\t")})

    def scanning(self, dataset: str) -> dict[str, Any]:
        """Return how a dataset is scanned, but for the files, which are inputs."""
        settings = self.configuration.scan_settings(dataset)
        return {key: value for key, value in settings.items() if key not in SCAN_FILES}

    def scan_file(self, dataset: str, key: str) -> list[str]:
        """Return the file under a key of a dataset's scan settings, or nothing."""
        file = self.configuration.scan_settings(dataset)[key]
        return [self.configuration.file(file)] if file else []

    # --- imputation

    def panel_models(self, panel: str) -> list[str]:
        """Return the models whose AGs are part of a panel; how many of them, as in gan@100, does not matter."""
        parts = [part.partition("@")[0] for part in panel.split("+")]
        return [part for part in parts if part in self.config["models"]]

    def direct_panels(self) -> list[str]:
        """Return the panels that are models which impute by themselves."""
        return [panel for panel in self.configuration.panels() if panel.endswith(DIRECT)]

    def direct_models(self, dataset: str, panel: str, seed: int | str) -> list[str]:
        """Return the files of a model that imputes by itself; one for each window where there are windows."""
        (model,) = self.panel_models(panel)
        return self.trained_files(dataset, model, seed, "model.npz")

    def panel_roles(self, panel: str) -> list[str]:
        """Return the names of a panel in the scorecard: the model added to public people, and the control it is.

        Other panels go by their own names; AGs without anybody else must not be taken for the model added to the
        others.
        """
        public, *added = panel.split("+")
        if panel in self.config["models"]:
            return [f"{panel} alone"]
        if public != "real" or len(added) != 1 or "@" in panel:
            return [panel]
        if added == ["biobank"]:
            return ["ceiling"]
        return [*added, "floor"] if self.config["model_params"][added[0]]["kind"] == "bernoulli" else added

    def tool_suffix(self, tool: str) -> str:
        """Return what sets metrics of a program apart: nothing for the first one."""
        return "" if tool == self.config["imputation"]["tools"][0] else f"_{tool}"

    def imputation_file(self, key: str) -> list[str]:
        """Return the file under a key of the imputation settings, or nothing."""
        file = self.config["imputation"][key]
        return [self.configuration.file(file)] if file else []

    # --- scorecard

    def metrics_sources(self) -> list[Source]:
        """Return every table of metrics of the run."""
        return [
            *self._of_each_set(),
            *self._of_several_sets(),
            *self._of_imputation(),
            *self._of_latent(),
            *self._of_masked(),
        ]

    def _of_each_set(self) -> Iterator[Source]:
        matched = self.configuration.matched_models()
        stages = [("compare", name, self.config["models"]) for name in self.config["datasets"]]
        stages += [("scan", name, matched) for name in self.config["scan"]["datasets"]]
        for stage, dataset, models in stages:
            chosen = [model for model in self.configuration.models_of(dataset) if model in models]
            for model in [*chosen, *CONTROLS]:
                for seed in self.configuration.seeds_of(model):
                    path = f"{self.results}/{stage}/{dataset}/{model}/seed{seed}/metrics.tsv"
                    yield Source(dataset, model, seed, path)

    def _of_several_sets(self) -> Iterator[Source]:
        """Yield the tables of controls as large as AGs that the user brings, and of all sets together."""
        external = self.configuration.external_models()
        for dataset in self.config["datasets"]:
            brought = [model for model in self.configuration.models_of(dataset) if model in external]
            names = [(f"{model}.{control}", f"{model}.{control}") for model in brought for control in CONTROLS]
            together = self.trained_together(dataset)
            names += [(model, "together") for model in ([*together, *CONTROLS] if together else [])]
            for (model, folder), seed in itertools.product(names, self.config["seeds"]):
                yield Source(dataset, model, seed, f"{self.results}/compare/{dataset}/{folder}/seed{seed}/metrics.tsv")

    def _of_imputation(self) -> Iterator[Source]:
        settings = self.config["imputation"]
        for dataset, tool, panel in itertools.product(
            settings["datasets"], settings["tools"], self.configuration.panels()
        ):
            for role, seed in itertools.product(self.panel_roles(panel), self.config["seeds"]):
                path = f"{self.results}/impute/{dataset}/{tool}/{panel}/seed{seed}/metrics.tsv"
                yield Source(dataset, role, seed, path)

    def _of_latent(self) -> Iterator[Source]:
        model, conditional = self.config["latent"]["model"], self.configuration.conditional_models()
        for dataset, seed in itertools.product(self.config["latent"]["datasets"], self.config["seeds"]):
            folder = f"{self.results}/latent/{dataset}"
            tables = [(model, f"seed{seed}/metrics"), (model, f"tasks/seed{seed}/metrics")]
            tables += [(control, f"tasks/seed{seed}/{control}") for control in CONTROLS]
            tables += [(name, f"tasks/seed{seed}/usefulness") for name in self.teaching_models(dataset)]
            for name in conditional:
                tables += [(name, f"conditional/{name}/seed{seed}/metrics")]
            # The ceiling is the same for all models; the floor is that of the first.
            for name in conditional[:1]:
                tables += [(control, f"conditional/{name}/seed{seed}/{control}") for control in CONTROLS]
            for name, table in tables:
                yield Source(dataset, name, seed, f"{folder}/{table}.tsv")

    def _of_masked(self) -> Iterator[Source]:
        tables = {self.config["latent"]["model"]: "metrics", "ceiling": "beagle", "floor": "commonest"}
        for dataset, seed in itertools.product(self.config["latent"]["masked_datasets"], self.config["seeds"]):
            for name, table in tables.items():
                yield Source(dataset, name, seed, f"{self.results}/latent/{dataset}/masked/seed{seed}/{table}.tsv")

    def training_sources(self) -> list[Source]:
        """Return the table of scores of every training of the run."""
        return [
            Source(dataset, model, seed, f"{self.results}/train/{dataset}/{model}/seed{seed}/training.tsv")
            for dataset, model, seed in self.own_sets()
        ]

    def default_gates(self) -> dict[str, Any]:
        """Return the gates of config.yaml, whatever the configuration has in their place."""
        text = (self.configuration.root / "config" / "config.yaml").read_text(encoding="utf-8")
        return yaml.safe_load(text)["verdict"]

    # --- published numbers

    @cached_property
    def published_jobs(self) -> list[PublishedJob]:
        """Every comparison as published that the run can make."""
        table = self.configuration.root / "resources" / "paper.tsv"
        jobs = []
        for dataset, model, reference in jobs_as_published(table, self.configuration.played_datasets()):
            if model in (REAL_HALF, REAL_TRAIN):
                jobs.append(PublishedJob(dataset, model, self.config["seeds"][:1], reference))
            elif model in self.configuration.matched_models() and model in self.configuration.models_of(dataset):
                jobs.append(PublishedJob(dataset, model, self.configuration.seeds_of(model), reference))
        return jobs

    def published_sources(self) -> list[Source]:
        """Return every table of a comparison as published."""
        return [
            Source(
                job.dataset,
                job.model,
                seed,
                f"{self.results}/published/{job.dataset}/{job.model}/seed{seed}/metrics.tsv",
            )
            for job in self.published_jobs
            for seed in job.seeds
        ]

    def published_genomes(self, dataset: str, model: str, seed: int | str) -> list[str]:
        """Return the AGs that are compared as published; nothing where real people stand in their place."""
        return [] if model in (REAL_HALF, REAL_TRAIN) else [self.genomes(dataset, model, seed)]

    def published_reference(self, dataset: str, model: str) -> str:
        """Return whom the published numbers of a model compare with."""
        return {(job.dataset, job.model): job.reference for job in self.published_jobs}[dataset, model]

    def paper_table(self) -> list[str]:
        """Return the table of the run beside published numbers; nothing where no data set plays one of the paper's."""
        return [f"{self.results}/paper.tsv"] if self.configuration.played_datasets() else []

    # --- figures

    def other_datasets(self, drawing: str) -> list[str]:
        """Return the datasets that the figures which draw something are drawn for besides their own."""
        return self.config["figure_params"].get(drawing, {}).get("other_datasets", [])

    def figures(self, *kinds: str) -> list[str]:
        """Return the files of all figures of the run: `svg`, `png`, `tsv`."""
        return [
            f"{self.results}/figures/{name}.{kind}"
            for kind in kinds
            for figure in self.config["figures"]
            for name in (figure, *(f"{figure}.{dataset}" for dataset in self.configuration.figure_datasets(figure)[1:]))
        ]

    def figure_files(
        self,
        figure: str,
        dataset: str,
        pattern: str,
        others: Sequence[str] = (),
        models: Collection[str] | None = None,
        unmatched: bool = False,
    ) -> list[str]:
        """Return the files of a figure: one for each of its models with the dataset's sites, panel and seed.

        Parameters
        ----------
        figure, dataset
            A name of the configuration, and one of the datasets that the figure is drawn for.
        pattern
            With any of {run}, {dataset}, {model}, {tool}, {panel} and {seed}.
        others
            Shown beside the models, such as controls.
        models
            Take these of its models alone.
        unmatched
            Take models whose AGs have sites of their own too.
        """
        matched = self.configuration.matched_models()
        chosen = [
            model
            for model in self.configuration.figure_models(figure, dataset)
            if (unmatched or model in matched) and (models is None or model in models)
        ]
        files = [
            pattern.format(
                run=self.config["run"],
                dataset=dataset,
                model=model,
                tool=self.config["imputation"]["tools"][0],
                panel=panel,
                seed=seed,
            )
            for model in [*chosen, *others]
            for panel in self.configuration.panels()
            for seed in (self.configuration.seeds_of(model) if "{model}" in pattern else self.config["seeds"])
        ]
        return list(dict.fromkeys(files))

    def gains(self, dataset: str) -> list[str]:
        """Return the gains of a dataset by every imputation program."""
        folder = f"{self.results}/impute/{dataset}"
        return [f"{folder}/{tool}/gains.tsv" for tool in self.config["imputation"]["tools"]]

    def masked_tables(self) -> list[str]:
        """Return what the completion of masked haplotypes scores on the first of its datasets."""
        return [
            f"{self.results}/latent/{dataset}/masked/seed{seed}/{table}.tsv"
            for dataset in self.config["latent"]["masked_datasets"][:1]
            for seed in self.config["seeds"]
            for table in ("metrics", "beagle", "commonest")
        ]

    def latent_sweeps(self, dataset: str) -> int:
        """Return the sweeps that an AG of the RBM takes on a dataset; 0 where no such machine is set."""
        model = self.config["latent"]["model"]
        if model not in self.config["models"]:
            return 0
        return self.configuration.model_settings(dataset, model).get("sampling_sweeps", 0)

    # --- check, release and report

    def run_files(self) -> list[str]:
        """Return the files that the run starts from: of its cohorts, of AGs that the user brings, and of its stages."""
        datasets, imputation = self.config["datasets"], self.config["imputation"]
        cohorts = [self.cohort(name) for name in [*datasets, *self.control_datasets()]]
        files = [file for cohort in cohorts for file in files_of_cohort(cohort)]
        models = [(dataset, model) for dataset in datasets for model in self.configuration.models_of(dataset)]
        for dataset, model in models:
            for key in ("genomes", "legends", "trained_on"):
                files += self.configuration.external_file(dataset, model, key)
        beagle = imputation["datasets"] and "beagle" in imputation["tools"]
        if beagle or self.config["latent"]["masked_datasets"] or any("phase" in cohort for cohort in cohorts):
            files.append(imputation["beagle_jar"])
        for dataset, model in models:
            files += self.configuration.model_files(dataset, model)
        for dataset in self.config["scan"]["datasets"]:
            files += [file for key in SCAN_FILES for file in self.scan_file(dataset, key)]
        if imputation["datasets"]:
            files += [*self.imputation_file("typed_sites"), *self.imputation_file("genetic_map")]
        return [file for file in dict.fromkeys(files) if file]

    def check_files(self) -> list[str]:
        """Return the files that the check looks at: those of cohorts, genetic maps and the sites of an array."""
        cohorts = map(self.cohort, self.config["datasets"])
        files = [file for cohort in cohorts for file in files_of_cohort(cohort, without=["rebuilt"])]
        for dataset in self.config["scan"]["datasets"]:
            files += self.scan_file(dataset, "genetic_map")
        if self.config["imputation"]["datasets"]:
            files += [*self.imputation_file("genetic_map"), *self.imputation_file("typed_sites")]
        return [file for file in dict.fromkeys(files) if file]

    def checking(self) -> dict[str, Any]:
        """Return what the check needs of the configuration: what the run uses, and none of what it does not."""
        sections = ("seeds", "device", "datasets", "split", "models", "generate", "compare")
        sections += ("scan", "imputation", "latent")
        models = [*self.config["models"], *self.trainable_models()]
        return {
            **{key: self.config[key] for key in sections},
            "dataset_params": {name: self.config["dataset_params"][name] for name in self.config["datasets"]},
            "model_params": {name: self.config["model_params"][name] for name in models},
            "cohorts": {self.cohort_name(name): self.cohort(name) for name in self.config["datasets"]},
        }

    def releasing(self) -> dict[str, Any]:
        """Return what the release tells of the configuration."""
        names = self.config["datasets"]
        return {
            "run": self.config["run"],
            "release": self.config["release"],
            "privacy": self.config["verdict"]["privacy"],
            "compare": {key: self.config["compare"][key] for key in ("individuals_max", "seed")},
            "dataset_params": {name: self.configuration.dataset_settings(name) for name in names},
            "cohorts": {
                self.cohort_name(name): {key: self.cohort(name)[key] for key in ("private", "build")} for name in names
            },
            "model_params": {name: self.config["model_params"][name] for name in self.own_models()},
            "differential_privacy": self.differential_privacy(),
        }

    def differential_privacy(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return, by data set and model, the settings of the models with differential privacy."""
        return {
            name: {
                model: privacy
                for model in self.configuration.models_of(name)
                if (privacy := self.configuration.model_settings(name, model).get("differential_privacy"))
            }
            for name in self.config["datasets"]
        }

    def describing(self) -> dict[str, Any]:
        """Return what the table of the data sets tells of the configuration."""
        names = self.config["datasets"]
        params = {name: self.config["dataset_params"][name] for name in names}
        return {
            "cohorts": {self.cohort_name(name): self.cohort(name) for name in names},
            "dataset_params": {
                name: {key: settings[key] for key in ("cohort", "region")} for name, settings in params.items()
            },
        }
