"""A small neural network library in NumPy that reads like the mathematics and agrees with PyTorch.

Everything a network is built from can be imported from here: layers, losses, optimizers, containers.
"""

from helpers.nn.activations import ELU, GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Softmax, Tanh
from helpers.nn.attention import Attention, Position
from helpers.nn.base import Layer
from helpers.nn.branches import Concat, Tied
from helpers.nn.clipping import ClipNorm, ClipValue
from helpers.nn.containers import Residual, Sequential
from helpers.nn.convolution import AvgPool2d, Conv2d, MaxPool2d
from helpers.nn.fake_quant import FakeQuant
from helpers.nn.fleet import Fleet
from helpers.nn.layers import Embedding, Flatten, Linear
from helpers.nn.losses import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    ExponentialLoss,
    HingeLoss,
    HuberLoss,
    L1Loss,
    MAELoss,
    MSELoss,
    RMSELoss,
    SquaredHingeLoss,
)
from helpers.nn.normalization import BatchNorm, LayerNorm, RMSNorm
from helpers.nn.onnx import to_onnx
from helpers.nn.optimizers import LBFGS, SGD, Adagrad, Adam, AdamW, RMSprop
from helpers.nn.recurrent import GRU, LSTM, RNN
from helpers.nn.regularization import L1, L2, DropConnect, Dropout, ElasticNet

__all__ = [
    "ELU",
    "GELU",
    "GRU",
    "L1",
    "L2",
    "LBFGS",
    "LSTM",
    "RNN",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Attention",
    "AvgPool2d",
    "BCEWithLogitsLoss",
    "BatchNorm",
    "ClipNorm",
    "ClipValue",
    "Concat",
    "Conv2d",
    "CrossEntropyLoss",
    "DropConnect",
    "Dropout",
    "ElasticNet",
    "Embedding",
    "ExponentialLoss",
    "FakeQuant",
    "Flatten",
    "Fleet",
    "HingeLoss",
    "HuberLoss",
    "L1Loss",
    "Layer",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MAELoss",
    "MSELoss",
    "MaxPool2d",
    "Position",
    "RMSELoss",
    "RMSNorm",
    "RMSprop",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "SquaredHingeLoss",
    "Tanh",
    "Tied",
    "to_onnx",
]
