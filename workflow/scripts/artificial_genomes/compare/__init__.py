"""AG sets beside real haplotypes: comparison, matching of individuals and the privacy audit."""
