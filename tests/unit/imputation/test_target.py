"""Typed sites, the table of sites, and the masked target."""

import subprocess
import sys

import cyvcf2
import numpy as np
import pandas as pd
import pytest

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import save_haplotypes
from artificial_genomes.core.tables import read_tsv, write_tsv
from artificial_genomes.imputation import far_from_typed_sites, imputed_parts
from artificial_genomes.imputation.target import TYPED_COLUMNS, array_sites, typed_sites, typed_table
from helpers import ROOT
from imputation_helpers import SPLIT, ags, on_two_contigs, simulated_people


@pytest.fixture(scope="module")
def real():
    return simulated_people()


def test_typed_sites_are_frequent_spread_and_as_many_as_asked_for():
    rng = np.random.default_rng(1)
    frequencies = rng.choice([0.01, 0.3], 1000)
    alleles = (rng.random((400, 1000)) < frequencies).astype(np.uint8)
    maf = np.minimum(alleles.mean(axis=0), 1 - alleles.mean(axis=0))
    typed = typed_sites(alleles, 0.08, 0.05)
    assert typed.sum() == 80
    assert maf[typed].min() >= 0.05
    frequent = np.flatnonzero(maf >= 0.05)
    steps = np.diff(np.searchsorted(frequent, np.flatnonzero(typed)))
    assert set(steps) <= {len(frequent) // 80, len(frequent) // 80 + 1}
    assert typed[frequent[[0, -1]]].all()
    # Where few sites are frequent enough, those are typed.
    assert typed_sites(alleles, 0.9, 0.05).sum() == len(frequent)


@pytest.mark.parametrize(("fraction", "maf_min"), [(0.001, 0.05), (0.1, 0.5), (1.0, 0.0)])
def test_too_few_or_too_many_typed_sites(fraction, maf_min):
    alleles = (np.random.default_rng(1).random((99, 100)) < 0.3).astype(np.uint8)
    with pytest.raises(UserError, match="of 100 sites would be typed"):
        typed_sites(alleles, fraction, maf_min)


@pytest.mark.parametrize("prefix", ["", "chr"])
def test_sites_of_an_array(real, prefix):
    chosen = [3, 40, 41, 200]
    table = real.sites.iloc[chosen[::-1]][["contig", "position"]]
    elsewhere = pd.DataFrame({"contig": ["20", "19"], "position": [1, real.sites["position"][5]]})
    typed = array_sites(real.sites, pd.concat([table, elsewhere]).assign(contig=lambda rows: prefix + rows["contig"]))
    assert np.flatnonzero(typed).tolist() == chosen
    with pytest.raises(UserError, match=r"1 of \d+ sites are in the table of typed sites"):
        array_sites(real.sites, table[:1])
    with pytest.raises(UserError, match=r"(\d+) of \1 sites are in"):
        array_sites(real.sites, real.sites)


def test_table_of_sites(real):
    train = real.take_people(SPLIT == "train").alleles
    typed = typed_sites(train, 0.1, 0.05)
    table = typed_table(real.sites, train, typed)
    assert table.columns.tolist() == TYPED_COLUMNS
    pd.testing.assert_frame_equal(table[["contig", "position", "id", "ref", "alt"]], real.sites)
    assert set(np.flatnonzero(table["typed"])) == set(np.flatnonzero(typed))
    for i in range(real.n_sites):
        copies = sum(int(allele) for allele in train[:, i])
        assert table["mac_biobank"][i] == min(copies, 100 - copies)
        assert table["maf_biobank"][i] == pytest.approx(min(copies, 100 - copies) / 100)


def test_a_contig_without_typed_sites(real):
    train, sites = real.take_people(SPLIT == "train").alleles, on_two_contigs(real).sites
    typed = typed_sites(train, 0.1, 0.05)
    typed_table(sites, train, typed)
    with pytest.raises(UserError, match=r"21:\d+-\d+ has no typed site"):
        typed_table(sites, train, typed & (sites["contig"] == "20").to_numpy())


def test_stretches_without_typed_sites_are_counted_and_told(real, caplog):
    train, sites = real.take_people(SPLIT == "train").alleles, real.sites.copy()
    typed, third = typed_sites(train, 0.1, 0.05), real.n_sites // 3
    sites["position"] += 200_001 * (np.arange(real.n_sites) // third).clip(max=2)
    assert far_from_typed_sites(sites, typed) is None
    typed[third : 2 * third] = False
    with caplog.at_level("WARNING"):
        typed_table(sites, train, typed)
    (record,) = caplog.records
    assert record.getMessage() == far_from_typed_sites(sites, typed)
    start = "no site is typed in 1 of 3 segments (more than 200 kb apart), so "
    assert record.getMessage().startswith(f"{start}{third} of {real.n_sites} sites are")
    # A gap of no more than that is none.
    near = sites.assign(position=real.sites["position"])
    assert far_from_typed_sites(near, typed) is None


# Scripts --------------------------------------------------------------------------------------------------------------


def run(script, *arguments):
    command = [sys.executable, ROOT / "workflow" / "scripts" / script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def prepared(real, tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    save_haplotypes(real, folder / "real.vcz.zip")
    save_haplotypes(ags(real), folder / "gan.vcz.zip")
    write_tsv(real.people[["sample"]].assign(split=SPLIT), folder / "split.tsv")
    return folder


def names_and_positions(path):
    reader = cyvcf2.VCF(str(path))
    return reader.samples, [(record.CHROM, record.POS) for record in reader]


@pytest.mark.integration
@pytest.mark.parametrize("given", [False, True])
def test_the_target_is_the_test_people_at_typed_sites_alone(real, prepared, tmp_path, given):
    array = real.sites[["contig", "position"]].iloc[[5, 50, 150]]
    write_tsv(array, tmp_path / "array.tsv")
    common = ["--haplotypes", prepared / "real.vcz.zip", "--split", prepared / "split.tsv", "--build", "GRCh37"]
    more = ["--typed-sites", *([tmp_path / "array.tsv"] if given else [])]
    more += ["--settings", '{"typed_fraction": 0.1, "typed_maf_min": 0.05}']
    outputs = ["--target", tmp_path / "target.vcf.gz", "--sites", tmp_path / "typed.tsv"]
    done = run("impute_target.py", *common, *more, *outputs)
    assert done.returncode == 0, done.stderr
    table = read_tsv(tmp_path / "typed.tsv", TYPED_COLUMNS)
    typed = table["typed"] == 1
    assert table["position"].tolist() == real.sites["position"].tolist()
    assert typed.sum() == (3 if given else round(0.1 * real.n_sites))
    samples, places = names_and_positions(tmp_path / "target.vcf.gz")
    assert samples == real.people["sample"][SPLIT == "test"].tolist()
    assert places == list(zip(table["contig"][typed], table["position"][typed], strict=True))
    assert (tmp_path / "target.vcf.gz.tbi").exists()


@pytest.mark.integration
@pytest.mark.parametrize("panel", ["real", "real+gan", "gan", "real+gan@4", "real+biobank"])
def test_panels_on_disk_hold_all_sites_and_only_their_people(real, prepared, tmp_path, panel):
    common = ["--haplotypes", prepared / "real.vcz.zip", "--split", prepared / "split.tsv", "--build", "GRCh37"]
    models = ["--models", "gan", "--genomes", prepared / "gan.vcz.zip"] if "gan" in panel else ["--models", "--genomes"]
    done = run("impute_panel.py", *common, *models, "--panel", panel, "--output", tmp_path / "panel.vcf.gz")
    assert done.returncode == 0, done.stderr
    samples, places = names_and_positions(tmp_path / "panel.vcf.gz")
    assert places == list(zip(real.sites["contig"], real.sites["position"], strict=True))
    allowed = ["public"] * ("real" in panel) + ["train"] * ("biobank" in panel)
    people = set(samples) & set(real.people["sample"])
    assert people == set(real.people["sample"][np.isin(SPLIT, allowed)])
    n_ags = 2 if "@4" in panel else 20 if "gan" in panel else 0
    assert len(samples) == len(people) + n_ags
    assert (tmp_path / "panel.vcf.gz.tbi").exists()


def test_what_has_no_typed_site_is_imputed_with_its_neighbour():
    sites = pd.DataFrame({"contig": ["1"] * 6 + ["2"] * 2, "position": [5, 9, 2e7, 4e7, 6e7, 6e7 + 1, 3, 5e7]})
    sites = sites.astype({"position": int})

    def parts(*typed):
        found = imputed_parts(sites, np.isin(np.arange(8), typed))
        return [(contig, rows.tolist()) for contig, rows in found]

    assert parts(0, 4, 7) == [("1", [0, 1, 2, 3]), ("1", [4, 5]), ("2", [6, 7])]
    assert parts(0, 2, 3, 5, 6) == [("1", [0, 1, 2, 3]), ("1", [4, 5]), ("2", [6, 7])]
    assert parts(4, 6) == [("1", [0, 1, 2, 3, 4, 5]), ("2", [6, 7])]
    assert parts(2, 6) == [("1", [0, 1, 2, 3, 4, 5]), ("2", [6, 7])]
    with pytest.raises(UserError, match="2:3-50000000 has no typed site"):
        parts(0, 4)
