"""Imputation of masked people from reference panels with and without AGs, and how true the result is."""
