"""What types cannot check in the stages of a run: datasets, models and files that a stage or a figure needs."""

import csv
import itertools
from collections.abc import Iterable, Iterator

from artificial_genomes.config.faults import Problem, parent, suggestion
from artificial_genomes.config.schema import AUTO, COMPARED_MODELS, DRAWINGS, EXTERNAL, FIGURES, ONCE, SCAN_FILES
from artificial_genomes.config.sound import Checked, existing
from artificial_genomes.core.kinds import DISCRIMINATORS, LABELED, PREDICTING
from artificial_genomes.imputation.tables import DIRECT
from artificial_genomes.judge.choice import BEST
from artificial_genomes.judge.gates import KINDS, RULES

NEEDED_STAGE = {
    "fig6_scans": "scan",
    "figs8_scans": "scan",
    "fig7_imputation": "imputation",
    "figs9_imputation": "imputation",
    "fig8_latent": "latent",
    "figs10_latent_modes": "latent",
    "figs11_latent_tasks": "latent",
}
"""Figures that show the results of a stage which runs on some data sets only."""

SHOWN_SCANS = {"fig6_scans": ("xpehh", "pbs"), "figs8_scans": ("ihs", "nsl", "haplotypes", "tajima_d")}
"""Scans that a figure shows, of which it needs at least one."""


def _scan(checked: Checked) -> Iterator[Problem]:
    yield from _stage(checked, "scan", public=True)
    places = [("scan",), *(("dataset_params", name, "scan") for name in checked.get("dataset_params", default={}))]
    for place in places:
        for key in SCAN_FILES:
            if checked.get(*place, key):
                yield from checked.file((*place, key))
    controls = checked.get("scan", "controls")
    if controls:
        yield from _controls(checked, controls)


def _controls(checked: Checked, controls: str) -> Iterator[Problem]:
    path = ("scan", "controls")
    missing = list(checked.file(path))
    yield from missing
    if missing:
        return
    try:
        with open(existing(controls, checked.root), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except (UnicodeDecodeError, csv.Error) as error:
        yield path, f"{controls} is not a table in UTF-8 ({error}). Save it as UTF-8."
        return
    if not rows or "dataset" not in rows[0]:
        yield path, f"{controls} has no rows, or no column dataset separated by tabs. Add them, or write null."
        return
    for name, text in checked.undefined({str(row["dataset"]): None for row in rows}, "dataset_params"):
        yield path, f"{controls} needs the data set {name}: {text}"


def _imputation(checked: Checked) -> Iterator[Problem]:
    yield from _stage(checked, "imputation", public=True)
    for key in ("maf_bins", "mac_bins"):
        bins = checked.get("imputation", key, default=[])
        if any(low >= high for low, high in itertools.pairwise(bins)):
            yield ("imputation", key), "the edges are not increasing. Write each edge larger than the one before."
    yield from _panels(checked)
    if checked.get("imputation", "datasets"):
        beagle = ["beagle_jar"] if "beagle" in checked.get("imputation", "tools", default=[]) else []
        for key in (*beagle, "typed_sites", "genetic_map"):
            if checked.get("imputation", key):
                yield from checked.file(("imputation", key))
        if "real" not in _named_panels(checked, default=["real"]):
            yield ("imputation", "panels"), "the panel real is missing, to which gains are relative. Add real."


def _named_panels(checked: Checked, default: list[str]) -> list[str]:
    """Return the panels that the configuration names; `default` where it leaves them to the workflow."""
    panels = checked.get("imputation", "panels", default=AUTO)
    return default if panels == AUTO else panels


def _panels(checked: Checked) -> Iterator[Problem]:
    """Yield what is wrong with the parts of panels. Where nothing is imputed, models need only be defined."""
    section = "models" if checked.get("imputation", "datasets") else "model_params"
    models = checked.chosen("models") if section == "models" else checked.get("model_params")
    if models is None:
        return
    for panel in _named_panels(checked, default=[]):
        written, path = [part.partition("@") for part in panel.split("+")], ("imputation", "panels")
        parts = [name for name, _, _ in written]
        for name, at, size in written:
            if at + size == DIRECT:
                if len(parts) > 1:
                    yield path, f"{panel} adds to {name}{DIRECT}, which imputes without a panel. Write it alone."
                elif name in ("real", "biobank") or checked.kind(name) not in (*PREDICTING, None):
                    kinds = " or ".join(PREDICTING)
                    yield path, f"{name!r} in {panel} cannot impute by itself. Write a model of kind {kinds}."
            elif size and name in ("real", "biobank"):
                yield path, f"{panel} gives a size for {name}, which is always used in full. Write {name} alone."
            elif size and (int(size) < 2 or int(size) % 2):
                yield (
                    path,
                    f"{panel} has {size} AGs of {name}, but two make an individual. Write an even number from 2.",
                )
        known = ["real", "biobank", *models]
        for part in dict.fromkeys(parts):
            if part not in known:
                near = suggestion(part, known, "Write one of")
                yield path, f"{part!r} in {panel} is neither real nor biobank, nor in {section}. {near}"
            elif parts.count(part) > 1:
                yield path, f"{panel} names {part} twice. Write it once."
            elif checked.is_unmatched(part):
                yield path, f"{part!r} in {panel} has its own sites, which no panel can use. Choose another model."
            else:
                for dataset in checked.get("imputation", "datasets", default=[]):
                    if part in models and not checked.has_genomes(part, dataset):
                        yield path, f"{part!r} in {panel} has no AGs for {dataset}. Add them, or remove the panel."
        if "real" in parts[1:] and parts[0] != "real":
            yield path, f"{panel} does not begin with real. Write real first."


def _latent(checked: Checked) -> Iterator[Problem]:
    yield from _stage(checked, "latent", public=False)
    masked = checked.get("latent", "masked_datasets", default=[])
    yield from ((("latent", "masked_datasets"), text) for text in _not_run(checked, masked))
    if masked and not checked.get("imputation", "datasets") and checked.get("imputation", "beagle_jar"):
        yield from checked.file(("imputation", "beagle_jar"))
    model, models = checked.get("latent", "model"), checked.chosen("models")
    if model is None or models is None or not (checked.get("latent", "datasets") or masked):
        return
    if model not in models:
        near = suggestion(model, models, "Write one of")
        yield ("latent", "model"), f"{model!r} is not among models. {near} Or write latent.datasets: []."
    elif checked.get("model_params", model, "kind", default="rbm") != "rbm":
        yield ("latent", "model"), f"{model!r} is not of kind rbm. Write the name of a model that is."
    for key in ("datasets", "masked_datasets"):
        for dataset in checked.get("latent", key, default=[]):
            if checked.get("dataset_params", dataset, "windows"):
                text = f"{dataset} has windows, so that no RBM sees all its sites. Remove it, or its windows."
                yield ("latent", key), text
            elif model in models and not checked.has_genomes(model, dataset):
                yield ("latent", key), f"{model} is not trained on {dataset}. Add it to the models of {dataset}."
    for name in checked.get("latent", "discriminators", default=[]):
        undefined = dict(checked.undefined([name], "model_params"))
        yield from ((("latent", "discriminators"), text) for text in undefined.values())
        if not undefined and checked.kind(name) not in (*DISCRIMINATORS, None):
            yield ("latent", "discriminators"), f"{name!r} has no discriminator. Write models of kind gan or wgan."
    yield from _conditional(checked)


def _conditional(checked: Checked) -> Iterator[Problem]:
    """Yield what is wrong with the models that make AGs of given populations."""
    path = ("latent", "conditional")
    for name in checked.get(*path) or []:
        undefined = dict(checked.undefined([name], "model_params"))
        yield from ((path, text) for text in undefined.values())
        if undefined:
            continue
        if checked.kind(name) not in (*LABELED, None):
            yield path, f"{name!r} is not of kind {' or '.join(LABELED)}. Write names of models that are, or []."
            continue
        for dataset in checked.get("latent", "datasets", default=[]):
            own = checked.get("dataset_params", dataset, "model_params", name, "labels")
            if (own or checked.get("model_params", name, "labels")) == "none":
                yield path, f"{name!r} has no labels on {dataset!r}. Set its labels, or remove it."


def _verdict(checked: Checked) -> Iterator[Problem]:
    paths = [("verdict", kind, metric) for kind in KINDS for metric in checked.get("verdict", kind, default={})]
    for path in paths:
        if checked.get(*path) is None:
            continue
        # A rule with a broken value is a rule all the same, and so may be one with an unknown name.
        written = parent(checked.written, path)[path[-1]]
        rules = [rule for rule in RULES if written.get(rule) is not None]
        if len(rules) > 1:
            yield path, f"has more than one rule, {' and '.join(rules)}. Keep one and write null for the others."
        elif not rules and not written.keys() - set(RULES):
            yield path, f"has no rule. Write one of {', '.join(RULES)}, or null instead of the gate to switch it off."


def _paper(checked: Checked) -> Iterator[Problem]:
    names = checked.get("paper", "datasets", default={})
    for role, name in names.items():
        path = ("paper", "datasets", role)
        wrong = [text for _, text in checked.undefined([name], "dataset_params")]
        yield from ((path, text) for text in wrong)
        if not wrong and list(names.values()).count(name) > 1:
            yield path, f"{name!r} is given for two of the paper's data sets. Name another, or delete the line."


def _release(checked: Checked) -> Iterator[Problem]:
    wanted = checked.get("release", "models", default=BEST)
    own = [name for name in checked.get("models", default=[]) if checked.kind(name) != EXTERNAL]
    for i, name in enumerate([] if wanted == BEST else wanted):
        if name not in own:
            yield (
                ("release", "models", i),
                f"{name!r} is not a model that this run trains. {suggestion(name, own, 'Write one of')}",
            )


def _figures(checked: Checked) -> Iterator[Problem]:
    known = checked.written.get("figure_params")
    if not isinstance(known, dict):
        return
    for i, figure in enumerate(checked.get("figures", default=[])):
        if figure not in known:
            yield (
                ("figures", i),
                f"{figure!r} is not in figure_params. {suggestion(figure, known, 'Defined names')}",
            )
            continue
        place = ("figure_params", figure)
        drawing = checked.get(*place, "draws", default=figure)
        if drawing not in DRAWINGS:
            if isinstance(known[figure], dict) and "draws" not in known[figure]:
                yield place, f"lacks draws. Say what is drawn, as in draws: {COMPARED_MODELS}."
            continue
        if drawing != figure and figure in FIGURES:
            yield (*place, "draws"), f"{figure} draws what its name says. Choose another name for this figure."
            continue
        yield from _figure(checked, figure, drawing)


def _figure(checked: Checked, figure: str, drawing: str) -> Iterator[Problem]:
    """Yield what is wrong with the data sets and the models of a figure."""
    yield from _shown_models(checked, figure, drawing)
    path = ("figure_params", figure)
    dataset, others = checked.get(*path, "dataset"), checked.get(*path, "other_datasets", default=[])
    for key, names in (("dataset", [dataset] if dataset else []), ("other_datasets", others)):
        for name in names:
            yield from (((*path, key), text) for text in undrawable(checked, figure, drawing, name))
    drawn = checked.get("figures", default=[])
    same = [one for one in drawn if checked.get("figure_params", one, "draws", default=one) == drawing]
    if others and same != [drawing]:
        # One rule draws what draws the same, and it has the same data sets for all of its figures.
        text = (
            f"{', '.join(same)} draw the same. Give each data set a figure with a name of its own, and delete the line."
        )
        yield (*path, "other_datasets"), text


def undrawable(checked: Checked, figure: str, drawing: str, dataset: str) -> Iterator[str]:
    """Yield why a figure cannot be drawn for a data set."""
    wrong = list(_not_run(checked, [dataset]))
    yield from (f"{text} Or remove {figure} from figures." for text in wrong)
    if wrong:
        return
    yield from _nothing_to_draw(checked, figure, dataset)
    stage = NEEDED_STAGE.get(drawing)
    if stage and dataset not in checked.get(stage, "datasets", default=[dataset]):
        yield f"{dataset!r} is not in {stage}.datasets. Add it there, or remove {figure} from figures."
    elif drawing in SHOWN_SCANS:
        scans = _scanned(checked, dataset)
        if scans is not None and not set(SHOWN_SCANS[drawing]) & set(scans):
            shown = ", ".join(SHOWN_SCANS[drawing])
            yield f"none of {shown} is computed. Add one to scan.statistics, or remove {figure} from figures."


def _shown_models(checked: Checked, figure: str, drawing: str) -> Iterator[Problem]:
    """Yield what is wrong with the models that a figure names."""
    path, models = ("figure_params", figure, "models"), checked.chosen("models")
    named = checked.get(*path, default=[])
    if named and drawing in ONCE:
        yield path, f"the models of {figure} cannot be chosen. Delete the line."
        return
    for model in named if models is not None else []:
        if model not in models:
            yield path, f"{model!r} is not among models. {suggestion(model, models, 'Write one of')}"
        elif drawing != COMPARED_MODELS and checked.is_unmatched(model):
            yield path, f"{model!r} has its own sites, which {drawing} cannot show. Choose another model."


def _scanned(checked: Checked, dataset: str) -> list[str] | None:
    """Return the statistics of a data set's scan; None where one of them is broken."""
    path = ("dataset_params", dataset, "scan", "statistics")
    path = path if checked.get(*path) else path[2:]
    scans = checked.get(*path)
    return scans if scans and scans == parent(checked.written, path)[path[-1]] else None


def _nothing_to_draw(checked: Checked, figure: str, dataset: str) -> Iterator[str]:
    """Yield why a figure of a data set can show no model."""
    models = checked.chosen("models") or []
    named = checked.get("figure_params", figure, "models", default=models)
    matched = [model for model in models if not checked.is_unmatched(model)]
    shown = [model for model in matched if model in named]
    if not matched:
        return  # said once, of all figures
    if not shown:
        if set(named) <= set(models):
            yield f"{figure} has no model with the sites of {dataset!r}. Add one to its models."
    elif not any(checked.has_genomes(model, dataset) for model in shown):
        yield f"no model has AGs for {dataset!r}. Name another data set, or remove {figure} from figures."
    elif checked.get("figure_params", figure, "draws", default=figure) == "figs1_training" and all(
        checked.kind(model) == EXTERNAL for model in shown
    ):
        yield f"none of its models is trained. Remove {figure} from figures."


def _stage(checked: Checked, stage: str, public: bool) -> Iterator[Problem]:
    """Yield what is wrong with the data sets that a stage works on."""
    names = checked.get(stage, "datasets", default=[])
    yield from (((stage, "datasets"), text) for text in _not_run(checked, names))
    for name in names if public else []:
        if checked.get("dataset_params", name, "public") is False:
            path = ("dataset_params", name, "public")
            yield path, f"{stage}.datasets has {name!r}, which needs a public panel. Write true."


def _not_run(checked: Checked, names: Iterable[str]) -> Iterator[str]:
    names = list(names)
    undefined = dict(checked.undefined(names, "dataset_params"))
    yield from undefined.values()
    datasets = checked.chosen("datasets")
    for name in names:
        if datasets is not None and name not in datasets and name not in undefined:
            yield f"{name!r} is not among datasets ({', '.join(datasets)}). Write one of them, or add it to datasets."


CHECKS = (_scan, _imputation, _latent, _verdict, _paper, _release, _figures)
