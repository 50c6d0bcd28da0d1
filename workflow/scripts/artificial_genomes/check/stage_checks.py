"""Requirements of the stages of a run, checked before the run by the functions that the stages use themselves."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from artificial_genomes.compare.comparison import require_axes
from artificial_genomes.compare.matching import people_compared
from artificial_genomes.config.checks import CONSTANT, Configuration
from artificial_genomes.core.errors import Findings, gathered
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.imputation import far_from_typed_sites, imputed_parts
from artificial_genomes.imputation.panels import parse_panel, require_enough
from artificial_genomes.imputation.scores import allele_counts, scored_sites
from artificial_genomes.imputation.tables import DIRECT
from artificial_genomes.imputation.target import SETTING, chosen_sites, typed_table
from artificial_genomes.latent.conditional import judged_populations
from artificial_genomes.latent.encoding import real_sets
from artificial_genomes.latent.tasks import require_superpopulations
from artificial_genomes.models.coalescent import read_demography, simulated_spans
from artificial_genomes.models.preconditions import require_panel, require_trainable
from artificial_genomes.scans.candidates import read_genes
from artificial_genomes.scans.polarisation import read_ancestral


class StageChecks:
    """The checks of one dataset of a run.

    Parameters
    ----------
    name
        Of the dataset.
    haplotypes
        Haplotypes of the prepared dataset: its own and public individuals at the sites that it keeps.
    split : (n_people,) object
        train, validation, test or public.
    configuration
        Without known mistakes.

    Attributes
    ----------
    notes
        Facts to know before the run.
    """

    def __init__(self, name: str, haplotypes: Haplotypes, split: np.ndarray, configuration: Configuration):
        self.notes: list[str] = []
        self._name, self._haplotypes, self._split = name, haplotypes, pd.Series(split)
        self._configuration, self._values = configuration, configuration.values

    def run(self, findings: Findings) -> None:
        """Check every stage of the run and add its errors to the findings."""
        for check in self._checks():
            with gathered(findings):
                check()

    def _checks(self) -> Iterator[Callable[[], None]]:
        yield from (lambda model=model: self._training(model) for model in self._trained())
        yield self._comparison
        if self._name in self._values["scan"]["datasets"]:
            yield self._scan
        if self._name in self._values["imputation"]["datasets"]:
            imputation = self._values["imputation"]
            array = imputation["typed_sites"] and self._configuration.file(imputation["typed_sites"])
            settings = {key: imputation[key] for key in ("typed_fraction", "typed_maf_min")}
            yield lambda: self._masking("imputation", settings, array, SETTING)
            yield self._panels
        latent = self._values["latent"]
        if self._name in latent["masked_datasets"]:
            settings = {"typed_fraction": latent["masked_known"], "typed_maf_min": 0}
            yield lambda: self._masking("latent", settings, None, "latent.masked_known")
        if self._name in latent["datasets"]:
            yield self._latent

    def _trained(self) -> list[str]:
        configuration = self._configuration
        own = [model for model in configuration.models_of(self._name) if model not in configuration.external_models()]
        conditional = configuration.conditional_models() if self._name in self._values["latent"]["datasets"] else []
        return list(dict.fromkeys([*own, *conditional]))

    def _people(self, *parts: str) -> Haplotypes:
        return self._haplotypes.take_people(self._split.isin(parts).to_numpy())

    def _training(self, model: str) -> None:
        settings = self._configuration.model_settings(self._name, model)
        n_panel = int((self._split == "public").sum()) if settings.get("differential_privacy") else 0
        if n_panel:
            require_panel(n_panel)
        n_train = n_panel or int((self._split == "train").sum())
        require_trainable(settings["kind"], settings, 2 * n_train, has_panel=bool(n_panel))
        if settings["kind"] == "coalescent":
            simulated_spans(self._haplotypes.sites)
            if settings["demography"] != CONSTANT:
                read_demography(settings["demography"], list(settings["samples"]))

    def _comparison(self) -> None:
        sizes = (int((self._split == part).sum()) for part in ("train", "test"))
        n_people = people_compared(*sizes, self._values["generate"]["n"])
        require_axes(self._values["compare"]["pca_axes"], self._haplotypes.n_sites, 2 * n_people)

    def _scan(self) -> None:
        from artificial_genomes.scans.tracks import require_places  # slow, and needed only where there are scans

        settings = self._configuration.scan_settings(self._name)
        files = {key: settings[key] and self._configuration.file(settings[key]) for key in ("ancestral", "genes")}
        if files["genes"]:
            cohort = self._values["dataset_params"][self._name]["cohort"]
            read_genes(files["genes"], self._values["cohorts"][cohort]["build"])
        ancestral = read_ancestral(files["ancestral"]) if files["ancestral"] else None
        require_places(self._people("train", "validation").alleles, self._people("public"), settings, ancestral)

    def _masking(self, stage: str, settings: dict, array: str | None, setting: str) -> None:
        """Choose the typed sites as the stage does."""
        train, test, sites = self._people("train").alleles, self._people("test"), self._haplotypes.sites
        typed = chosen_sites(sites, train, settings, array, setting)
        imputed_parts(sites, typed)
        if warning := far_from_typed_sites(sites, typed):
            self.notes.append(f"{stage}: {warning}")
        scored_sites(typed_table(sites, train, typed), allele_counts(test))

    def _panels(self) -> None:
        # The number of AGs made elsewhere is known once they are read.
        made = [model for model in self._configuration.matched_models() if model in self._trained()]
        n_ags = 2 * (self._values["generate"]["n"] or int((self._split != "public").sum()))
        for panel in self._configuration.panels():
            if panel.endswith(DIRECT):
                continue
            for part in parse_panel(panel, self._configuration.matched_models()):
                if part.name in made:
                    require_enough(part, n_ags)

    def _latent(self) -> None:
        real = real_sets(self._haplotypes, self._split)
        require_superpopulations(real.people, np.arange(len(real.people)) >= len(real.train.people))
        for model in self._configuration.conditional_models():
            column = self._configuration.model_settings(self._name, model)["labels"]
            judged_populations(real.test.people[column], self._people("train").people[column])
