"""Selection scans: what they compute, how AGs' tracks agree with those of real haplotypes, and known signals."""
