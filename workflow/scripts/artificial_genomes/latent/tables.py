"""Columns and titles of tables about the hidden layer that several programs use."""

MEASURES = ("af_r", "ld_r2_r", "fst_own", "fst_nearest_other", "accuracy")
"""Scores by population; see `conditional.population_scores`."""

POPULATION_COLUMNS = ["set", "population", "n_ag", "n_real", *MEASURES]

EXPLORED = (
    "coordinates",
    "variance",
    "neighbours",
    "spectrum",
    "modes",
    "units",
    "prototypes",
    "chains",
    "paths",
    "metrics",
)
"""Titles of the tables of `explore.explore`, which contain no names of individuals and no haplotypes."""
