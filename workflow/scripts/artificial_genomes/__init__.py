"""Artificial genomes: read haplotypes, train generative models, generate, compare, and say whether to trust the result.

The modules here hold no Snakemake code. They sit beside the command-line scripts that the rules call, so nothing
needs installing, and only the neural models import TensorFlow.
"""
