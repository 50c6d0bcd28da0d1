"""The quality record of a dataset, `qc.tsv`: what the preparation writes there and the report reads."""

QC_COLUMNS = ["step", "what", "value"]

DETAILED_STEPS = ("filled in, individual", "filled in, site", "left out, missing share")
"""Steps with a row per individual or site, which reports do not show."""

RARE_MAF = 0.05
"""Sites with a smaller minor allele frequency are counted as rare."""

SITE_FACTS = {
    "sites": "sites",
    "monomorphic": "monomorphic",
    f"maf_below_{RARE_MAF}": f"minor allele frequency below {RARE_MAF}",
    "contigs": "contigs",
    "first": "first",
    "last": "last",
}
"""Facts about the sites that were kept (step `sites`): their column in `datasets.tsv`, and their text in `qc.tsv`."""
