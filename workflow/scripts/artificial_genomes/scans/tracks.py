"""A whole scan of one group of haplotypes: every statistic asked for, as one table of tracks."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from artificial_genomes.errors import UserError
from artificial_genomes.haplotypes import Haplotypes
from artificial_genomes.same_sites import check_same_sites
from artificial_genomes.scans.ehh import PHYSICAL, Integration, ihs, nsl, standardise, xpehh
from artificial_genomes.scans.pbs import pbs, pbs_windows
from artificial_genomes.scans.places import frequent_sites
from artificial_genomes.scans.polarisation import polarise
from artificial_genomes.scans.statistics import STATISTICS, TRACK_COLUMNS
from artificial_genomes.scans.windows import HAPLOTYPE_STATISTICS, haplotype_statistics, site_windows, tajima_d

log = logging.getLogger(__name__)

REAL_CANDIDATES = ("real", "ceiling", "floor")

_DRAW_HALVES, _DRAW_FLOOR = range(2)


def with_label(haplotypes: Haplotypes, label: str) -> Haplotypes:
    """Return the people of a population, or else of a superpopulation.

    Raises
    ------
    UserError
        Nobody has that label.
    """
    for column in ("population", "superpopulation"):
        match = (haplotypes.people[column] == label).to_numpy()
        if match.any():
            return haplotypes.take_people(match)
    known = sorted({*haplotypes.people["population"], *haplotypes.people["superpopulation"]} - {""})
    raise UserError(
        f"nobody to scan against has the population label {label!r}. Known here: {', '.join(known) or 'none'}."
    )


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
        As computed, and once standardised; NaN where not scored.
    counts
        How many sites or windows were scored or dropped, by what.
    """

    statistic: str
    places: pd.DataFrame
    raw: np.ndarray
    value: np.ndarray
    counts: dict[str, int]


@dataclass(frozen=True)
class Scan:
    """A group of haplotypes and all that its scan needs; a method for each entry of `scan.statistics`.

    Which places are scanned is decided by real people alone, so that they are the same for every target.

    Attributes
    ----------
    target : (n_haplotypes, n_sites) uint8
        The haplotypes to scan: real ones or AGs.
    own : (n_own, n_sites) uint8
        The real haplotypes that the target stands for; they only choose places.
    public
        People among whom the reference populations are; same sites.
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
        reference = with_label(self.public, self.settings["xpehh_reference"]).alleles
        kept = frequent_sites([self.own, reference], self.settings["maf_min"])
        target, reference = self.target[:, kept], reference[:, kept]
        raw = xpehh(target, reference, self._sites(kept), self.integration)
        allele_counts = target.sum(axis=0, dtype=np.int64) + reference.sum(axis=0, dtype=np.int64)
        value = standardise(raw, allele_counts, self.settings["xpehh_bins"])
        counts = {**self._rare(kept), **_scored(raw, self._ehh_reason())}
        return [Track("xpehh", _site_places(self._sites(kept)), raw, value, counts)]

    def pbs(self) -> list[Track]:
        """Scan by PBS against two reference populations, in windows and site by site."""
        pair = [with_label(self.public, label).alleles for label in self.settings["pbs_references"]]
        kept = frequent_sites([self.own, *pair], self.settings["maf_min"])
        sites, groups = self._sites(kept), [group[:, kept] for group in (self.target, *pair)]
        windows = pbs_windows(sites, *groups, self.settings["window_sites"], self.settings["step_sites"])
        of_sites = pbs(*groups)
        return [
            *(_window_track(name, windows, windows[name].to_numpy(float)) for name in ("pbs", "pbsn1")),
            Track("pbs_site", _site_places(sites), of_sites, of_sites, {**self._rare(kept), "scored": len(of_sites)}),
        ]

    def ihs(self) -> list[Track]:
        """Scan by iHS."""
        return [self._within("ihs", ihs, self._ehh_reason())]

    def nsl(self) -> list[Track]:
        """Scan by nSL."""
        return [self._within("nsl", nsl, "a single site, or one haplotype with an allele")]

    def haplotypes(self) -> list[Track]:
        """Scan by Garud's H1 and H12 and by haplotype diversity, in windows of all sites."""
        windows, places = self._site_windows()
        values = haplotype_statistics(self.target, places)
        return [_window_track(name, windows, values[name]) for name in HAPLOTYPE_STATISTICS]

    def tajima_d(self) -> list[Track]:
        """Scan by Tajima's D, in windows of all sites."""
        windows, places = self._site_windows()
        return [_window_track("tajima_d", windows, tajima_d(self.target, places), "fewer than 3 segregating sites")]

    def _within(self, name: str, score: Callable[..., np.ndarray], reason: str) -> Track:
        """Scan by a statistic that compares the haplotypes with either allele of a site."""
        maf_min = self.settings["ihs_maf_min"]
        known, alt_is_ancestral = polarise(self.public.sites, self.ancestral)
        frequent = frequent_sites([self.own], maf_min)
        followed = frequent_sites([self.own], min(maf_min, self.settings["maf_min"]))
        derived = self.target ^ alt_is_ancestral.astype(np.uint8)
        raw = np.full(len(known), np.nan)
        raw[followed] = score(derived[:, followed], self._sites(followed), maf_min, self.integration)
        kept = frequent & known
        raw, derived = raw[kept], derived[:, kept]
        rare_in_target = ~frequent_sites([derived], maf_min)
        value = standardise(raw, derived.sum(axis=0, dtype=np.int64), self.settings["frequency_bins"])
        counts = {
            "in the data set": len(known),
            f"dropped: minor allele frequency below {maf_min}": int((~frequent).sum()),
            "dropped: ancestral allele unknown": int((frequent & ~known).sum()),
            f"dropped: minor allele frequency below {maf_min} in what is scanned": int(rare_in_target.sum()),
            **_scored(raw[~rare_in_target], reason),
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

    def _ehh_reason(self) -> str:
        single = "a single site without others within 200 kb"
        return single if self.integration.edges else f"EHH reaches the end of the data or a gap of 200 kb, or {single}"


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
    """Return the track of a statistic of windows; without a reason, all of them have a value."""
    places = windows[["contig", "start", "end", "n"]].assign(id="")
    counts = {"windows": len(values), **_scored(values, reason)} if reason else {"scored": len(values)}
    return Track(name, places, values, values, counts)


def _scored(values: np.ndarray, reason: str) -> dict[str, int]:
    scored = int(np.isfinite(values).sum())
    return {f"dropped: {reason}": len(values) - scored, "scored": scored}


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
        `TRACK_COLUMNS`: one row a place at which real people may be scored, a site or a window of n sites. `value` is
        what `raw` is once standardised (the same where nothing is); NaN where not scored.
    counts : DataFrame
        statistic, what, places: how many sites or windows were scored or dropped, and why.

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


def require_scores(tracks: pd.DataFrame, settings: dict) -> None:
    """Raise a `UserError` that names every statistic without a single scored place."""
    finite = np.isfinite(tracks["value"]).groupby(tracks["statistic"]).any()
    missing = [
        name
        for name, statistic in STATISTICS.items()
        if statistic.group in settings["statistics"] and not finite.get(name, False)
    ]
    if missing:
        groups = list(dict.fromkeys(STATISTICS[name].group for name in missing))
        raise UserError(
            f"nothing can be scored for {', '.join(STATISTICS[name].title for name in missing)} in the real people. "
            "Use a longer or more variable region, smaller windows or a lower maf_min, or take "
            f"{', '.join(groups)} out of scan.statistics."
        )


def scan_target(own: Haplotypes, candidate: str | Haplotypes, seed: int) -> np.ndarray:
    """Return the haplotypes to scan, always as many as a half of `own` has people.

    Parameters
    ----------
    own
        The real people that the scan is about.
    candidate
        "real": a random half of them, with which all others are compared; "ceiling": the other half; "floor":
        haplotypes with independent sites, drawn from the allele frequencies of all of them; or AGs, of which the first
        ones are taken (all of them, where there are too few).
    seed
        Of the halves and of the floor.

    Returns
    -------
    (n_haplotypes, n_sites) uint8

    Raises
    ------
    UserError
        Fewer than two people, or AGs with other sites than `own`.
    """
    n = len(own.people) // 2
    if n == 0:
        raise UserError(f"{len(own.people)} people are too few for a scan. Widen the people filter of the dataset.")
    order = np.random.default_rng([seed, _DRAW_HALVES]).permutation(len(own.people))
    if candidate == "real":
        return own.take_people(np.sort(order[:n])).alleles
    if candidate == "ceiling":
        return own.take_people(np.sort(order[n : 2 * n])).alleles
    if candidate == "floor":
        uniform = np.random.default_rng([seed, _DRAW_FLOOR]).random((2 * n, own.n_sites))
        return (uniform < own.allele_frequencies()).astype(np.uint8)
    check_same_sites(candidate.sites, own.sites, "the set of artificial genomes")
    if candidate.n_haplotypes < 2 * n:
        log.info("only %d artificial haplotypes for %d real ones", candidate.n_haplotypes, 2 * n)
    return candidate.alleles[: 2 * n]
