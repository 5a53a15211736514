"""Tests of the engine: against PyTorch, against numerical gradients, and against broken copies of itself."""
