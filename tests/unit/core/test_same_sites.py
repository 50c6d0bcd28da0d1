"""The check that two sets of haplotypes are about the same sites."""

import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.same_sites import check_same_sites

SITES = pd.DataFrame(
    {"contig": ["1", "1", "2"], "position": [5, 9, 5], "id": ["a", "b", "c"], "ref": list("ACG"), "alt": list("CGT")}
)


def test_ids_do_not_matter():
    check_same_sites(SITES.assign(id="."), SITES, "it")


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (SITES.assign(alt=list("CTT")), "it has different sites from the dataset: site 2 is 1:9 C>T, expected 1:9 C>G"),
        (SITES.iloc[[1, 0, 2]], "site 1 is 1:9 C>G, expected 1:5 A>C"),
        (SITES.iloc[:2], "it has 2 sites, the dataset 3; the last shared site is 1:9 C>G"),
        (SITES.iloc[:0], "it has 0 sites, the dataset 3; no site is shared"),
    ],
)
def test_the_first_difference_is_named(other, message):
    with pytest.raises(UserError, match=message):
        check_same_sites(other, SITES, "it")
