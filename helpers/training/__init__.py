"""Training: `fit`, the loop with what a day at work adds to it, and `sweep`, many of its settings at once."""

from helpers.nn.checkpoint import load_checkpoint, save_checkpoint
from helpers.nn.history import History
from helpers.training.draws import fit_each
from helpers.training.loop import Batches, EarlyStopping, Run, evaluate, fit, predict
from helpers.training.sweeps import Setting, Sweep, sweep

__all__ = [
    "Batches",
    "EarlyStopping",
    "History",
    "Run",
    "Setting",
    "Sweep",
    "evaluate",
    "fit",
    "fit_each",
    "load_checkpoint",
    "predict",
    "save_checkpoint",
    "sweep",
]
