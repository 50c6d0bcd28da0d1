"""What a configuration makes the workflow do."""

import csv
from pathlib import Path

import yaml

from helpers import ROOT

DEFAULTS = ROOT / "config" / "config.yaml"


def merged(*files: Path) -> dict:
    """Merge configurations as Snakemake does: mappings by key, everything else replaced."""

    def merge(old: dict, new: dict) -> dict:
        both = {key: merge(old[key], new[key]) for key in old.keys() & new.keys() if isinstance(new[key], dict)}
        return old | new | both

    config: dict = {}
    for file in files:
        config = merge(config, yaml.safe_load(file.read_text()))
    return config


def in_windows(config: dict, dataset: str) -> bool:
    return bool(config["dataset_params"][dataset].get("windows"))


def models_of(config: dict, dataset: str, own_sites: bool | None = None) -> int:
    """Return how many models are trained on a data set: all, or those whose AGs have sites of their own or not."""
    named = config["dataset_params"][dataset].get("models", config["models"])
    kinds = [config["model_params"][name]["kind"] for name in config["models"] if name in named]
    return sum(kind != "external" and own_sites in (None, kind == "coalescent") for kind in kinds)


def expected(config: dict) -> dict[str, int]:
    """Return how many jobs each rule has, but for downloads, from the numbers of data sets, models, seeds and so on."""
    external = [name for name in config["models"] if config["model_params"][name]["kind"] == "external"]
    brought = sum(len(config["model_params"][name]["genomes"]) for name in external)
    datasets, seeds = len(config["datasets"]), len(config["seeds"])
    panels = config["imputation"]["panels"]
    # The people, with each model's AGs, and the biobank.
    added = [models_of(config, name, own_sites=False) for name in config["imputation"]["datasets"]]
    panels = 2 + min(added, default=0) if panels == "auto" else len(panels)

    def trained(names: list[str], own_sites: bool | None = None) -> int:
        return sum(models_of(config, name, own_sites) for name in names)

    windowed = [name for name in config["datasets"] if in_windows(config, name)]
    windows = sum(config["dataset_params"][name]["windows"]["n"] * models_of(config, name) for name in windowed)
    whole = [name for name in config["datasets"] if name not in windowed]
    public = [
        name
        for name in config["datasets"]
        if not config["cohorts"][config["dataset_params"][name]["cohort"]]["private"]
    ]
    scans, imputed, latent = (len(config[stage]["datasets"]) for stage in ("scan", "imputation", "latent"))
    masked = len(config["latent"]["masked_datasets"])
    conditional = latent if config["latent"]["conditional"] else 0
    # The demo's control signals lie in two data sets that nothing else uses.
    controlled = bool(scans and config["scan"]["controls"])
    cohorts = {config["dataset_params"][name]["cohort"] for name in config["datasets"]}
    jobs = {
        "all": 1,
        "check_rebuilt": sum("rebuilt" in config["cohorts"][name] for name in cohorts),
        "prepare": datasets + 2 * controlled,
        "train": (trained(whole) + conditional) * seeds,
        "train_window": windows * seeds,
        "generate": (trained(config["datasets"]) + conditional) * seeds,
        "publish_genomes": trained(public) * seeds,
        "import_genomes": brought,
        "compare": trained(config["datasets"], own_sites=False) * seeds + brought,
        "compare_unmatched": trained(config["datasets"], own_sites=True) * seeds,
        "compare_control": datasets * 2 * seeds,
        "compare_external_control": brought * 2 * seeds,
        "compare_together": datasets * seeds,
        "scan_controls": int(controlled),
        "scan_real": scans * seeds,
        "scan_control": scans * 2 * seeds,
        "scan": trained(config["scan"]["datasets"], own_sites=False) * seeds,
        "impute_target": imputed,
        "impute_panel": imputed * panels * seeds,
        **{f"impute_{tool}": imputed * panels * seeds for tool in config["imputation"]["tools"]},
        "score_imputation": imputed * panels * seeds * len(config["imputation"]["tools"]),
        "imputation_gains": imputed * len(config["imputation"]["tools"]),
        "latent": latent * seeds,
        "latent_tasks": latent * seeds,
        "latent_conditional": conditional * seeds,
        "masked_target": masked,
        "masked_beagle": masked * seeds,
        "latent_masked": masked * seeds,
        "scorecard": 1,
        "datasets": 1,
        "paper": int(bool(config["paper"]["datasets"])),
        "compare_published": published(config),
        "provenance": 1,
        "report": 1,
    }
    for figure in config["figures"]:
        params = config["figure_params"][figure]
        drawing = params.get("draws", figure)
        jobs[drawing] = jobs.get(drawing, 0) + 1
        if drawing == "figs1_training" and in_windows(config, params["dataset"]):
            jobs["join_training"] = models_of(config, params["dataset"]) * seeds
    return {rule: number for rule, number in jobs.items() if number}


def published(config: dict) -> int:
    """Return how many comparisons are made as published: of each model and seed that the table has numbers of."""
    with open(ROOT / "resources" / "paper.tsv") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wanted = {
        (row["dataset"], model)
        for row in rows
        if row["how"] == "as published" and row["dataset"] in config["paper"]["datasets"]
        for model in (row["model"], row["authors"])
    }
    models = [name for name in config["models"] if config["model_params"][name]["kind"] != "external"]
    brought = {
        (role, name)
        for role, dataset in config["paper"]["datasets"].items()
        for name in config["models"]
        if dataset in config["model_params"][name].get("genomes", {})
    }
    return sum(
        len(config["seeds"]) if model in models else int(model.startswith("real_") or (role, model) in brought)
        for role, model in wanted
    )
