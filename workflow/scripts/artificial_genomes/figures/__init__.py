"""The figures, one module each.

`INPUTS` names the tables of a run that a figure reads, `numbers(...)` turns them into one table, and `draw(numbers)`
draws that table and nothing else: the table written with a figure contains exactly what the figure shows. Rows of all
panels are in one table; the column `panel` says which, and columns that a panel does not use are empty.
"""
