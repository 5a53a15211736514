"""A real language model to quantize: all-MiniLM-L6-v2, 22.7 million weights, in a hundred lines of PyTorch.

It turns a sentence into a unit vector of 384 numbers; sentences that mean the same point the same way. One
subject a file: `files` finds the published weights and checks them, `model` is the forward pass, `retrieval`
the task that shows what a change of the weights costs, `compress` and `calibrated` the ways to make it small.
"""
