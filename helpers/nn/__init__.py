"""A small neural network library in NumPy that reads like the mathematics and agrees with PyTorch."""
