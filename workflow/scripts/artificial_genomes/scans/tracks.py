"""A whole scan of one group of haplotypes: every requested statistic, as one table of tracks."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.core.random_streams import stream
from artificial_genomes.core.same_sites import check_same_sites
from artificial_genomes.core.sites import stretches
from artificial_genomes.scans.ehh import PHYSICAL, Integration, ihs, nsl, standardise, xpehh
from artificial_genomes.scans.pbs import pbs, pbs_windows
from artificial_genomes.scans.places import GAP_MAX_BP, alone, frequent_sites
from artificial_genomes.scans.polarisation import polarise
from artificial_genomes.scans.statistics import STATISTICS, TRACK_COLUMNS
from artificial_genomes.scans.windows import HAPLOTYPE_STATISTICS, haplotype_statistics, site_windows, tajima_d

log = logging.getLogger(__name__)

REFERENCE_PEOPLE_MIN = 10
"""Minimum number of individuals of a reference population. With fewer than 20 haplotypes, EHH falls in steps as large
as its threshold of 0.05, and frequencies are too uncertain for Fst."""

REAL_CANDIDATES = ("real", "ceiling", "floor")


def with_label(haplotypes: Haplotypes, label: str) -> Haplotypes:
    """Return the individuals of a population, or else of a superpopulation.

    Raises
    ------
    UserError
        No individual has that label.
    """
    for column in ("population", "superpopulation"):
        match = (haplotypes.people[column] == label).to_numpy()
        if match.any():
            return haplotypes.take_people(match)
    known = sorted({*haplotypes.people["population"], *haplotypes.people["superpopulation"]} - {""})
    raise UserError(
        f"no individual of the public panel has the population label {label!r}. Known labels: "
        f"{', '.join(known) or 'none'}."
    )


def reference_people(public: Haplotypes, label: str) -> Haplotypes:
    """Return the individuals of the public panel with a label, to scan against.

    Raises
    ------
    UserError
        Fewer than `REFERENCE_PEOPLE_MIN` individuals have that label.
    """
    people = with_label(public, label)
    n = len(people.people)
    if n < REFERENCE_PEOPLE_MIN:
        raise UserError(
            f"the reference population {label} of the scan has too few individuals in the public panel: {n}, but at "
            f"least {REFERENCE_PEOPLE_MIN} are needed. Use a larger one (scan.xpehh_reference, scan.pbs_references)."
        )
    return people


@dataclass(frozen=True)
class Track:
    """One statistic along the genome.

    Attributes
    ----------
    statistic
        A key of `STATISTICS`.
    places : DataFrame
        contig, start, end (bp, both included), id (of a site), n (sites of a window).
    raw, value : (n_places,) float64
        Before and after standardization; NaN if not scored.
    counts
        Numbers of scored and dropped sites or windows, by reason.
    """

    statistic: str
    places: pd.DataFrame
    raw: np.ndarray
    value: np.ndarray
    counts: dict[str, int]


@dataclass(frozen=True)
class Scan:
    """A group of haplotypes with everything that its scan needs; one method per entry of `scan.statistics`.

    The scanned positions depend on real individuals alone, so that they are the same for every target.

    Attributes
    ----------
    target : (n_haplotypes, n_sites) uint8
        The haplotypes to scan: real ones or AGs.
    own : (n_own, n_sites) uint8
        Real haplotypes of the dataset; they only determine the positions.
    public
        Individuals that include the reference populations, at the same sites.
    settings
        The section `scan` of the configuration.
    ancestral
        From `polarisation.read_ancestral`; None takes REF as ancestral.
    """

    target: np.ndarray
    own: np.ndarray
    public: Haplotypes
    settings: dict
    integration: Integration
    ancestral: pd.DataFrame | None = None

    def xpehh(self) -> list[Track]:
        """Scan by XP-EHH against one reference population."""
        kept = self.xpehh_sites()
        sites, target = self._sites(kept), self.target[:, kept]
        reference = self._reference(self.settings["xpehh_reference"])[:, kept]

        def score(integration: Integration) -> np.ndarray:
            return xpehh(target, reference, sites, integration)

        raw = score(self.integration)
        allele_counts = target.sum(axis=0, dtype=np.int64) + reference.sum(axis=0, dtype=np.int64)
        value = standardise(raw, allele_counts, self.settings["xpehh_bins"])
        counts = {
            **self._rare(kept),
            **_ehh_counts(raw, self.integration, score, alone(sites), np.zeros(len(raw), bool)),
        }
        return [Track("xpehh", _site_places(sites), raw, value, counts)]

    def xpehh_sites(self) -> np.ndarray:
        """Return whether XP-EHH is computed at each site: (n_sites,) bool."""
        return frequent_sites([self.own, self._reference(self.settings["xpehh_reference"])], self.settings["maf_min"])

    def pbs(self) -> list[Track]:
        """Scan by PBS against two reference populations, in windows and site by site."""
        pair, kept = self._pbs_references(), self.pbs_sites()
        sites, groups = self._sites(kept), [group[:, kept] for group in (self.target, *pair)]
        windows = pbs_windows(sites, *groups, self.settings["window_sites"], self.settings["step_sites"])
        of_sites = pbs(*groups)
        return [
            *(_window_track(name, windows, windows[name].to_numpy(float)) for name in ("pbs", "pbsn1")),
            Track("pbs_site", _site_places(sites), of_sites, of_sites, {**self._rare(kept), "scored": len(of_sites)}),
        ]

    def pbs_sites(self) -> np.ndarray:
        """Return whether PBS is computed at each site: (n_sites,) bool."""
        return frequent_sites([self.own, *self._pbs_references()], self.settings["maf_min"])

    def ihs(self) -> list[Track]:
        """Scan by iHS."""
        return [self._within("ihs", ihs)]

    def nsl(self) -> list[Track]:
        """Scan by nSL."""
        return [self._within("nsl", nsl)]

    def haplotypes(self) -> list[Track]:
        """Scan by Garud's H1 and H12 and by haplotype diversity, in windows of all sites."""
        windows, places = self._site_windows()
        values = haplotype_statistics(self.target, places)
        return [_window_track(name, windows, values[name]) for name in HAPLOTYPE_STATISTICS]

    def tajima_d(self) -> list[Track]:
        """Scan by Tajima's D, in windows of all sites."""
        windows, places = self._site_windows()
        return [_window_track("tajima_d", windows, tajima_d(self.target, places), "fewer than 3 segregating sites")]

    def within_sites(self) -> np.ndarray:
        """Return whether iHS and nSL are computed at each site: (n_sites,) bool."""
        known, _ = polarise(self.public.sites, self.ancestral)
        return frequent_sites([self.own], self.settings["ihs_maf_min"]) & known

    def _within(self, name: str, statistic: Callable[..., np.ndarray]) -> Track:
        """Scan by a statistic that compares the haplotypes carrying either allele of a site."""
        maf_min = self.settings["ihs_maf_min"]
        known, alt_is_ancestral = polarise(self.public.sites, self.ancestral)
        frequent = frequent_sites([self.own], maf_min)
        followed = frequent_sites([self.own], min(maf_min, self.settings["maf_min"]))
        every_derived = self.target ^ alt_is_ancestral.astype(np.uint8)
        kept = self.within_sites()

        def score(integration: Integration) -> np.ndarray:
            scores = np.full(len(known), np.nan)
            scores[followed] = statistic(every_derived[:, followed], self._sites(followed), maf_min, integration)
            return scores[kept]

        raw, derived = score(self.integration), every_derived[:, kept]
        rare_in_target = ~frequent_sites([derived], maf_min)
        copies = derived.sum(axis=0, dtype=np.int64)
        fewer_than_two = np.minimum(copies, len(derived) - copies) < 2
        single = np.zeros(len(known), bool)
        single[followed] = alone(self._sites(followed))
        asked = ~rare_in_target
        value = standardise(raw, copies, self.settings["frequency_bins"])
        counts = {
            "in the data set": len(known),
            f"dropped: minor allele frequency below {maf_min}": int((~frequent).sum()),
            "dropped: ancestral allele unknown": int((frequent & ~known).sum()),
            f"dropped: minor allele frequency below {maf_min} in the scanned haplotypes": int(rare_in_target.sum()),
            **_ehh_counts(
                raw[asked],
                self.integration,
                lambda integration: score(integration)[asked],
                single[kept][asked],
                fewer_than_two[asked],
            ),
        }
        return Track(name, _site_places(self._sites(kept)), raw, value, counts)

    def _site_windows(self) -> tuple[pd.DataFrame, list[np.ndarray]]:
        width, step = self.settings["haplotype_window_sites"], self.settings["haplotype_step_sites"]
        return site_windows(self.public.sites, width, step)

    def _sites(self, kept: np.ndarray) -> pd.DataFrame:
        return self.public.sites[kept].reset_index(drop=True)

    def _rare(self, kept: np.ndarray) -> dict[str, int]:
        dropped = f"dropped: minor allele frequency below {self.settings['maf_min']}"
        return {"in the data set": len(kept), dropped: int((~kept).sum())}

    def _reference(self, label: str) -> np.ndarray:
        return reference_people(self.public, label).alleles

    def _pbs_references(self) -> list[np.ndarray]:
        return [self._reference(label) for label in self.settings["pbs_references"]]


_METHODS = {
    "xpehh": Scan.xpehh,
    "pbs": Scan.pbs,
    "ihs": Scan.ihs,
    "nsl": Scan.nsl,
    "haplotypes": Scan.haplotypes,
    "tajima_d": Scan.tajima_d,
}


def _site_places(sites: pd.DataFrame) -> pd.DataFrame:
    position = sites["position"]
    return pd.DataFrame({"contig": sites["contig"], "start": position, "end": position, "id": sites["id"], "n": 1})


def _window_track(name: str, windows: pd.DataFrame, values: np.ndarray, reason: str = "") -> Track:
    """Return the track of a statistic of windows; without a reason, all windows have a value."""
    places = windows[["contig", "start", "end", "n"]].assign(id="")
    counts = {"windows": len(values), **_scored(values, reason)} if reason else {"scored": len(values)}
    return Track(name, places, values, values, counts)


def _scored(values: np.ndarray, reason: str) -> dict[str, int]:
    scored = int(np.isfinite(values).sum())
    return {f"dropped: {reason}": len(values) - scored, "scored": scored}


def _ehh_counts(
    raw: np.ndarray,
    integration: Integration,
    score: Callable[[Integration], np.ndarray],
    single: np.ndarray,
    fewer_than_two: np.ndarray,
) -> dict[str, int]:
    """Return the number of sites with a score, and of sites without one by reason.

    Parameters
    ----------
    raw : (n_sites,) float64
        The scores; NaN if there is none.
    integration, score
        How scores are computed; `score` computes them again.
    single, fewer_than_two : (n_sites,) bool
        Sites without a neighboring site; sites with an allele carried by fewer than two haplotypes.
    """
    left = ~np.isfinite(raw)
    counts = {}

    def count(reason: str, happened: np.ndarray) -> None:
        nonlocal left
        if (left & happened).any():
            counts[f"dropped: {reason}"] = int((left & happened).sum())
        left = left & ~happened

    gap = f"{GAP_MAX_BP // 1000} kb"
    count("fewer than two haplotypes with an allele", fewer_than_two)
    count(f"a single site without others within {gap}", single)
    to_the_end = replace(integration, edges=True)
    if left.any() and not integration.edges:
        count(f"EHH reaches the end of the data or a gap of {gap}", np.isfinite(score(to_the_end)))
    if left.any() and integration.genetic_map is not None:
        by_distance = replace(to_the_end, genetic_map=None)
        count("the genetic map has no distance around the site", np.isfinite(score(by_distance)))
    count("EHH falls below 0.05 before the next site", left)
    return {**counts, "scored": int(np.isfinite(raw).sum())}


def scan(
    target: np.ndarray,
    own: np.ndarray,
    public: Haplotypes,
    settings: dict,
    integration: Integration = PHYSICAL,
    ancestral: pd.DataFrame | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scan one group of haplotypes by every statistic that `settings["statistics"]` names.

    Parameters
    ----------
    target, own, public, settings, integration, ancestral
        As in `Scan`.

    Returns
    -------
    tracks : DataFrame
        `TRACK_COLUMNS`: one row per position at which real individuals may be scored, a site or a window of n sites.
        `value` is `raw` after standardization, if any; NaN if not scored.
    counts : DataFrame
        statistic, what, places: numbers of scored and dropped sites or windows, by reason.

    Raises
    ------
    UserError
        A reference population is missing.
    """
    job = Scan(target, own, public, settings, integration, ancestral)
    tables, counts = [], []
    for name, method in _METHODS.items():
        if name not in settings["statistics"]:
            continue
        for track in method(job):
            table = track.places.assign(statistic=track.statistic, raw=track.raw, value=track.value)
            tables.append(table[TRACK_COLUMNS])
            for what, number in track.counts.items():
                log.info("%s, %s: %d", STATISTICS[track.statistic].title, what, number)
                counts.append((track.statistic, what, number))
    return pd.concat(tables, ignore_index=True), pd.DataFrame(counts, columns=["statistic", "what", "places"])


def require_places(own: np.ndarray, public: Haplotypes, settings: dict, ancestral: pd.DataFrame | None = None) -> None:
    """Raise a `UserError` if a scan is impossible, before anything is computed.

    Parameters
    ----------
    own, public, settings, ancestral
        As in `Scan`.

    Raises
    ------
    UserError
        A reference population is missing or too small, or a statistic has no position at which it could be scored; all
        such statistics are named.
    """
    job = Scan(own, own, public, settings, PHYSICAL, ancestral)

    def longest(kept: np.ndarray) -> int:
        return max((len(place) for _, place in stretches(job.public.sites[kept], GAP_MAX_BP)), default=0)

    everywhere = np.ones(public.n_sites, bool)
    # The number of sites of a segment that each track needs, and the number available.
    windows = settings["window_sites"], settings["haplotype_window_sites"]
    needed = {
        "xpehh": (2, job.xpehh_sites),
        "pbs": (windows[0], job.pbs_sites),
        "pbsn1": (windows[0], job.pbs_sites),
        "pbs_site": (1, job.pbs_sites),
        "ihs": (1, job.within_sites),
        "nsl": (1, job.within_sites),
        **dict.fromkeys((*HAPLOTYPE_STATISTICS, "tajima_d"), (windows[1], lambda: everywhere)),
    }
    _require(
        [
            name
            for name, (n_sites, kept) in needed.items()
            if STATISTICS[name].group in settings["statistics"] and longest(kept()) < n_sites
        ]
    )


def require_scores(tracks: pd.DataFrame, settings: dict) -> None:
    """Raise a `UserError` that names every statistic without a single scored position."""
    finite = np.isfinite(tracks["value"]).groupby(tracks["statistic"]).any()
    _require(
        [
            name
            for name, statistic in STATISTICS.items()
            if statistic.group in settings["statistics"] and not finite.get(name, False)
        ]
    )


def _require(missing: list[str]) -> None:
    """Raise if statistics are missing."""
    if missing:
        groups = list(dict.fromkeys(STATISTICS[name].group for name in missing))
        raise UserError(
            f"nothing can be scored for {', '.join(STATISTICS[name].title for name in missing)} in the real "
            "individuals. Use a longer or more variable region, smaller windows or a lower maf_min, or remove "
            f"{', '.join(groups)} from scan.statistics."
        )


def scan_target(own: Haplotypes, test: Haplotypes, candidate: str | Haplotypes, seed: int) -> np.ndarray:
    """Return the haplotypes to scan, the same number for every candidate.

    Their number is that of the test individuals, or of `own` if that is smaller.

    Parameters
    ----------
    own
        The training and validation individuals, which models have seen.
    test
        The test individuals, which no model has seen.
    candidate
        "real": the test individuals, with which all others are compared; "ceiling": random individuals of `own`;
        "floor": haplotypes with independent sites, drawn from the allele frequencies of `own`; or AGs, of which the
        first ones are used (all, if there are too few).
    seed
        Seed for drawing individuals and for the floor.

    Returns
    -------
    (n_haplotypes, n_sites) uint8

    Raises
    ------
    UserError
        A group has no individuals, or AGs have other sites than `own`.
    """
    n = min(len(own.people), len(test.people))
    if n == 0:
        raise UserError(
            f"{len(own.people)} training and validation individuals and {len(test.people)} test individuals are too "
            "few for a scan. Widen the filter of individuals (people) of the dataset, or raise split.test."
        )
    if candidate == "real":
        drawn = stream(seed, "scanned test people").choice(len(test.people), n, replace=False)
        return test.take_people(np.sort(drawn)).alleles
    if candidate == "ceiling":
        drawn = stream(seed, "scanned ceiling").choice(len(own.people), n, replace=False)
        return own.take_people(np.sort(drawn)).alleles
    if candidate == "floor":
        uniform = stream(seed, "scanned floor").random((2 * n, own.n_sites))
        return (uniform < own.allele_frequencies()).astype(np.uint8)
    check_same_sites(candidate.sites, own.sites, "the set of artificial genomes")
    if candidate.n_haplotypes < 2 * n:
        log.info("only %d artificial haplotypes for %d real ones", candidate.n_haplotypes, 2 * n)
    return candidate.alleles[: 2 * n]
