"""The hidden layer of an RBM: what it has learnt, how it encodes haplotypes, and what the code is good for.

`encoding` hidden means of real and artificial haplotypes · `maps` two-dimensional maps · `modes` singular value
decomposition of the weights, and what single hidden units see · `prototypes` fixed points of the mean-field equations ·
`chains` Gibbs chains from random haplotypes · `tasks` populations told apart, from many labels and few · `usefulness`
AGs as training data · `masked` haplotypes completed · `conditional` AGs of given populations.
"""
