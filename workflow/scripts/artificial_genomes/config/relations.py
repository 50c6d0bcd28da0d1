"""What types cannot check: names that must exist, and settings and files that fit together."""

from collections.abc import Iterator, Set

from artificial_genomes.config.cohort_files import FILE_KEYS
from artificial_genomes.config.faults import Place, Problem
from artificial_genomes.config.schema import CONSTANT, EXTERNAL
from artificial_genomes.config.sound import Checked, existing
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.kinds import CUSTOM
from artificial_genomes.core.metric_table import CONTROLS
from artificial_genomes.core.regions import parse_regions
from artificial_genomes.judge.choice import BEST
from artificial_genomes.models.interface import interface_problems
from artificial_genomes.models.preconditions import settings_problems

RESERVED = ("real", *CONTROLS, "biobank", "together", "real_half", "real_train")
"""Names that no model may have: what some results have instead, parts of imputation panels, and folders of results."""

TRAINING_SHARE_MIN = 0.1
"""A smaller share of individuals for training can only be a mistake."""

NAMED = ("cohorts", "dataset_params", "model_params", "figure_params")
"""Sections whose keys become names of folders and files."""


def _names(checked: Checked) -> Iterator[Problem]:
    """Yield names that are reserved, or that a file system which ignores case takes for the same."""
    reserved = {name.casefold(): name for name in RESERVED}
    for model in checked.get("model_params", default={}):
        if model.casefold() in reserved:
            path, meant = ("model_params", model), reserved[model.casefold()]
            yield path, f"{meant} is a reserved name. Give the model another name."
    for section in NAMED:
        seen: dict[str, str] = {}
        for name in checked.get(section, default={}):
            other = seen.setdefault(name.casefold(), name)
            if other != name:
                text = f"differs from {other} only in case, which some file systems ignore. Rename one of them."
                yield (section, name), text


_PHASING = ("phase_map", "phase_site_missing_max", "phase_sample_missing_max")


_FORMATS = (("vcf",), ("pgen",), ("hapt", "legend"), ("hap", "legend", "samples"))
"""Keys of a cohort that give its haplotypes together."""


def _cohorts(checked: Checked) -> Iterator[Problem]:
    for name, cohort in checked.get("cohorts", default={}).items():
        yield from _formats(checked.written["cohorts"][name].keys(), ("cohorts", name))
        for key in FILE_KEYS:
            if isinstance(cohort.get(key), str):
                yield from checked.file(("cohorts", name, key))
            for i in range(len(cohort[key]) if isinstance(cohort.get(key), list) else 0):
                yield from checked.file(("cohorts", name, key, i))
        for key in ("phase", *_PHASING):
            if key in cohort and "vcf" not in cohort:
                yield ("cohorts", name, key), "only genotypes in vcf can be phased. Remove the line, or give vcf."
        if "rows_failing_filter" in cohort and not {"vcf", "pgen"} & cohort.keys():
            place = ("cohorts", name, "rows_failing_filter")
            yield place, "only vcf and pgen say which rows failed a filter. Remove the line."
        for key in _PHASING:
            if key in cohort and "phase" not in cohort:
                yield ("cohorts", name, key), "nothing is phased. Write phase: beagle, or remove the line."
        if "pgen" in cohort and not cohort["pgen"].endswith(".pgen"):
            yield ("cohorts", name, "pgen"), f"{cohort['pgen']} does not end in .pgen. Name the .pgen file."


def _formats(keys: Set[str], place: Place) -> Iterator[Problem]:
    """Yield that a cohort gives its haplotypes in no format, or in several; only a `.hapt` file can be `rebuilt`."""
    given = keys & {key for form in _FORMATS for key in form} | keys & {"rebuilt"}
    if given - {"rebuilt"} not in map(set, _FORMATS) or ("rebuilt" in given and "hapt" not in given):
        yield place, f"give either {', or '.join(' and '.join(form) for form in _FORMATS)}."


def _datasets(checked: Checked) -> Iterator[Problem]:
    for _, text in checked.undefined(checked.get("datasets", default=[]), "dataset_params"):
        yield ("datasets",), text
    for name, dataset in checked.get("dataset_params", default={}).items():
        path = ("dataset_params", name)
        if "cohort" in dataset:
            for _, text in checked.undefined([dataset["cohort"]], "cohorts"):
                yield (*path, "cohort"), text
        try:
            parse_regions(dataset.get("region"))
        except UserError as error:
            yield (*path, "region"), str(error)
        if dataset.get("public") and dataset.get("people") == {} and not dataset.get("public_share"):
            text = "nobody is left for the public panel. Select individuals under people, or write a public_share."
            yield (*path, "public"), text
        for key in ("public_share", "public_people"):
            if dataset.get(key) and dataset.get("public") is False:
                yield (*path, key), "needs a public panel. Write public: true, or delete the line."
        if dataset.get("windows") and name in checked.get("datasets", default=[]):
            for model in checked.models_of(name):
                if checked.is_unmatched(model):
                    text = f"{model} simulates its own sites. Remove it from models, or delete the windows."
                    yield (*path, "windows"), text
                elif checked.has_labels(name, model) and checked.kind(model) == "rbm":
                    text = f"{model}, an RBM, makes AGs of given populations, which windows do not support."
                    yield (*path, "windows"), f"{text} Write labels: none, or delete the windows."
        undefined = dict(checked.undefined(dataset.get("models", []), "model_params"))
        yield from (((*path, "models"), text) for text in undefined.values())
        for _, text in checked.undefined(dataset.get("models_left_out", []), "model_params"):
            yield (*path, "models_left_out"), text
        is_run = "models" in dataset and name in checked.get("datasets", default=[])
        if is_run and not undefined and not checked.models_of(name):
            yield (*path, "models"), "contains none of the run's models. Add one, or delete the line."
        for model, text in checked.undefined(dataset.get("model_params", {}), "model_params"):
            yield (*path, "model_params", model), text
        for model in dataset.get("model_params", {}):
            if checked.kind(model) == EXTERNAL:
                text = "is of kind external, which lists files by data set in model_params. Write its settings there."
                yield (*path, "model_params", model), text


def _split(checked: Checked) -> Iterator[Problem]:
    own = [("dataset_params", name, "split") for name in checked.get("dataset_params", default={})]
    for place in [("split",), *(place for place in own if checked.get(*place))]:
        split = checked.get("split", default={}) | checked.get(*place, default={})
        training = (1 - split.get("test", 0)) * (1 - split.get("validation", 0))
        if training < TRAINING_SHARE_MIN:
            text = f"test and validation leave {training:.0%} of the individuals for training. Write smaller shares."
            yield place, text


def _models(checked: Checked) -> Iterator[Problem]:
    for _, text in checked.undefined(checked.get("models", default=[]), "model_params"):
        yield ("models",), text
    models = checked.chosen("models")
    if models and checked.get("figures") and all(checked.is_unmatched(model) for model in models):
        yield ("models",), "all have their own sites, which no figure can show. Add another, or write figures: []."
    yield from _settings(checked)
    yield from _differential_privacy(checked)
    yield from _demographies(checked)
    yield from _externals(checked)
    yield from _customs(checked)


def _settings(checked: Checked) -> Iterator[Problem]:
    """Yield settings that contradict each other, of the models that the run trains."""
    found: dict[Problem, None] = {}
    for dataset in checked.get("datasets", default=[]):
        for model in _trained_on(checked, dataset):
            place = ("dataset_params", dataset, "model_params", model)
            own, settings = checked.get(*place, default={}), checked.get("model_params", model, default={})
            has_panel = bool(checked.get("dataset_params", dataset, "public"))
            for key, text in settings_problems(settings.get("kind", ""), settings | own, has_panel):
                found[(*(place if key in own else place[2:]), key), text] = None
    yield from found


def _differential_privacy(checked: Checked) -> Iterator[Problem]:
    """Yield what would break the promise of models with differential privacy: data used without being paid for."""
    found: dict[Problem, None] = {}
    redraw, wanted = checked.get("generate", "redraw"), checked.get("release", "models")
    for dataset in checked.get("datasets", default=[]):
        cohort = checked.get("dataset_params", dataset, "cohort")
        is_private = checked.get("cohorts", cohort, "private", default=False)
        redraws = redraw == "all" or (redraw == "private" and is_private)
        trained = _trained_on(checked, dataset)
        settings = {
            model: checked.get("model_params", model, default={})
            | checked.get("dataset_params", dataset, "model_params", model, default={})
            for model in trained
        }
        # Neither value of the key suits a private cohort with models of both kinds.
        mixed = is_private and len({bool(settings[model].get("differential_privacy")) for model in trained}) > 1
        apart = "Train models with and without differential privacy in separate runs, with none and with private."
        for model in trained:
            place = ("dataset_params", dataset, "model_params", model)
            own = checked.get(*place, default={})
            privacy = settings[model].get("differential_privacy")
            if not privacy:
                if redraw == "none" and is_private:
                    text = f"would leave near copies of individuals of {dataset} in AGs of {model}, which has no"
                    todo = apart if mixed else "Write private."
                    found[("generate", "redraw"), f"{text} differential privacy. {todo}"] = None
                continue
            path = (*(place if "differential_privacy" in own else place[2:]), "differential_privacy")
            if "phase" in checked.get("cohorts", cohort, default={}):
                text = f"is not for {cohort}, whose individuals are phased together. Phase them one by one before."
                found[path, text] = None
            if is_private and checked.get("dataset_params", dataset, "public_share"):
                text = f"would train {model}, which has differential privacy, on these individuals without protection."
                found[("dataset_params", dataset, "public_share"), f"{text} Select the public panel by people."] = None
            if redraws:
                text = f"would compare AGs of {model}, which has differential privacy, with individuals of {dataset}."
                found[("generate", "redraw"), f"{text} {apart if mixed else 'Write none.'}"] = None
            if checked.get("dataset_params", dataset, "windows"):
                text = f"is for one model of all sites. Delete the windows of {dataset}, or write null."
                found[path, text] = None
            if is_private and isinstance(privacy, dict) and privacy.get("noise") == "seed":
                text = "noise that the seed determines does not protect a private cohort. Write secret."
                found[(*path, "noise"), text] = None
            if is_private and wanted == BEST:
                text = f"would let individuals of {dataset} choose among models, and {model} has differential privacy."
                found[("release", "models"), f"{text} Name the models."] = None
    yield from found


def _trained_on(checked: Checked, dataset: str) -> list[str]:
    """Return the models that the run trains on a data set, including those for AGs of given populations."""
    models = [model for model in checked.models_of(dataset) if checked.kind(model) != EXTERNAL]
    if dataset in checked.get("latent", "datasets", default=[]):
        models += checked.get("latent", "conditional") or []
    return models


def _externals(checked: Checked) -> Iterator[Problem]:
    """Yield what is wrong with the files of the models whose AGs the user supplies."""
    for name, model in checked.get("model_params", default={}).items():
        if model.get("kind") != EXTERNAL:
            continue
        path, genomes = ("model_params", name), model.get("genomes")
        for key in ("genomes", "legends", "trained_on"):
            undefined = dict(checked.undefined(model.get(key, {}), "dataset_params"))
            yield from (((*path, key, dataset), text) for dataset, text in undefined.items())
            for dataset in model.get(key, {}):
                if dataset in undefined:
                    continue
                if genomes is not None and dataset not in checked.written["model_params"][name]["genomes"]:
                    yield (*path, key, dataset), f"genomes has no {dataset}. Add it there, or remove it here."
                else:
                    yield from checked.file((*path, key, dataset))
        datasets = checked.chosen("datasets")
        is_run = datasets is not None and name in checked.get("models", default=[])
        if is_run and genomes and not any(checked.has_genomes(name, dataset) for dataset in datasets):
            text = (
                f"contains none of the run's datasets ({', '.join(datasets)}). Add one, or remove {name} from models."
            )
            yield (*path, "genomes"), text


def _customs(checked: Checked) -> Iterator[Problem]:
    """Yield what is wrong with the files of models that the user wrote; none of them is run."""
    for name, model in checked.get("model_params", default={}).items():
        if model.get("kind") != CUSTOM or "module" not in model:
            continue
        path = ("model_params", name, "module")
        missing = list(checked.file(path))
        yield from missing
        if not model["module"].endswith(".py"):
            yield path, f"{model['module']} does not end in .py. Name a Python file."
        elif not missing:
            yield from ((path, text) for text in interface_problems(existing(model["module"], checked.root)))


def _demographies(checked: Checked) -> Iterator[Problem]:
    """Yield what is wrong with the histories of coalescent models, also where a data set changes them."""
    models = checked.get("model_params", default={})
    places = [("model_params", name) for name in models]
    for dataset, settings in checked.get("dataset_params", default={}).items():
        for name in settings.get("model_params", {}):
            places.append(("dataset_params", dataset, "model_params", name))
    for path in places:
        own = checked.get(*path)
        settings = models.get(path[-1], {}) | own
        demography = settings.get("demography")
        if settings.get("kind") != "coalescent" or demography is None or not {"demography", "samples"} & own.keys():
            continue
        if demography == CONSTANT:
            if settings.get("samples"):
                yield (
                    (*path, "samples"),
                    "a constant population has no subpopulations. Write null, or name a demography.",
                )
            continue
        if "demography" in own:
            yield from checked.file((*path, "demography"))
        if "samples" in settings and not settings["samples"]:
            yield (*path, "samples"), "is null. Write the populations of the demography to sample from, as in {CEU: 1}."


CHECKS = (_names, _cohorts, _datasets, _split, _models)
