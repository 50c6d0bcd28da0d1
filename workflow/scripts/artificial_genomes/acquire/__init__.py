"""Public data: sources, downloads and archives of VCFs."""
