"""How long a region must be for a verdict on privacy."""

import math
import re

import numpy as np
import pytest

from artificial_genomes.check import region_length
from artificial_genomes.check.region_length import advice, shared_share, shortest_region, times_as_long
from artificial_genomes.core.regions import Region, parse_region
from artificial_genomes.statistics.privacy import NEAR_SHARE
from workflow_helpers import cohort

PEOPLE = cohort(200, 300, linked=True, step_bp=1000, first=1_000_001)
IS_TEST = np.repeat(np.arange(200) % 5 == 0, 2)


def pairs_share(alleles: np.ndarray, is_test: np.ndarray) -> float:
    """Compare every test haplotype with every other one."""
    return np.mean([(alleles[~is_test] == one).all(axis=1).any() for one in alleles[is_test]])


def test_shared_haplotypes_are_those_that_another_individual_has_at_all_sites():
    shares = [shared_share(PEOPLE.alleles[:, :n], IS_TEST) for n in (1, 20, 60)]
    assert shares == [pairs_share(PEOPLE.alleles[:, :n], IS_TEST) for n in (1, 20, 60)]
    assert shares[0] == 1 > shares[1] > shares[2]


def test_the_shortest_region_is_that_of_a_search_of_all():
    around = Region("1", 1_140_000, 1_150_500)
    region, n_sites = shortest_region(PEOPLE, IS_TEST, around)
    positions = PEOPLE.sites["position"].to_numpy()
    for longer in range(0, 300_000, 500):
        inside = (positions >= around.start - longer) & (positions <= around.end + longer)
        if pairs_share(PEOPLE.alleles[:, inside], IS_TEST) <= NEAR_SHARE:
            break
    assert longer > 0
    assert (region.start, region.end) == (positions[inside].min(), positions[inside].max())
    assert n_sites == inside.sum()


def test_no_region_is_long_enough_where_haplotypes_are_always_shared():
    twins = PEOPLE.take_people(np.repeat(np.arange(100), 2))
    assert shortest_region(twins, np.repeat(np.arange(200) % 2 == 0, 2), Region("1", 1_000_001, 1_010_000)) is None


@pytest.mark.parametrize("rate", [0.01, 0.02])
def test_extrapolation_is_right_for_exponential_and_for_power_laws(rate, monkeypatch):
    alleles = np.zeros((2, 200), np.uint8)
    monkeypatch.setattr(region_length, "shared_share", lambda seen, _: math.exp(-rate * seen.shape[1]))
    assert times_as_long(alleles, None)[0] == pytest.approx(-math.log(NEAR_SHARE) / rate / 200)
    monkeypatch.setattr(region_length, "shared_share", lambda seen, _: (seen.shape[1] / 20) ** -1.5)
    assert times_as_long(alleles, None)[1] == pytest.approx(20 * NEAR_SHARE ** (-1 / 1.5) / 200)


def test_nothing_is_extrapolated_from_haplotypes_that_nearly_all_are_shared():
    assert times_as_long(PEOPLE.alleles[:, :3], IS_TEST) is None


def part(n_sites: int, first: int = 140):
    return PEOPLE.take_sites(np.arange(first, first + n_sites))


def read_all(region: Region):
    inside = region.contains(PEOPLE.sites)
    return PEOPLE.take_sites(inside), IS_TEST


def test_a_region_that_is_long_enough_is_named():
    text = advice(part(10), IS_TEST, 10, 1.0, read_all)
    region = re.search(r"use the region (\S+) and sites_max: null \(it has \d+ sites\)\.", text)[1]
    inside = parse_region(region).contains(PEOPLE.sites)
    assert shared_share(PEOPLE.alleles[:, inside], IS_TEST) <= NEAR_SHARE
    assert "sites_max" not in advice(part(10), IS_TEST, None, 1.0, read_all)


def test_what_the_file_lacks_is_extrapolated():
    text = advice(part(10), IS_TEST, None, 1.0, lambda _: (part(30), IS_TEST))
    assert re.match(r"In all 30 kb that were read around it, \d+\.\d% do\. (About|More than|Several times) \d+", text)
    assert re.match(r"(About|More than) \d+.* sites would be needed", advice(part(30), IS_TEST, None, 1.0, None))


@pytest.mark.parametrize(
    ("present", "text"),
    [(300, "About 600 to 900 kb"), (600, "About 1.2 to 1.8 Mb"), (400, "About 800 kb to 1.2 Mb")],
)
def test_a_unit_that_two_lengths_share_is_written_once(present, text):
    assert region_length._needed((2.0, 3.0), present * 1e3, region_length._length).startswith(text)


def test_only_so_many_alleles_are_read(monkeypatch):
    regions = []
    monkeypatch.setattr(region_length, "ALLELES_MAX", 20_000)
    advice(part(10), IS_TEST, None, 1.0, lambda region: regions.append(region) or (part(12), IS_TEST))
    assert 19_990 <= regions[0].length <= 20_010
