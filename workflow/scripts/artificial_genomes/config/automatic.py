"""What a configuration may leave to the workflow, or call by another name: figures, and genome builds."""

from collections.abc import Iterator

from artificial_genomes.config.faults import section_of
from artificial_genomes.config.schema import AUTO, EXTERNAL, FIGURES
from artificial_genomes.config.sound import Checked
from artificial_genomes.config.stage_relations import NEEDED_STAGE, SHOWN_SCANS, undrawable
from artificial_genomes.core.kinds import OWN_SITES

BUILDS = {"grch37": "GRCh37", "hg19": "GRCh37", "b37": "GRCh37", "grch38": "GRCh38", "hg38": "GRCh38", "b38": "GRCh38"}
"""Genome builds by their names in small letters."""


def name_builds(config: dict) -> None:
    """Call the genome build of every cohort in `config` by the name that the workflow uses; leave unknown ones."""
    for cohort in section_of(config, "cohorts").values():
        if isinstance(cohort, dict) and str(cohort.get("build")).lower() in BUILDS:
            cohort["build"] = BUILDS[cohort["build"].lower()]


def choose_figures(config: dict) -> bool:
    """Write the figures that a run can have into `config` where it leaves them to the workflow, and what they show.

    A figure of a dataset that is not in the run, or not in its stage, becomes one of the first dataset that is.

    Returns
    -------
    bool
        Whether it leaves them to the workflow.
    """
    if config.get("figures") != AUTO:
        return False
    known = section_of(config, "dataset_params")
    config["figures"] = []
    for figure in _drawable(config):
        stage, shown = NEEDED_STAGE.get(figure), section_of(section_of(config, "figure_params"), figure)
        own = [name for name in _texts(section_of(config, stage) if stage else config, "datasets") if name in known]
        if own:
            config["figures"].append(figure)
            if str(shown.get("dataset")) in known.keys() - own:
                shown["dataset"] = own[0]
    return True


def choose_datasets(checked: Checked) -> None:
    """Write into the configuration for which other data sets its figures can be drawn, unless it says so itself."""
    for figure in checked.written["figures"]:
        params = section_of(checked.written, "figure_params")
        shown = section_of(params, figure)
        others = [name for name in checked.get("datasets", default=[]) if name != shown.get("dataset")]
        drawable = [name for name in others if not any(undrawable(checked, figure, figure, name))]
        if shown and drawable:
            checked.written["figure_params"] = params | {figure: {"other_datasets": drawable} | shown}


def _drawable(config: dict) -> Iterator[str]:
    """Yield the figures that the models and the scans of a run allow."""
    models = section_of(config, "model_params")
    kinds = {str(section_of(models, model).get("kind")) for model in _texts(config, "models")}
    statistics = _texts(section_of(config, "scan"), "statistics")
    for figure in FIGURES:
        has_scans = figure not in SHOWN_SCANS or set(statistics) & set(SHOWN_SCANS[figure])
        has_training = figure != "figs1_training" or kinds != {EXTERNAL}
        if has_scans and has_training and not (kinds and kinds <= set(OWN_SITES)):
            yield figure


def _texts(section: dict, key: str) -> list[str]:
    """Return the texts in the list under a key; none where there is no list."""
    return [text for text in section[key] if isinstance(text, str)] if isinstance(section.get(key), list) else []
