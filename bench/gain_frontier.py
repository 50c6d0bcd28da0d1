"""How much AGs improve imputation, against what attacks on membership find in them: does any gain come without memory?

    python bench/gain_frontier.py dpyd --seeds 1 2 3
    python bench/gain_frontier.py chr15 --only real hclt64 hclt256 reshape256 bernoulli biobank
    python bench/gain_frontier.py draw

Europeans are the biobank and the public panel lacks them: the dataset `apart` of dpyd.yaml or chr15.yaml, which the
workflow has prepared. Every set has as many AGs as a run of the workflow makes:

- hclt8 to hclt256 (hidden states), hclt64_groups4, ... (with groups of ancestry);
- hclt128_subsets2, ...: each of 2 trees learns from one half of the training individuals and makes half of the AGs;
- hclt64_epsilon8, ...: trees of the public panel, adapted to the training individuals with differential privacy;
- reshape1 to reshape4096 (generations), li_stephens: mosaics of training haplotypes by recombination;
- hclt256@100, ...: the first AGs of a set;
- bernoulli (the floor), biobank (the training haplotypes themselves: the ceiling);
- real: nothing is added to the panel. Attacks on public individuals instead of AGs show what they find by chance.

Written to results/bench/gain/{region}/{set}-{digest of its settings}/seed{seed}/: AGs, the tables of the audit, and the
imputed genotypes; what is there is not repeated. All sets of a region together give results/bench/gain/{region}.tsv,
and `draw` writes those of both regions to docs/gain.tsv, with the figure docs/gain.png.
"""

import argparse
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import yaml
from fidelity import ROOT, digest_of
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator
from threadpoolctl import threadpool_limits

from artificial_genomes.compare.audit import audit
from artificial_genomes.compare.matching import Candidate, match_people
from artificial_genomes.config.checks import read_defaults
from artificial_genomes.core import program
from artificial_genomes.core.colors import REAL
from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people, load_haplotypes
from artificial_genomes.core.kinds import KINDS
from artificial_genomes.core.program import whole_output
from artificial_genomes.core.random_streams import derived_seed, stream
from artificial_genomes.core.splits import load_split
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.figures.style import CONTROLS, new_figure, panel_letters, save_figure
from artificial_genomes.imputation.gains import imputation_gains
from artificial_genomes.imputation.impute import impute
from artificial_genomes.imputation.imputers import beagle
from artificial_genomes.imputation.panels import PUBLIC, Part, build_panel
from artificial_genomes.imputation.result import Imputed, read_imputed
from artificial_genomes.imputation.scores import allele_counts
from artificial_genomes.imputation.target import TYPED_COLUMNS
from artificial_genomes.io.vcf_writer import write_vcf
from artificial_genomes.models import model_module
from artificial_genomes.models.training import TrainingData, TrainingRun
from artificial_genomes.statistics import ld

log = logging.getLogger(__name__)

REGIONS = {"dpyd": "849 kb of DPYD", "chr15": "10,000 SNPs around OCA2"}
DATASET = "apart"
BENCH = ROOT / "results" / "bench" / "gain"
BIOBANK = "biobank"
BUDGET = {"epsilon": 8, "delta": 1e-5, "noise": "seed", "neighbours": 3}
# A tree of few states draws best at a temperature that the configurations, made for large trees, do not have.
TEMPERATURES = {"sampling_temperatures": [1.0, 0.9, 0.8, 0.75, 0.7, 0.65, 0.6]}
TRUSTED_QUALITY = 0.8
"""From this quality on, given public individuals alone, a site is imputed from these alone in the second measure."""
CHOSEN = " where public quality is low"
OTHERS = ("mia_calibrated_auc", "exact_copies_excess", "ld_r2_r")
PRICES = {
    "mia_auc": "AUC of the best attack on membership (better ←)",
    "mia_tpr": "Members found at 1 % false positives (better ←)",
}
TICKS = [0.02, 0.05, 0.1, 0.2, 0.5, 1]
COLORS = {kind: KINDS[kind][:2] for kind in ("hclt", "reshape", "li_stephens", "bernoulli")} | {
    BIOBANK: ("Biobank", REAL)
}
LINES = (("the biobank (ceiling)", "ceiling", BIOBANK), ("independent sites (floor)", "floor", "bernoulli"))
SEED, REPLICATES, MEMORY_MB = 1, 200, 2500


@dataclass(frozen=True)
class AgSet:
    """What makes a set of AGs.

    Attributes
    ----------
    kind
        Of the model; `real` and `biobank` have none.
    settings
        Settings that differ from those of the region's configuration.
    subsets
        Number of models, each of which learns from disjoint individuals.
    n_ags
        Number of AGs, the first ones; None for all.
    """

    kind: str
    settings: dict = field(default_factory=dict)
    subsets: int = 1
    n_ags: int | None = None


def _tree(states: int, **settings) -> AgSet:
    return AgSet("hclt", {"hidden_states": states} | TEMPERATURES | settings)


SETS = {
    PUBLIC: AgSet(PUBLIC),
    BIOBANK: AgSet(BIOBANK),
    "bernoulli": AgSet("bernoulli"),
    **{f"reshape{k}": AgSet("reshape", {"generations": k}) for k in (1, 8, 64, 256, 1024, 4096)},
    "li_stephens": AgSet("li_stephens"),
    **{f"hclt{k}": _tree(k) for k in (8, 16, 32, 64, 128, 256)},
    **{f"hclt{k}_groups{n}": _tree(k, ancestry_groups=n) for k, n in ((64, 4), (256, 8))},
    **{f"hclt{k}_subsets{n}": replace(_tree(k), subsets=n) for k, n in ((128, 2), (64, 4), (128, 4))},
    **{f"hclt{k}_epsilon8": _tree(k, differential_privacy=BUDGET) for k in (64, 128)},
}
# On 10,000 SNPs an epoch of 256 states takes as long as all of 64 states in DPYD; the temperature is that chosen there.
SETS["hclt256_epochs24"] = _tree(256, epochs=24, sampling_temperatures=[0.9])
SETS |= {
    f"{name}@{n}": replace(SETS[name], n_ags=n)
    for name in (BIOBANK, "reshape64", "reshape256", "reshape1024", "hclt256", "hclt256_epochs24")
    for n in (100, 250)
}


@dataclass(frozen=True)
class Region:
    """A prepared region: `real` has public individuals too, `split` says who is what; `target` is masked."""

    name: str
    real: Haplotypes
    split: np.ndarray
    target: Path
    typed: pd.DataFrame
    jar: Path
    build: str

    @classmethod
    def load(cls, name: str) -> "Region":
        """Read what the workflow has prepared, or end with what is missing."""
        prepared, masked = (ROOT / "results" / name / stage / DATASET for stage in ("prepare", "impute"))
        settings = read_defaults(ROOT)
        jar = ROOT / settings["imputation"]["beagle_jar"]
        for path in (masked / "target.vcf.gz", jar):
            if not path.exists():
                raise UserError(f"{path} is not there. Run make bench-gain.")
        real = load_haplotypes(prepared / "haplotypes.vcz.zip")
        split = load_split(prepared / "split.tsv", len(real.people))
        typed = read_tsv(masked / "typed.tsv", TYPED_COLUMNS)
        return cls(name, real, split, masked / "target.vcf.gz", typed, jar, "GRCh37")

    def people(self, *parts: str) -> Haplotypes:
        """Return the individuals of some parts of the split."""
        return self.real.take_people(np.isin(self.split, parts))

    def settings(self, one: AgSet) -> dict:
        """Return all settings of the model of a set."""
        own = yaml.safe_load((ROOT / "bench" / f"{self.name}.yaml").read_text())["dataset_params"][DATASET]
        return read_defaults(ROOT)["model_params"][one.kind] | own["model_params"].get(one.kind, {}) | one.settings

    def folder(self, name: str, seed: int) -> Path:
        """Return the folder of a set."""
        settings = self.settings(SETS[name]) if SETS[name].kind in KINDS else {}
        return BENCH / self.name / f"{name}-{digest_of(settings)}" / f"seed{seed}"


def artificial(region: Region, name: str, seed: int, threads: int) -> Haplotypes:
    """Return the AGs of a set; those of a whole set are kept."""
    whole, _, _ = name.partition("@")
    path = region.folder(whole, seed) / "ags.npz"
    if not path.exists():
        alleles = generated(region, SETS[whole], seed, threads)
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_output(path) as partial_path, open(partial_path, "wb") as file:
            np.savez(file, packed=np.packbits(alleles, axis=1))
    alleles = np.unpackbits(np.load(path)["packed"], axis=1, count=region.real.n_sites)[: SETS[name].n_ags]
    return Haplotypes(alleles, region.real.sites, artificial_people(len(alleles) // 2))


def generated(region: Region, one: AgSet, seed: int, threads: int) -> np.ndarray:
    """Return new AGs, (n, n_sites) uint8: as many as the dataset has haplotypes; for the biobank, its haplotypes."""
    train = region.people("train")
    n_pairs = (region.split != "public").sum() // one.subsets
    if one.kind == PUBLIC:
        public = region.people("public")
        return public.take_people(stream(seed, "public").permutation(len(public.people))[:n_pairs]).alleles
    if one.kind == BIOBANK:
        # Individuals stand sorted by population, and the first ones may be asked for.
        return train.take_people(stream(seed, "biobank").permutation(len(train.people))).alleles
    settings = region.settings(one)
    public = region.people("public").alleles if settings.get("differential_privacy") else None
    data = TrainingData(train.alleles, region.people("validation").alleles, region.real.sites, public=public)
    kind, parts = model_module(settings.pop("kind")), []
    # Of every population, each subset has its part.
    pairs = train.alleles.reshape(-1, 2, train.n_sites)
    for number in range(one.subsets):
        own_seed = derived_seed(seed, "subset", number) if one.subsets > 1 else seed
        own = replace(data, train=pairs[number :: one.subsets].reshape(-1, train.n_sites))
        model = kind.fit(own, settings, TrainingRun(own_seed, threads))
        parts.append(model.sample(2 * n_pairs, own_seed).reshape(-1, 2, train.n_sites))
    # The first AGs are of all models.
    return np.stack(parts, axis=1).reshape(-1, train.n_sites)


def measure(region: Region, name: str, seed: int, threads: int) -> None:
    """Make a set, attack it, and impute with it."""
    folder = region.folder(name, seed)
    if (folder / "imputed.vcf.gz.tbi").exists():
        return
    started = time.monotonic()
    genomes = {"ags": artificial(region, name, seed, threads)}
    made = time.monotonic() - started
    write_tsv(audited(region, genomes["ags"], threads), folder / "audit.tsv")
    log.info("%s seed %d: made in %.0f s, attacked after %.0f s", name, seed, made, time.monotonic() - started)
    parts = [Part(PUBLIC)] if name == PUBLIC else [Part(PUBLIC), Part("ags")]
    with TemporaryDirectory() as temporary:
        panel = Path(temporary) / "panel.vcf.gz"
        write_vcf(build_panel(parts, region.real, region.split, genomes), panel, region.build)
        run, version = partial(beagle.run, region.jar), beagle.version(region.jar)
        options = {"seed": seed, "threads": threads, "memory_mb": MEMORY_MB}
        impute(panel, region.target, region.typed, run, version, folder / "imputed.vcf.gz", **options)
    log.info("%s seed %d: done after %.0f s", name, seed, time.monotonic() - started)


def audited(region: Region, genomes: Haplotypes, threads: int) -> pd.DataFrame:
    """Return metric value ci_low ci_high: those of the privacy audit, and LD r against test individuals."""
    people = match_people(region.split, SEED)
    candidate = Candidate(genomes.alleles, np.arange(0), people.known)
    metrics = audit(region.real, people, candidate, SEED, REPLICATES, threads)["metrics"]
    contigs, positions = (region.real.sites[column].to_numpy() for column in ("contig", "position"))
    test = region.people("test").alleles
    n = min(len(test), len(genomes.alleles))
    ld_r = ld.compare_ld(test[:n], genomes.alleles[:n], contigs, positions, threads=threads).r
    rows = metrics[["metric", "value", "ci_low", "ci_high"]].to_dict("records")
    return pd.DataFrame([*rows, {"metric": "ld_r2_r", "value": ld_r}])


def by_public_quality(added: Imputed, public: Imputed) -> Imputed:
    """Return the result with AGs at sites that public individuals alone impute badly, and theirs at all others."""
    low = ~(public.quality >= TRUSTED_QUALITY)
    return Imputed(
        np.where(low, added.dosages, public.dosages),
        np.where(low, added.quality, public.quality),
        np.where(low, added.genotypes, public.genotypes),
    )


def results(region: Region, measured: dict[str, list[int]]) -> Iterator[tuple[tuple[str, int], Imputed]]:
    """Yield what `imputation_gains` reads, every set also with the AGs used where the public quality is low."""
    samples = region.people("test").people["sample"]

    def read(name: str, seed: int) -> Imputed:
        return read_imputed(region.folder(name, seed) / "imputed.vcf.gz", region.real.sites, samples)

    public = {seed: read(PUBLIC, seed) for seed in measured[PUBLIC]}
    yield from (((PUBLIC, seed), one) for seed, one in public.items())
    for name, seed in ((name, seed) for name, seeds in measured.items() if name != PUBLIC for seed in seeds):
        added = read(name, seed)
        yield (name, seed), added
        yield (name + CHOSEN, seed), by_public_quality(added, public[seed])


def summary(region: Region) -> pd.DataFrame:
    """Return a row per set that was measured: what attacks find (means of seeds, the largest upper end), and gains."""
    measured = {}
    for name in SETS:
        seeds = range(1, 10)
        if here := [seed for seed in seeds if (region.folder(name, seed) / "imputed.vcf.gz.tbi").exists()]:
            measured[name] = here
    bins = {key: read_defaults(ROOT)["imputation"][key] for key in ("maf_bins", "mac_bins")}
    truth = allele_counts(region.people("test"))
    gains = imputation_gains(results(region, measured), truth, region.typed, bins, SEED)
    gains = gains[gains["measure"].eq("r2") & gains["axis"].isin(["all", "rare", "mac"]) & gains["n_sites"].gt(0)]
    rows = []
    for name, seeds in measured.items():
        tables = [read_tsv(region.folder(name, seed) / "audit.tsv").set_index("metric") for seed in seeds]
        of_seeds = pd.concat(tables, keys=seeds)
        value, high = of_seeds["value"].groupby("metric").mean(), of_seeds["ci_high"].groupby("metric").max()
        n_ags = len(artificial(region, name, seeds[0], 1).alleles)
        row = {"region": region.name, "set": name, "kind": SETS[name].kind, "seeds": len(seeds), "n_ags": n_ags}
        for metric in (*PRICES, "mia_individual_auc"):
            row |= {metric: value[metric], f"{metric}_high": high[metric]}
        row |= {metric: value[metric] for metric in OTHERS}
        for added, prefix in ((name, "gain"), (name + CHOSEN, "chosen_gain")):
            for gain in gains[gains["panel"] == added].itertuples():
                label = f"{prefix}_{gain.axis}"
                if gain.axis == "mac":
                    label += f"{gain.low:.0f}_{gain.high:.0f}"
                row |= {label: gain.gain, f"{label}_low": gain.gain_low, f"{label}_high": gain.gain_high}
        counts = gains[gains["panel"] == name].set_index("axis")["n_sites"]
        rows.append(row | {"n_sites": counts["all"], "n_sites_rare": counts["rare"], "n_targets": len(truth)})
    table = pd.DataFrame(rows).round(4)
    return table.drop(columns=[name for name in table if name.startswith("chosen_gain_mac")])


def drawn(table: pd.DataFrame) -> Figure:
    """Return the figure: gain at low frequencies by what attacks find, a row of panels per region."""
    regions = [name for name in REGIONS if name in set(table["region"])]
    figure = new_figure(height=3.4 * len(regions))
    panels = figure.subplots(len(regions), len(PRICES), squeeze=False, sharex="col", sharey="row")
    for row, region in zip(panels, regions, strict=True):
        rows = table[table["region"] == region]
        for axes, price in zip(row, PRICES, strict=True):
            _frontier(axes, rows, price)
        n = f"{rows['n_sites_rare'].iloc[0]:,} sites, {rows['n_targets'].iloc[0]} individuals"
        row[0].set_ylabel(f"Gain in true $r^2$, MAF < 5 % (better ↑)\n{REGIONS[region]}, {n}")
    for axes, label in zip(panels[-1], PRICES.values(), strict=True):
        axes.set_xlabel(label)
    marks = {name: Line2D([], [], linestyle="", marker="o", color=color) for name, color in COLORS.values()}
    marks["Fewer AGs"] = Line2D([], [], linestyle="", marker="o", color="black", markerfacecolor="white")
    marks |= {f"Gain of {name}": Line2D([], [], **CONTROLS[control]) for name, control, _ in LINES}
    figure.legend(marks.values(), marks.keys(), ncols=5, loc="outside upper center")
    panel_letters(panels.ravel())
    return figure


def _frontier(axes: Axes, rows: pd.DataFrame, price: str) -> None:
    """Draw every set with its interval; grey is what the verdict allows."""
    axes.axvspan(0.01, read_defaults(ROOT)["verdict"]["privacy"][price]["at_most"], color="#ededed", zorder=0)
    axes.axhline(0, color="black", linewidth=0.5)
    axes.set_xlim(0.48, 1.02)
    for _, control, name in LINES:
        for gain in rows.loc[rows["set"] == name, "gain_rare"]:
            axes.axhline(gain, **CONTROLS[control])
    for one in rows[rows["kind"].isin(COLORS)].itertuples():
        x, y, (_, color) = getattr(one, price), one.gain_rare, COLORS[one.kind]
        style = {"fmt": "o", "markersize": 3, "linewidth": 0.6, "markeredgewidth": 0.7, "color": color}
        face = "white" if "@" in one.set else color
        axes.errorbar(x, y, [[y - one.gain_rare_low], [one.gain_rare_high - y]], markerfacecolor=face, **style)
        label = one.set.removeprefix(one.kind).replace("_", " ").replace("epsilon", "ε ").strip()
        # Trees to the left and others to the right, since many lie side by side.
        side = {"xytext": (-2.5, 1), "ha": "right"} if one.kind == "hclt" else {"xytext": (2.5, 1)}
        axes.annotate(label, (x, y), **side, textcoords="offset points", fontsize=5, color=color)
    if price == "mia_tpr":
        axes.set(xscale="log", xlim=(0.03, 1.2))
        axes.set_xticks(TICKS, [f"{100 * tick:g} %" for tick in TICKS])
        axes.xaxis.set_minor_locator(NullLocator())


def main() -> None:
    """Measure the sets of a region, or draw what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("region", choices=[*REGIONS, "draw"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--only", nargs="+", choices=SETS, default=[*SETS], metavar="SET", help="default: all sets")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if args.region == "draw":
        table = pd.concat([read_tsv(path) for name in REGIONS if (path := BENCH / f"{name}.tsv").exists()])
        write_tsv(table, ROOT / "docs" / "gain.tsv")
        save_figure(drawn(table), BENCH / "gain.svg", ROOT / "docs" / "gain.png")
        return
    region = Region.load(args.region)
    with threadpool_limits(args.threads):
        for seed in args.seeds:
            for name in dict.fromkeys([PUBLIC, *args.only]):
                measure(region, name, seed, args.threads)
        write_tsv(summary(region), BENCH / f"{args.region}.tsv")


if __name__ == "__main__":
    program.run(main)
