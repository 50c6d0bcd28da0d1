"""The hidden layer of an RBM: what it has learned, how it encodes haplotypes, and the use of this encoding.

`encoding` hidden means of real and artificial haplotypes · `maps` two-dimensional maps · `modes` singular value
decomposition of the weights, and what single hidden units see · `prototypes` fixed points of the mean-field equations ·
`chains` Gibbs chains from random haplotypes · `tasks` prediction of populations, from many labels and from few ·
`usefulness` AGs as training data · `masked` completion of masked haplotypes · `conditional` AGs of given populations.
"""
