"""Figure S13: ratios by class, and what is too rare to be shown."""

import numpy as np
import pandas as pd

from artificial_genomes.figures import figs13_differences
from artificial_genomes.figures.sets import panel
from figure_helpers import difference_table, metrics_table, sets


def ratios(table):
    return figs13_differences.numbers(table, metrics_table(["gan"]))


def test_ratios_are_those_of_ags_to_real_haplotypes():
    table = sets(["gan"], difference_table)
    shown = panel(ratios(table), "classes")
    assert set(shown["part"]) == {"mismatches", "mutations", "runs"}
    np.testing.assert_allclose(shown["ratio"], shown["ag"] / shown["real"])
    assert len(shown) == 2 * 6  # seeds, and classes without the one of runs that counts 0.1 * 60 = 6


def test_a_class_of_few_sites_or_few_counts_is_not_shown():
    table = sets(["gan"], difference_table, seeds=[1])
    few_sites = table.assign(sites=np.where(table["low"] == 0, 9, table["sites"]))
    shown = panel(ratios(few_sites), "classes")
    assert set(shown.loc[shown["part"] != "runs", "low"]) == {0.05}
    few_real = table.assign(real=np.where(table["part"] == "mutations", 9 / 60, table["real"]))
    assert set(panel(ratios(few_real), "classes")["part"]) == {"mismatches", "runs"}


def test_the_reference_is_the_test_individuals():
    table = sets(["gan"], difference_table, seeds=[1])
    both = pd.concat([table.assign(reference="train", ag=99.0), table])
    pd.testing.assert_frame_equal(ratios(both), ratios(table))
