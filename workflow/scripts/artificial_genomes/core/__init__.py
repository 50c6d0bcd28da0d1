"""What every room stands on: errors, programs, tables, haplotypes, sites and random streams."""
