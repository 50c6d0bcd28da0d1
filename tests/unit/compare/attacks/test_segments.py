import numpy as np
import pandas as pd
import pytest

from artificial_genomes.compare.attacks import segments
from artificial_genomes.compare.attacks.evidence import Evidence


def matched_by_hand(haplotypes, panel, contigs):
    """Return the length of the longest segment that ends at each site and equals one of the panel: (n_sites, n)."""
    lengths = np.zeros((haplotypes.shape[1], len(haplotypes)), np.int64)
    for i, haplotype in enumerate(haplotypes):
        for end in range(len(haplotype)):
            for other in panel:
                start = end
                while start >= 0 and contigs[start] == contigs[end] and haplotype[start] == other[start]:
                    start -= 1
                lengths[end, i] = max(lengths[end, i], end - start)
    return lengths


@pytest.mark.parametrize("seed", range(5))
def test_longest_matches_are_those_of_a_search_by_hand(seed, monkeypatch):
    monkeypatch.setattr(segments, "BLOCK_SITES", 7)
    rng = np.random.default_rng(seed)
    frequencies = rng.random(30)
    asked, one, two = ((rng.random((n, 30)) < frequencies).astype(np.uint8) for n in (7, 11, 4))
    contigs = np.repeat(["1", "2"], [18, 12])
    lengths = np.array(list(segments.longest_matches(asked, (one, two), contigs)))
    np.testing.assert_array_equal(lengths[:, 0], matched_by_hand(asked, one, contigs))
    np.testing.assert_array_equal(lengths[:, 1], matched_by_hand(asked, two, contigs))


def test_an_allele_that_no_panel_has_matches_nothing():
    asked, panel = np.array([[0, 1, 0]], np.uint8), np.zeros((3, 3), np.uint8)
    lengths = [found[0, 0] for found in segments.longest_matches(asked, (panel,), np.array(["1"] * 3))]
    assert lengths == [1, 0, 1]


def test_a_mosaic_of_members_is_found():
    rng = np.random.default_rng(1)
    pool = (rng.random((300, 200)) < 0.3).astype(np.uint8)
    members, others, held = np.split(pool, 3)
    donors = rng.integers(100, size=(150, 10)).repeat(20, axis=1)
    ags = members[donors, np.arange(200)]
    sites = pd.DataFrame({"contig": "1", "position": np.arange(200)})
    score = segments.score(Evidence(np.concatenate([members, others]), ags, held, sites, 1))
    assert score[:100].min() > score[100:].max()
