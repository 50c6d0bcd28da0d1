"""Reference panels: their parts, who stands in them and who does not."""

import numpy as np
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes, artificial_people
from artificial_genomes.imputation.panels import Part, build_panel, parse_panel
from imputation_helpers import SPLIT, ags, simulated_people


@pytest.fixture(scope="module")
def real():
    return simulated_people()


@pytest.fixture(scope="module")
def genomes(real):
    return {"gan": ags(real), "rbm": ags(real, seed=1)}


def test_parts_of_a_panel():
    assert parse_panel("real", []) == [Part("real")]
    assert parse_panel("real+gan+biobank", ["rbm", "gan"]) == [Part("real"), Part("gan"), Part("biobank")]
    assert parse_panel("gan", ["gan"]) == [Part("gan")]
    assert parse_panel("real+gan@12", ["gan"]) == [Part("real"), Part("gan", 12)]


@pytest.mark.parametrize(
    ("panel", "message"),
    [
        ("real+vae", "unknown part 'vae'. Parts are joined by .; known: real, biobank, gan"),
        ("real++gan", "unknown part ''"),
        ("", "unknown part ''"),
        ("gan+real+gan", "lists a part twice"),
        ("gan@4+gan@6", "lists a part twice"),
        ("real@10", "a size for real, which is always used whole"),
        ("real+gan@3", "'3' AGs of gan, but an individual needs two"),
        ("real+gan@0", "'0' AGs of gan"),
        ("real+gan@", "'' AGs of gan"),
        ("real+gan@-2", "'-2' AGs of gan"),
    ],
)
def test_panels_that_are_none(panel, message):
    with pytest.raises(UserError, match=message):
        parse_panel(panel, ["gan"])


def built(panel, real, genomes):
    return build_panel(parse_panel(panel, list(genomes)), real, SPLIT, genomes)


@pytest.mark.parametrize(
    ("name", "n_people"),
    [
        ("real", 60),
        ("biobank", 50),
        ("gan", 20),
        ("real+gan+rbm", 100),
        ("rbm+real+biobank", 130),
        ("gan@10", 5),
        ("real+rbm@40+gan@2", 81),
    ],
)
def test_panels_hold_the_people_of_their_parts_and_nobody_else(real, genomes, name, n_people):
    panel = built(name, real, genomes)
    samples = panel.people["sample"]
    assert len(samples) == n_people
    assert samples.is_unique
    assert panel.sites.equals(real.sites)
    of_split = {split: set(real.people["sample"][split == SPLIT]) for split in set(SPLIT)}
    assert not (of_split["test"] | of_split["validation"]) & set(samples)
    assert bool(of_split["train"] & set(samples)) == ("biobank" in name)
    assert bool(of_split["public"] & set(samples)) == ("real" in name)


def test_a_size_takes_the_first_ags(real, genomes):
    sized = built("real+gan@10", real, genomes)
    np.testing.assert_array_equal(sized.alleles[:120], real.alleles[:120])
    np.testing.assert_array_equal(sized.alleles[120:], genomes["gan"].alleles[:10])
    whole = built("real+gan@40", real, genomes)
    np.testing.assert_array_equal(whole.alleles, built("real+gan", real, genomes).alleles)
    with pytest.raises(UserError, match="the panel needs 42 AGs of gan, but there are only 40"):
        built("real+gan@42", real, genomes)


def test_no_person_of_the_biobank_or_to_impute_is_in_a_public_panel(real, genomes):
    """Every real haplotype is marked by its row at 9 sites, so that a person would be seen under another name too."""
    marks = (np.arange(real.n_haplotypes)[:, None] >> np.arange(9)) & 1
    marked = Haplotypes(np.hstack([marks.astype(np.uint8), real.alleles[:, 9:]]), real.sites, real.people)
    # AGs have a mark that nobody has.
    of_models = {
        name: Haplotypes(
            np.hstack([np.ones((len(set_.alleles), 9), np.uint8), set_.alleles[:, 9:]]), real.sites, set_.people
        )
        for name, set_ in genomes.items()
    }
    added = ["gan", "rbm", "gan@8", "gan+rbm", "gan@2+rbm@20"]
    for name in ["real", *added, *(f"real+{part}" for part in added)]:
        panel = built(name, marked, of_models)
        rows = panel.alleles[:, :9] @ (1 << np.arange(9))
        people = SPLIT[rows[rows < real.n_haplotypes] // 2]
        assert set(people) == ({"public"} if "real" in name else set())
        assert len(people) == (120 if "real" in name else 0)


def test_ags_of_other_sites_enter_no_panel(real):
    sites = real.sites.copy()
    sites.loc[7, "alt"] = "G"
    other = Haplotypes(ags(real).alleles, sites, artificial_people(20))
    place = f"20:{sites.position[7]}"
    with pytest.raises(UserError, match=f"of gan has different .*: site 8 is {place} A>G, expected {place} A>C"):
        built("real+gan", real, {"gan": other})


def test_ags_of_sites_in_another_order_enter_no_panel(real):
    order = np.r_[1, 0, np.arange(2, real.n_sites)]
    place = f"20:{real.sites.position[1]}"
    with pytest.raises(UserError, match=f"site 1 is {place} A>C"):
        built("gan", real, {"gan": ags(real).take_sites(order)})


@pytest.mark.parametrize("part", ["real", "biobank"])
def test_a_part_without_people(real, part):
    with pytest.raises(UserError, match=f"part '{part}' of the panel is empty"):
        build_panel([Part(part)], real, np.full(150, "test"), {})
