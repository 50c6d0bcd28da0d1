"""What every metric means, in words for readers of the report."""

import re
from typing import NamedTuple

from artificial_genomes.core.labels import feature
from artificial_genomes.scans.statistics import STATISTICS, TOP_PLACES_MIN


class Definition(NamedTuple):
    """What a metric is.

    Attributes
    ----------
    label, group, meaning
        Its short name in tables, the table that it stands in, and its definition.
    graded
        Whether a place between ceiling and floor says how good a value is.
    """

    label: str
    group: str
    meaning: str
    graded: bool = True


GROUPS = (
    "Frequencies and linkage",
    "Structure and distances",
    "Copying and privacy",
    "Selection",
    "Imputation",
    "Hidden layer",
    "Other",
)

_LINKAGE, _STRUCTURE, _PRIVACY, _SELECTION, _IMPUTATION, _HIDDEN, _OTHER = GROUPS

DEFINITIONS = {
    "af_r": Definition("AF r", _LINKAGE, "Pearson correlation of real and AG allele frequencies over all sites."),
    "af_r_rare": Definition("AF r, rare", _LINKAGE, "The same over sites whose real frequency is at most 0.2."),
    "fixed_sites": Definition(
        "Fixed sites", _LINKAGE, "Sites that vary in the real haplotypes and have a single allele in the AGs."
    ),
    "fixed_sites_share": Definition(
        "Fixed sites, share", _LINKAGE, "The same as a share of the sites that vary in real."
    ),
    "singletons_ratio": Definition(
        "Singletons",
        _LINKAGE,
        "Sites whose rarer allele occurs once among the AGs, for each such site among as many real haplotypes; 1 is "
        "ideal.",
        graded=False,
    ),
    "af_spectrum_w1": Definition(
        "AF spectrum W₁",
        _LINKAGE,
        "Wasserstein distance between the minor allele frequencies of the sites in the AGs and those in real "
        "haplotypes (folded frequency spectra), whichever the sites are.",
    ),
    "ld_r2_r": Definition(
        "LD r", _LINKAGE, "Pearson correlation of real and AG r² over all pairs of sites that vary in both."
    ),
    "ld_r2_r_rare": Definition(
        "LD r, rare", _LINKAGE, "The same over pairs with a site whose real minor allele frequency is below 5 %."
    ),
    "ld_r2_r_common": Definition("LD r, common", _LINKAGE, "The same over pairs of other sites."),
    "ld_decay_mae": Definition(
        "LD decay error", _LINKAGE, "Mean absolute difference of the mean r² in bins of distance, within a chromosome."
    ),
    "ld_joins_ratio": Definition(
        "LD across joins",
        _LINKAGE,
        "Mean r² of sites on different sides of a join of windows in the AGs, for that in real haplotypes; 1 is ideal. "
        "Joins in gaps of more than 200 kb do not count.",
        graded=False,
    ),
    "three_point_r": Definition(
        "3-point r", _LINKAGE, "Pearson correlation of real and AG three-point correlations over random triplets."
    ),
    "pca_w1_mean": Definition(
        "PCA W₁",
        _STRUCTURE,
        "Wasserstein distance of real and AG haplotypes along each principal axis of both together, mean of the axes.",
    ),
    "pca_w1_pc1": Definition("W₁ PC1", _STRUCTURE, "The same on the first axis."),
    "pca_w1_pc2": Definition("W₁ PC2", _STRUCTURE, "The same on the second axis."),
    "pca_w2d": Definition(
        "PCA W, 2-D",
        _STRUCTURE,
        "Wasserstein distance in the plane of the first two axes, squared Euclidean cost divided by its maximum.",
    ),
    "pca_independent_w1_mean": Definition(
        "PCA W₁, independent",
        _STRUCTURE,
        "Wasserstein distance along principal axes that each set has of its own, mean of the axes: the AGs may vary "
        "in other things than real haplotypes do.",
    ),
    "pca_combined_w1_mean": Definition(
        "PCA W₁, combined", _STRUCTURE, "PCA W₁ on the axes of real haplotypes and all AG sets of the dataset together."
    ),
    "pca_combined_w1_pc1": Definition("W₁ PC1, combined", _STRUCTURE, "The same on the first axis."),
    "pca_combined_w1_pc2": Definition("W₁ PC2, combined", _STRUCTURE, "The same on the second axis."),
    "pca_combined_w2d": Definition("PCA W, 2-D, combined", _STRUCTURE, "The same in the plane of the first two axes."),
    "distance_within_w1": Definition(
        "Distances within",
        _STRUCTURE,
        "Wasserstein distance between pairwise Hamming distances among AGs and those among real haplotypes, in sites.",
    ),
    "distance_between_w1": Definition(
        "Distances between",
        _STRUCTURE,
        "Wasserstein distance between pairwise Hamming distances of AGs to real haplotypes and those among real "
        "haplotypes, in sites.",
    ),
    "population_share_tv": Definition(
        "Population shares",
        _STRUCTURE,
        "Haplotypes that would have to change their population for the AGs to have the real shares (total variation "
        "distance); both are assigned by the 15 nearest real haplotypes of other people.",
    ),
    "knn_agreement": Definition(
        "Neighbours agree",
        _STRUCTURE,
        "Share of the 15 nearest real haplotypes that are of the population that an AG is assigned to; low for AGs "
        "between populations.",
    ),
    "fst_mae": Definition(
        "Fst error",
        _STRUCTURE,
        "Mean absolute difference of Hudson's Fst between populations in real haplotypes and in AGs assigned to them.",
    ),
    "haplotype_heterozygosity_mae": Definition(
        "Haplotype heterozygosity",
        _STRUCTURE,
        "Mean absolute difference of the chance that two haplotypes differ within a window of sites.",
    ),
    "aa_truth": Definition(
        "AAtruth",
        _PRIVACY,
        "Share of real haplotypes that are nearer to another real haplotype than to any AG, a tie counted half. 0.5 is "
        "ideal; low values mean that AGs sit on real haplotypes, high values that they stay away.",
    ),
    "aa_syn": Definition(
        "AAsyn",
        _PRIVACY,
        "Share of AGs that are nearer to another AG than to any real haplotype, a tie counted half. 0.5 is ideal; high "
        "values mean that AGs are too alike.",
    ),
    "aats": Definition(
        "AATS",
        _PRIVACY,
        "Mean of AAtruth and AAsyn. Blind alone: independent sites can score 0.5 with parts of 1 and 0.",
        graded=False,
    ),
    "aa_truth_strict": Definition(
        "AAtruth, strict", _PRIVACY, "AAtruth where a tie counts nothing, as publications have it."
    ),
    "aa_syn_strict": Definition("AAsyn, strict", _PRIVACY, "The same for AAsyn."),
    "privacy_loss": Definition(
        "Privacy loss",
        _PRIVACY,
        "AATS against test people less AATS against training people; above 0, AGs are nearer to the latter.",
        graded=False,
    ),
    "privacy_loss_strict": Definition(
        "Privacy loss, strict", _PRIVACY, "Privacy loss where a tie counts nothing.", graded=False
    ),
    "mia_auc": Definition(
        "MIA AUC",
        _PRIVACY,
        "Membership inference: how well the distance to the nearest of all AGs tells people seen in training from "
        "others; 0.5 is not at all.",
        graded=False,
    ),
    "mia_tpr": Definition(
        "MIA TPR",
        _PRIVACY,
        "Share of the people seen in training that this finds when it takes 1 % of others for such; 0.01 is chance.",
        graded=False,
    ),
    "mia_calibrated_auc": Definition(
        "MIA AUC, calibrated",
        _PRIVACY,
        "MIA AUC by that distance less the distance to the nearest of other real haplotypes: a stronger attack on "
        "rare haplotypes.",
        graded=False,
    ),
    "mia_calibrated_tpr": Definition(
        "MIA TPR, calibrated", _PRIVACY, "MIA TPR of the calibrated attack.", graded=False
    ),
    "mia_worst_population_auc": Definition(
        "MIA AUC, worst population",
        _PRIVACY,
        "The calibrated attack in the population where it works best (those with at least 100 haplotypes).",
        graded=False,
    ),
    "planted_tpr": Definition(
        "Planted copies found",
        _PRIVACY,
        "Power of the audit: copies of training haplotypes that no other person has are planted among the AGs; the "
        "share of them that the calibrated attack finds at 1 % false positives. Near 0.01 a quiet audit proves "
        "nothing.",
        graded=False,
    ),
    "exact_copies": Definition(
        "Copies",
        _PRIVACY,
        "AGs equal at every site to a haplotype of the training or validation people, or to any real one where nobody "
        "knows whom a model has learnt from.",
        graded=False,
    ),
    "exact_copies_share": Definition("Copies, share", _PRIVACY, "The same as a share of all AGs.", graded=False),
    "exact_copies_excess": Definition(
        "Copies, excess",
        _PRIVACY,
        "That share less the share of unseen real haplotypes that equal a training haplotype by chance.",
        graded=False,
    ),
    "near_copies_share": Definition(
        "Near copies",
        _PRIVACY,
        "AGs nearer to a training haplotype than 1 % of unseen real haplotypes are; 0.01 is what real people have. Not "
        "defined where more than 1 % of those equal a training haplotype.",
        graded=False,
    ),
    "near_unseen_excess": Definition(
        "Nearer to unseen people",
        _PRIVACY,
        "AGs nearer to a haplotype of test people than 1 % of training haplotypes are, less the near copies. Above 0 "
        "the test people were not unseen.",
        graded=False,
    ),
    "duplicates": Definition("Duplicates", _PRIVACY, "Identical pairs among the AGs compared.", graded=False),
    "duplicates_share": Definition("Twins", _PRIVACY, "Share of the AGs that equal another AG at every site."),
    "imputation_r2": Definition(
        "True r²", _IMPUTATION, "Squared correlation of imputed dosage and masked truth, mean over imputed sites."
    ),
    "imputation_r2_rare": Definition(
        "True r², rare", _IMPUTATION, "The same over sites with a minor allele frequency below 5 %."
    ),
    "imputation_concordance": Definition("Concordance", _IMPUTATION, "Share of imputed genotypes that are right."),
    "imputation_nonref_concordance": Definition(
        "Non-reference concordance", _IMPUTATION, "The same over genotypes with ALT in truth or in the result."
    ),
    "imputation_dosage_slope": Definition(
        "Dosage slope", _IMPUTATION, "Slope of the truth on the imputed dosage; 1 is calibrated.", graded=False
    ),
    "imputation_quality": Definition(
        "Own quality", _IMPUTATION, "The program's own estimate of r² (DR2, R2, INFO), mean over imputed sites."
    ),
    "imputation_quality_rare": Definition("Own quality, rare", _IMPUTATION, "The same over sites below 5 %."),
    "imputation_r2_gain": Definition("Gain", _IMPUTATION, "True r² less that of the panel of public people alone."),
    "imputation_r2_rare_gain": Definition("Gain, rare", _IMPUTATION, "The same over sites below 5 %."),
    "imputation_concordance_gain": Definition(
        "Gain in concordance", _IMPUTATION, "Concordance less that of the panel of public people alone."
    ),
    "imputation_nonref_concordance_gain": Definition(
        "Gain in non-reference concordance", _IMPUTATION, "The same of genotypes with ALT in truth or in the result."
    ),
    "imputation_quality_gain": Definition(
        "Gain in own quality",
        _IMPUTATION,
        "The program's own quality less that of the panel of public people alone; it can rise while truth falls.",
        graded=False,
    ),
    "imputation_quality_rare_gain": Definition(
        "Gain in own quality, rare", _IMPUTATION, "The same over sites below 5 %.", graded=False
    ),
    "best_epoch_share": Definition(
        "Best epoch",
        _OTHER,
        "Epoch with the best score on validation individuals, divided by the last epoch of the training; 1 means that "
        "the training has not converged, and more epochs may give better AGs.",
        graded=False,
    ),
    "train_on_ag_accuracy": Definition(
        "Trained on AGs",
        _HIDDEN,
        "Balanced accuracy of telling the superpopulation of test people after learning from AGs alone. AGs without "
        "labels of their own are labelled by a classifier of training people, whose knowledge they so carry.",
    ),
    "masked_r2": Definition(
        "Masked r²",
        _HIDDEN,
        "Squared correlation of dosage and truth over masked sites, completed by the RBM; the ceiling is Beagle with "
        "the training people as panel, the floor the commonest allele.",
    ),
    "masked_r2_rare": Definition("Masked r², rare", _HIDDEN, "The same over sites below 5 %."),
    "masked_concordance": Definition("Masked concordance", _HIDDEN, "Share of masked genotypes that are right."),
    "masked_nonref_concordance": Definition(
        "Masked non-reference concordance", _HIDDEN, "The same over genotypes with ALT in truth or in the result."
    ),
    "conditional_af_r": Definition(
        "AF r by population",
        _HIDDEN,
        "AGs made of given populations: Pearson's r of allele frequencies with test people of the same population, "
        "mean over populations.",
    ),
    "conditional_ld_r2_r": Definition("LD r by population", _HIDDEN, "The same of r² over pairs of sites."),
    "conditional_fst_own": Definition(
        "Fst to own population",
        _HIDDEN,
        "Hudson's Fst between AGs made of a population and its test people, mean over populations; 0 is ideal.",
    ),
    "conditional_fst_margin": Definition(
        "Fst margin", _HIDDEN, "Fst to the nearest other population less that to the own one, mean over populations."
    ),
    "conditional_accuracy": Definition(
        "Taken for their population",
        _HIDDEN,
        "Share of the AGs made of a population that a classifier of training people takes for it, mean over "
        "populations.",
    ),
    "latent_modes": Definition(
        "Modes",
        _HIDDEN,
        "Singular values of the weights above all those of weights permuted within hidden units.",
        graded=False,
    ),
    "latent_mode_ancestry": Definition(
        "Ancestry of a mode",
        _HIDDEN,
        "Largest share, over modes, of the variance of test people along it that lies between superpopulations.",
        graded=False,
    ),
    "latent_prototypes": Definition(
        "Prototypes",
        _HIDDEN,
        "Fixed points of the mean-field equations that training haplotypes flow to.",
        graded=False,
    ),
    "latent_prototype_purity": Definition(
        "Purity of prototypes",
        _HIDDEN,
        "Share of training haplotypes whose superpopulation is that of most that flow to the same prototype.",
        graded=False,
    ),
    "latent_prototype_copies": Definition(
        "Prototypes that are real",
        _HIDDEN,
        "Prototypes that, rounded, equal a haplotype of the training people.",
        graded=False,
    ),
}


def definition_of(metric: str) -> Definition:
    """Return the definition of a metric; an unknown one is shown under its own name."""
    if metric.startswith("three_point_r_"):
        gap = metric.removeprefix("three_point_r_")
        where = "anywhere" if gap == "random" else f"{gap} sites apart"
        return Definition(f"3-point r, {gap}", _LINKAGE, f"3-point r over triplets of sites {where}.")
    if metric in DEFINITIONS:
        return DEFINITIONS[metric]
    return (
        _scan_definition(metric)
        or _tool_definition(metric)
        or _latent_definition(metric)
        or Definition(metric, _OTHER, "No definition.", graded=False)
    )


def _scan_definition(metric: str) -> Definition | None:
    """Return the definition of a metric of the scans, which all statistics have."""
    for statistic, of_statistic in STATISTICS.items():
        title, places = of_statistic.title, f"{of_statistic.unit}s"
        known = {
            f"{statistic}_r": Definition(f"{title} r", _SELECTION, f"Pearson's r with the real track, over {places}."),
            f"{statistic}_spearman": Definition(
                f"{title} Spearman", _SELECTION, f"Rank correlation with the real track, over {places}."
            ),
            f"{statistic}_nrmse": Definition(
                f"{title} difference",
                _SELECTION,
                f"Root mean square difference of real and AG {title}, in standard deviations of the real one.",
            ),
            f"top1_overlap_{statistic}": Definition(
                f"Top 1 % {title}",
                _SELECTION,
                f"Share of the most extreme 1 % of {places} by real {title} that the AGs rank there too; not reported "
                f"where these are fewer than {TOP_PLACES_MIN} {places}.",
            ),
            f"top1_p_{statistic}": Definition(
                f"Top 1 % {title}, p",
                _SELECTION,
                "Share of all shifts of one track along the other with at least that overlap.",
                graded=False,
            ),
        }
        if metric in known:
            return known[metric]
    return None


def _tool_definition(metric: str) -> Definition | None:
    """Return the definition of a metric of a further imputation program: `imputation_r2_minimac4`."""
    name, _, tool = metric.rpartition("_")
    if not metric.startswith("imputation_") or name not in DEFINITIONS:
        return None
    return DEFINITIONS[name]._replace(label=f"{DEFINITIONS[name].label}, {tool}")


def _latent_definition(metric: str) -> Definition | None:
    """Return the definition of a metric of supervised tasks, which all features have."""
    over = re.fullmatch(r"(masked_\w+)_over_beagle|latent(_fine)?_over_(\w+)", metric)
    if over and over[1] in DEFINITIONS:
        own = DEFINITIONS[over[1]]
        return Definition(f"{own.label}, over Beagle", _HIDDEN, "The same less that of Beagle.", graded=False)
    if over and over[3]:
        what = "populations" if over[2] else "superpopulations"
        text = (
            f"Balanced accuracy for {what} from hidden means less that from {feature(over[3]).text}, the same people."
        )
        return Definition(f"Hidden means over {over[3]}{', fine' if over[2] else ''}", _HIDDEN, text, graded=False)
    permuted = re.fullmatch(r"population(_fine)?_accuracy_permuted", metric)
    if permuted:
        text = "The floor: hidden means, with the labels of training people permuted."
        return Definition(f"Permuted labels{', fine' if permuted[1] else ''}", _HIDDEN, text)
    told = re.fullmatch(r"(\w+?)_population(_fine)?_accuracy(?:_(\d+)_labels)?", metric)
    if told is None:
        return None
    text = f"Balanced accuracy of telling the {'population' if told[2] else 'superpopulation'} of test people"
    text += f" from {feature(told[1]).text}, by nested cross-validation by individual"
    text += f", after {told[3]} labelled people a class." if told[3] else "."
    ending = f", {told[3]} labels" if told[3] else ", fine" if told[2] else ""
    return Definition(f"Populations by {told[1]}{ending}", _HIDDEN, text)
