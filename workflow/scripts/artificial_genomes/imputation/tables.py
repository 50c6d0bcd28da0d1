"""The tables of imputation that figures draw."""

BASE = "real"
"""The panel against which gains are measured."""

DIRECT = "@direct"
"""Ending of a panel that is a model which imputes by itself: `hclt@direct`."""

GAIN_COLUMNS = [
    "panel",
    "measure",
    "axis",
    "low",
    "high",
    "value",
    "se_sites",
    "gain",
    "gain_low",
    "gain_high",
    "share_better",
    "share_worse",
    "n_sites",
    "n_people",
    "n_seeds",
]

CALIBRATION_COLUMNS = ["kind", "low", "high", "predicted", "observed", "n"]
