"""Haplotypes as mosaics of a panel, against searches one haplotype and one tract at a time."""

import numpy as np
import pytest

from artificial_genomes.statistics.mosaics import REACH, mismatch_runs, mosaics

N_SITES = 120
CONTIGS = np.repeat(np.array(["1", "2"], object), [70, 50])


def panel_and_mosaics(seed, n=25, n_panel=70, errors=0.02):
    """Haplotypes that are mosaics of a panel with errors; more than 64 of the panel, so that bits take two words."""
    rng = np.random.default_rng(seed)
    panel = (rng.random((n_panel, N_SITES)) < rng.beta(0.3, 0.6, N_SITES)).astype(np.uint8)
    source = rng.integers(n_panel, size=(n, N_SITES))
    stays = rng.random((n, N_SITES)) < 0.93
    for site in range(1, N_SITES):
        source[:, site] = np.where(stays[:, site], source[:, site - 1], source[:, site])
    query = panel[source, np.arange(N_SITES)]
    return query ^ (rng.random(query.shape) < errors).astype(np.uint8), panel


def pieces(contigs):
    return [np.flatnonzero(contigs == contig) for contig in dict.fromkeys(contigs)]


def fewest_tracts(haplotype, panel):
    """Return the fewest tracts by all ways to cut a haplotype: the best of all ends of the last tract but one."""
    known = (panel == haplotype).any(axis=0)
    haplotype, panel = haplotype[known], panel[:, known]
    fewest = [0]
    for end in range(1, len(haplotype) + 1):
        starts = [start for start in range(end) if (panel[:, start:end] == haplotype[start:end]).all(axis=1).any()]
        fewest.append(min(fewest[start] for start in starts) + 1)
    return max(1, fewest[-1])  # a chromosome without a known allele is a tract by itself


def joins_and_mutations(haplotype, panel):
    """Follow the definition with sets of panel haplotypes; return joins and the sites of mutations."""
    everybody, joins, mutated = set(range(len(panel))), 0, []
    active = everybody
    for site, allele in enumerate(haplotype):
        match = {i for i in everybody if panel[i, site] == allele}
        ahead = slice(site + 1, site + 1 + REACH)
        if not match:
            mutated.append(site)
        elif active & match:
            active = active & match
        elif any((panel[i, ahead] == haplotype[ahead]).all() for i in active):
            mutated.append(site)
        else:
            joins, active = joins + 1, match
    return joins, mutated


@pytest.mark.integration
@pytest.mark.parametrize("seed", range(4))
def test_tracts_joins_and_mutations_are_those_of_a_search_by_hand(seed):
    query, panel = panel_and_mosaics(seed)
    panel[:, 5], query[3, 5] = 0, 1  # an allele that the panel lacks
    found = mosaics(query, panel, CONTIGS)
    tracts, joins, mutations, mutations_at = [], [], [], np.zeros(N_SITES, int)
    for haplotype in query:
        parts = [joins_and_mutations(haplotype[piece], panel[:, piece]) for piece in pieces(CONTIGS)]
        tracts.append(sum(fewest_tracts(haplotype[piece], panel[:, piece]) for piece in pieces(CONTIGS)))
        joins.append(sum(part[0] for part in parts))
        mutations.append(sum(len(part[1]) for part in parts))
        for piece, part in zip(pieces(CONTIGS), parts, strict=True):
            mutations_at[piece[part[1]]] += 1
    np.testing.assert_array_equal(found.tracts, tracts)
    np.testing.assert_array_equal(found.joins, joins)
    np.testing.assert_array_equal(found.mutations, mutations)
    np.testing.assert_array_equal(found.mutations_at, mutations_at)
    assert found.joins.sum() > 0 < found.mutations.sum()


def test_haplotypes_of_the_panel_are_one_tract_per_chromosome():
    _, panel = panel_and_mosaics(1)
    found = mosaics(panel, panel, CONTIGS)
    assert set(found.tracts) == {2}
    assert not found.joins.any()
    assert not found.mutations.any()


@pytest.mark.parametrize("density", [0.02, 0.2])
def test_runs_of_mismatches_are_those_of_a_loop(density):
    mismatches = np.random.default_rng(3).random((30, N_SITES)) < density
    expected = []
    for row in mismatches:
        for piece in pieces(CONTIGS):
            sizes, last = [], None
            for site in piece[row[piece]]:
                if last is None or site - last > REACH:
                    sizes.append(0)
                sizes[-1] += 1
                last = site
            expected += [size for size in sizes for _ in range(size)]
    np.testing.assert_array_equal(mismatch_runs(mismatches, CONTIGS), expected)
    assert mismatch_runs(np.zeros((2, N_SITES), bool), CONTIGS).shape == (0,)
