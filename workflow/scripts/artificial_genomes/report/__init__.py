"""The report of a run, its provenance and its table of datasets."""
