"""Statistics that compare artificial with real haplotypes: arrays in, numbers and small dataclasses out."""
