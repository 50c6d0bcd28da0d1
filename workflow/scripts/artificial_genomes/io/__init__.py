"""Files of haplotypes, individuals and maps, read and written."""
