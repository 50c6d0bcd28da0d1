"""Imputation of masked people from reference panels with and without AGs, and how true the result is."""

GAP_MAX_BP = 10_000_000
"""Sites on two sides of a longer gap are imputed apart: Minimac4 fails in chunks (20 Mb) without a site."""
