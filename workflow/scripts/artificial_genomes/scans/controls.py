"""Positive controls of the selection scans: known signals that real data must show before anything else is scanned."""

import numpy as np
import pandas as pd

from artificial_genomes.core.errors import UserError
from artificial_genomes.core.haplotypes import Haplotypes
from artificial_genomes.scans.ehh import xpehh
from artificial_genomes.scans.pbs import pbs
from artificial_genomes.scans.places import frequent_sites
from artificial_genomes.scans.tracks import with_label

COLUMNS = [
    "name",
    "dataset",
    "statistic",
    "population",
    "reference_1",
    "reference_2",
    "maf_min",
    "expected_id",
    "expected_value",
    "tolerance",
]
STATISTICS = ("pbs", "xpehh_raw")


def find_peak(haplotypes: Haplotypes, control: dict) -> tuple[str, float]:
    """Return the id and the value of the highest site of a control.

    Parameters
    ----------
    haplotypes
        All individuals of the control's data set.
    control
        A row of the table of controls. `maf_min` is the smallest minor allele frequency among all individuals.

    Raises
    ------
    UserError
        The statistic or a population is unknown, or no site can be scored.
    """
    name, statistic = control["name"], control["statistic"]
    if statistic not in STATISTICS:
        raise UserError(f"control {name}: statistic {statistic!r} is unknown. Use one of {', '.join(STATISTICS)}.")
    haplotypes = haplotypes.take_sites(frequent_sites([haplotypes.alleles], control["maf_min"]))
    target = with_label(haplotypes, control["population"]).alleles
    reference = with_label(haplotypes, control["reference_1"]).alleles
    if statistic == "pbs":
        scores = pbs(target, reference, with_label(haplotypes, control["reference_2"]).alleles)
    else:
        scores = xpehh(target, reference, haplotypes.sites)
    if not np.isfinite(scores).any():
        raise UserError(f"control {name}: no site of {control['dataset']} can be scored. Check its data and maf_min.")
    peak = int(np.nanargmax(scores))
    return haplotypes.sites["id"].iloc[peak], float(scores[peak])


def check_controls(controls: pd.DataFrame, datasets: dict[str, Haplotypes]) -> pd.DataFrame:
    """Compute every control and require the known signal.

    Parameters
    ----------
    controls
        Columns `COLUMNS`. `expected_id` may name several sites of equal height, joined by commas.
    datasets
        Haplotypes of every data set named by the controls.

    Returns
    -------
    DataFrame
        The controls with the columns found_id, found_value and passed.

    Raises
    ------
    UserError
        A control fails; all that fail are named.
    """
    peaks = [find_peak(datasets[control["dataset"]], control) for control in controls.to_dict("records")]
    table = controls.assign(found_id=[peak[0] for peak in peaks], found_value=[peak[1] for peak in peaks])
    right_site = [row.found_id in row.expected_id.split(",") for row in table.itertuples()]
    table["passed"] = np.array(right_site) & (
        (table["found_value"] - table["expected_value"]).abs() <= table["tolerance"]
    )
    failed = [
        f"{row.name} ({row.statistic} of {row.population} peaks at {row.found_id} with {row.found_value:.3f}, "
        f"expected {row.expected_id} with {row.expected_value} +- {row.tolerance})"
        for row in table[~table["passed"]].itertuples(index=False)
    ]
    if failed:
        raise UserError(
            f"the real data do not show the known signal of {'; '.join(failed)}. Check the files, individuals and "
            "filters of the control data sets; no scan starts until they are right."
        )
    return table
