"""What `snakemake check` shows before a run."""
