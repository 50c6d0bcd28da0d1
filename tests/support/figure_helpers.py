"""Tables of the stages as the figures read them, made up, and the figures of these tables."""

import numpy as np
import pandas as pd

from artificial_genomes.compare.attacks import ATTACKS, PLANTED
from artificial_genomes.compare.together import ld_matrix
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.figures import (
    fig1_pca,
    fig2_frequencies,
    fig3_ld,
    fig4_distances,
    fig5_privacy,
    fig6_scans,
    fig7_imputation,
    fig8_latent,
    figs1_training,
    figs8_scans,
    figs9_imputation,
    figs12_attacks,
    figs13_differences,
    figs_models,
)
from artificial_genomes.figures.sets import panel
from artificial_genomes.figures.style import settle
from artificial_genomes.imputation.tables import CALIBRATION_COLUMNS, GAIN_COLUMNS
from artificial_genomes.scans.candidates import candidates
from artificial_genomes.scans.statistics import STATISTICS

MODELS = ["gan", "rbm", "bernoulli", "my_model"]
CONTROLS = ["ceiling", "floor"]
SEEDS = [1, 2]
METRICS = [
    "aa_truth",
    "aa_syn",
    "af_r",
    "af_r_rare",
    "distance_within_w1",
    "distance_between_w1",
    "ld_r2_r",
    "pca_w1_mean",
    "three_point_r",
    *(
        name.format(statistic)
        for statistic in ("xpehh", "pbs", "ihs", "h12", "tajima_d")
        for name in ("{}_r", "{}_spearman", "top1_overlap_{}", "top1_p_{}")
    ),
]


def sets(names, table, seeds=SEEDS):
    """Stack table(model, seed) as `read_sets` does."""
    return pd.concat(
        [table(name, seed).assign(model=name, seed=seed) for name in names for seed in seeds], ignore_index=True
    )


def rng_of(*words):
    return np.random.default_rng([sum(map(ord, str(word))) for word in words])


def haplotypes(n_people=30, n_sites=40, seed=1):
    """Haplotypes with linkage disequilibrium: mosaics of a few founders, one site fixed."""
    rng = np.random.default_rng(seed)
    founders = rng.random((6, n_sites)) < 0.4
    founders[:, 5] = True
    alleles = founders[rng.integers(6, size=(2 * n_people, 1)), np.arange(n_sites)].astype(np.uint8)
    flips = rng.random(alleles.shape) < 0.03
    flips[:, 5] = False
    sites = pd.DataFrame(
        {"contig": "1", "position": np.arange(n_sites) * 500 + 1000, "id": ".", "ref": "A", "alt": "C"}
    )
    people = artificial_people(n_people).assign(superpopulation=np.array(["AFR", "EUR", ""])[np.arange(n_people) % 3])
    return Haplotypes(np.where(flips, 1 - alleles, alleles).astype(np.uint8), sites, people)


def metrics_table(names=None, seeds=SEEDS):
    def table(name, seed):
        rng = rng_of(name, seed)
        rows = [
            (reference, metric, value, value - 0.05, value + 0.05, 60)
            for reference in ("train", "test")
            for metric, value in zip(METRICS, rng.uniform(0.2, 0.9, len(METRICS)), strict=True)
        ]
        rows.append(("train+test", "privacy_loss", rng.normal(0, 0.02), np.nan, np.nan, 60))
        rows.append(("train+test", "mia_auc", rng.normal(0.5, 0.02), 0.45, 0.56, 60))
        return pd.DataFrame(rows, columns=["reference", "metric", "value", "ci_low", "ci_high", "n"])

    return sets([*MODELS, *CONTROLS] if names is None else names, table, seeds)


def pca_tables():
    """Scores of more sets than a figure shows, in an order of their own, on more axes than it shows."""
    parts = []
    for name in ("floor", *MODELS[::-1], "real", "other"):
        points = pd.DataFrame(rng_of(name, "pca").normal(size=(60, 3)), columns=["pc1", "pc2", "pc3"])
        labels = np.array(["AFR", "EUR", None])[np.arange(60) // 2 % 3] if name == "real" else None
        parts.append(points.assign(set=name, superpopulation=labels))
    return pd.concat(parts, ignore_index=True), pd.DataFrame({"axis": [1, 2, 3], "explained": [0.2, 0.1, 0.05]})


def figure_1(seeds=SEEDS):
    return fig1_pca, fig1_pca.numbers(*pca_tables(), metrics_table(seeds=seeds))


def frequency_table(name, seed):
    real, rng = haplotypes().allele_frequencies(), rng_of(name, seed)
    ag = np.clip(real + rng.normal(0, 0.03, len(real)), 0, 1)
    return pd.DataFrame({"reference": "test", "contig": "1", "position": range(len(real)), "real": real, "ag": ag})


def figure_2(seeds=SEEDS):
    def three_point(name, seed):
        rng = rng_of(name, seed)
        real = rng.normal(0, 0.03, 60)
        ag = real * 0 if name == "floor" else real + rng.normal(0, 0.01, 60)
        return pd.DataFrame({"reference": "test", "gap": ["1", "4", "random"] * 20, "real": real, "ag": ag})

    return fig2_frequencies, fig2_frequencies.numbers(
        sets(MODELS, frequency_table, seeds), sets([*MODELS, *CONTROLS], three_point, seeds), metrics_table(seeds=seeds)
    )


def decay_table(name, seed):
    edges = np.array([100, 1000, 10000, 20000])
    ag = rng_of(name, seed).random(3)
    return pd.DataFrame(
        {
            "reference": "test",
            "start_bp": edges[:-1],
            "end_bp": edges[1:],
            "pairs": [50, 90, 3],
            "real": [0.5, 0.2, 0.9],
            "ag": ag,
        }
    )


def matrix_table(models, sites=None):
    """The LD of the real haplotypes and of models, at sites that may lie elsewhere."""
    real = haplotypes()
    alleles = {model: haplotypes(seed=i).alleles for i, model in enumerate(models, 2)}
    return ld_matrix(real.sites if sites is None else sites, {"real": real.alleles, **alleles})


NO_DECAY = pd.DataFrame(columns=["model", "seed", "reference", "start_bp", "end_bp", "pairs", "real", "ag"])


def figure_3(seeds=SEEDS):
    decay = sets([*MODELS, *CONTROLS], decay_table, seeds)
    return fig3_ld, fig3_ld.numbers(matrix_table(MODELS), decay, metrics_table(seeds=seeds))


def distance_table(name, seed):
    rng, parts = rng_of(name, seed), []
    for reference in ("test", "train"):
        for comparison in ("within_real", "within_ag", "between"):
            drawn = rng.binomial(200, 0.3, 500)
            values, counts = np.unique(drawn, return_counts=True)
            parts.append(
                pd.DataFrame({"reference": reference, "comparison": comparison, "distance": values, "count": counts})
            )
    return pd.concat(parts)


def figure_4(seeds=SEEDS):
    return fig4_distances, fig4_distances.numbers(
        sets([*MODELS, *CONTROLS], distance_table, seeds), metrics_table(seeds=seeds)
    )


def figure_5(seeds=SEEDS):
    def nearest(name, seed):
        rng, parts = rng_of(name, seed), []
        for kind in ("dTT", "dTS", "dST", "dSS"):
            values, counts = np.unique(rng.poisson(8, 60), return_counts=True)
            parts.append(pd.DataFrame({"reference": "test", "kind": kind, "distance": values, "count": counts}))
        return pd.concat(parts)

    return fig5_privacy, fig5_privacy.numbers(sets([*MODELS, *CONTROLS], nearest, seeds), metrics_table(seeds=seeds))


NO_CANDIDATES = pd.DataFrame(columns=["model", "seed", "statistic", "genes"])
GENES = pd.DataFrame(
    [("IN", "7", 20_000, 60_000), ("OUT", "7", 900_000, 950_000), ("EDGE", "7", 140_000, 400_000)],
    columns=["name", "contig", "start", "end"],
)


def scan_tracks(statistics, contigs="7"):
    """Return a function that makes the tracks of a set: 150 sites or 29 windows a statistic, one without a value."""

    def tracks(name, seed):
        rng, parts = rng_of(name, seed), []
        for statistic in statistics:
            of_site = STATISTICS[statistic].unit == "site"
            start = np.arange(150) * 1000 + 5000 if of_site else np.arange(29) * 5000 + 5000
            contig = np.array(contigs.split())[np.arange(len(start)) * len(contigs.split()) // len(start)]
            values = rng.normal(size=len(start))
            values[3] = np.nan
            parts.append(
                pd.DataFrame(
                    {
                        "statistic": statistic,
                        "contig": contig,
                        "start": start,
                        "end": start if of_site else start + 9000,
                        "id": "",
                        "n": 1 if of_site else 10,
                        "raw": values,
                        "value": values,
                    }
                )
            )
        return pd.concat(parts)

    return tracks


def scan_metrics(seeds):
    metrics = metrics_table(seeds=seeds)
    return metrics[metrics["reference"] == "test"].assign(reference="test")


def candidates_of_real(tracks):
    of_real = tracks[tracks["model"] == "real"]
    return sets(["real"], lambda _, seed: candidates(of_real[of_real["seed"] == seed], GENES), of_real["seed"].unique())


def scan_figure(module, statistics, seeds=SEEDS, contigs="7"):
    tracks = sets(["real", *MODELS], scan_tracks(statistics, contigs), seeds)
    return module, module.numbers(tracks, candidates_of_real(tracks), scan_metrics(seeds), GENES)


def figure_6(seeds=SEEDS):
    return scan_figure(fig6_scans, ["xpehh", "pbs", "pbsn1", "ihs"], seeds)


def figure_s8(seeds=SEEDS):
    return scan_figure(figs8_scans, ["xpehh", "ihs", "h12", "tajima_d"], seeds)


PANELS = ["real", "real+gan", "real+rbm", "real+biobank"]


def gains_table(panels, tool="beagle"):
    """Gains as `imputation_gains` writes them; the second bin holds no site."""
    axes = [("all", 0, 0.5), ("rare", 0, 0.05), ("maf", 0, 0.05), ("maf", 0.05, 0.1), ("maf", 0.1, 0.5)]
    axes += [("mac", 0, 0), ("mac", 1, 2), ("mac", 3, np.inf)]
    rows = []
    for name in panels:
        rng = rng_of(name, tool)
        for measure in ("r2", "nonref_concordance", "quality"):
            for axis, low, high in axes:
                value, gain = rng.uniform(0.4, 0.9), 0.0 if name == "real" else rng.normal(0, 0.02)
                n = 0 if (axis, low) == ("maf", 0.05) else 20
                numbers = (value, 0.02, gain, gain - 0.01, gain + 0.01, 0.3, 0.2) if n else (np.nan,) * 7
                rows.append((name, measure, axis, low, high, *numbers, n, 30, 2))
    return pd.DataFrame(rows, columns=GAIN_COLUMNS)


def figure_7(seeds=SEEDS):
    return fig7_imputation, fig7_imputation.numbers(gains_table([*PANELS, "real+rbm@100", "rbm"]))


def figure_s9(seeds=SEEDS):
    def calibration(name, seed):
        rng = rng_of(name, seed)
        rows = [
            (kind, low, low + 0.1, low + 0.05, rng.random(), 9) for kind in ("dosage", "quality") for low in (0, 0.9)
        ]
        return pd.DataFrame(rows, columns=CALIBRATION_COLUMNS)

    panels = [*PANELS, "real+rbm@100", "real+rbm@20", "rbm"]
    gains = pd.concat([gains_table(panels, tool).assign(tool=tool) for tool in ("beagle", "minimac4")])
    return figs9_imputation, figs9_imputation.numbers(gains, sets(panels, calibration, seeds))


def figure_8(seeds=SEEDS):
    def coordinates(_, seed):
        rng, parts = np.random.default_rng(seed), []
        for space in ("hidden", "genotypes"):
            for name in ("train", "test", "ag"):
                points = pd.DataFrame(rng.normal(size=(20, 2)), columns=["pc1", "pc2"])
                people = [None] * 20 if name == "ag" else ["AFR", "EUR"] * 10
                parts.append(points.assign(space=space, set=name, superpopulation=people))
        return pd.concat(parts)

    def variance(_, seed):
        return pd.DataFrame({"space": ["hidden"] * 2 + ["genotypes"] * 2, "axis": [1, 2] * 2, "explained": 0.1 * seed})

    def metrics(_, seed):
        rows = [("test", name, 0.5 + 0.1 * seed, 0.4, 0.8, 40) for name in fig8_latent.FEATURES]
        return pd.DataFrame(rows, columns=["reference", "metric", "value", "ci_low", "ci_high", "n"])

    tables = (sets(["structure"], table, seeds) for table in (coordinates, variance, metrics))
    return fig8_latent, fig8_latent.numbers(*tables)


def training_table(model, seed):
    """What trainings write: two losses or one, a score with its parts or a likelihood, and nothing without epochs."""
    if model == "bernoulli":
        return pd.DataFrame(columns=["epoch", "score", "kept"], dtype=object)
    rng, epochs = rng_of(model, seed), np.arange(5, 125, 5)
    losses = (
        {"discriminator_loss": rng.random(24), "generator_loss": rng.random(24)} if model == "gan" else {"loss": 1.0}
    )
    table = pd.DataFrame({"epoch": epochs, **losses, "score": rng.uniform(0.2, 2, 24)})
    table["kept"] = (table.index == table["score"].idxmin()).astype(int)
    if model == "my_model":
        return table.assign(score=400 + table["score"])
    parts = {name: rng.random(24) for names in figs1_training.PARTS.values() for name in names}
    return table.assign(**parts, variety=1.0)


def figure_s1(seeds=SEEDS):
    tables = [training_table(model, seed).assign(model=model, seed=seed) for model in MODELS for seed in seeds]
    people = pd.DataFrame({"split": ["train"] * 8 + ["validation"] * 3 + ["test"] * 2})
    return figs1_training, figs1_training.numbers(tables, people)


def attack_metrics(names=None, seeds=SEEDS):
    """Fidelity and attacks: one attack does better than the others, and less is found of what is planted later."""

    def table(name, seed):
        rng = rng_of(name, seed, "attacks")
        fidelity = rng.uniform(0, 1, 2)
        best, *aucs = np.sort(rng.uniform(0.48, 0.7, len(ATTACKS) + 1))[::-1]
        rates = np.sort(rng.uniform(0, 1, len(PLANTED)))[::-1]
        rows = [("train", "ld_r2_r", fidelity[0]), ("test", "ld_r2_r", fidelity[1])]
        rows.append(("train+test", "mia_individual_auc", best))
        rows += [("train+test", f"mia_{attack}_auc", auc) for attack, auc in zip(ATTACKS, aucs, strict=True)]
        rows += [("train+test", f"planted_{one}_tpr", rate) for one, rate in zip(PLANTED, rates, strict=True)]
        rows = [(*row, row[2] - 0.03 * rng.random(), row[2] + 0.03 * rng.random(), 60) for row in rows]
        return pd.DataFrame(rows, columns=["reference", "metric", "value", "ci_low", "ci_high", "n"])

    return sets([*MODELS, *CONTROLS] if names is None else names, table, seeds)


def figure_s12(seeds=SEEDS):
    return figs12_attacks, figs12_attacks.numbers(attack_metrics(seeds=seeds))


def difference_table(name, seed):
    """Means per haplotype by class; of one class, too little is counted to be shown."""
    rng = rng_of(name, seed, "differences")
    classes = [(part, low, high, 50) for part in ("mismatches", "mutations") for low, high in ((0, 0.05), (0.05, 0.5))]
    classes += [("runs", low, high, np.nan) for low, high in ((1, 2), (2, 5), (5, np.inf))]
    classes += [("joins", np.nan, np.nan, np.nan), ("tracts", np.nan, np.nan, np.nan)]
    table = pd.DataFrame(classes, columns=["part", "low", "high", "sites"]).assign(reference="test", n=60, real=2.0)
    table["ag"] = np.where(table["low"] == 2, 0.1, 2 * rng.uniform(0.5, 3, len(table)))
    return table


def figure_s13(seeds=SEEDS):
    rows = metrics_table(seeds=seeds)
    ratios = rows[rows["metric"].isin(["af_r", "ld_r2_r"])]
    ratios = ratios.assign(metric=ratios["metric"].map({"af_r": "joins_ratio", "ld_r2_r": "mutations_ratio"}))
    return figs13_differences, figs13_differences.numbers(sets([*MODELS, *CONTROLS], difference_table, seeds), ratios)


def figure_models(seeds=SEEDS):
    """The figure of some models; that of sites of its own has no AGs, frequencies and AATS parts there."""
    everybody = [*MODELS, "coalescent", *CONTROLS]
    metrics = metrics_table(everybody, seeds)
    metrics = metrics[(metrics["model"] != "coalescent") | (metrics["metric"] == "distance_within_w1")]
    return figs_models, figs_models.numbers(
        *pca_tables(),
        sets(MODELS, frequency_table, seeds),
        sets(everybody, decay_table, seeds),
        sets(everybody, distance_table, seeds),
        metrics,
    )


MAIN_FIGURES = [figure_1, figure_2, figure_3, figure_4, figure_5, figure_6, figure_7, figure_8]
FIGURES = [*MAIN_FIGURES, figure_s1, figure_s8, figure_s9, figure_s12, figure_s13, figure_models]
NUMBERS = [*range(1, 9), "s1", "s8", "s9", "s12", "s13", "models"]


def axes_with(figure, letter):
    return next(axes for axes in figure.axes if axes.get_title(loc="left") == letter)


def points_of(axes, nth=0):
    return np.asarray(axes.collections[nth].get_offsets())


def track_of(numbers, statistic, model):
    tracks = panel(numbers, "tracks")
    return tracks[(tracks["statistic"] == statistic) & (tracks["model"] == model)].reset_index(drop=True)


class DrawnFigures(dict):
    """Every figure of two seeds by its number, made when it is asked for: its module, its numbers and the figure.

    Figures are as they are written, with their final layout.
    """

    def __missing__(self, number):
        module, numbers = FIGURES[NUMBERS.index(number)]()
        figure = module.draw(numbers)
        settle(figure)
        self[number] = module, numbers, figure
        return self[number]
