"""The figures, one module each.

`numbers(...)` turns the tables of a run into one table, and `draw(numbers)` draws that table and nothing else: what is
written beside a figure is what the figure shows. Rows of all panels stand in one table; the column `panel` says which,
and columns that a panel does not use are empty.
"""
