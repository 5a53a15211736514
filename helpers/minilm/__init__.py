"""A real language model to quantize: all-MiniLM-L6-v2, 22.7 million weights, in a hundred lines of PyTorch.

It turns a sentence into a unit vector of 384 numbers; sentences that mean the same point the same way. One
subject a file: `files` finds the published weights and checks them, `model` is the forward pass, `observe`
looks at what its matrices are given and changes them, `retrieval` is the task that shows what a change costs,
`measured` what was found. The ways to make it small are those of `helpers.quantization`.
"""
