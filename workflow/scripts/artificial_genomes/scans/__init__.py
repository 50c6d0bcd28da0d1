"""Selection scans: their statistics, the agreement of AGs with real haplotypes, and known signals."""
