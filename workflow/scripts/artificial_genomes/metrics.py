"""The table of metrics, one row a number, that every stage writes and the scorecard joins."""

METRIC_COLUMNS = ["reference", "metric", "value", "ci_low", "ci_high", "n"]
"""Columns; the interval is empty where there is none, n is the number of haplotypes, sites or people behind a value."""

CONTROLS = ("ceiling", "floor")
"""What stands in the place of a model: other real haplotypes, and haplotypes with independent sites."""
