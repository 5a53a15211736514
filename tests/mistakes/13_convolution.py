"""Answers to exercise 13 that are no slips: mistakes people make, and right answers written in other ways."""

import copy

import numpy as np

from helpers import nn
from helpers.training import fit
from tests.mistakes import alternative, answers

answers(
    "convolution/conv",
    wrong="""
        sheet = … → sheet = np.pad(X, padding)
            Write the shapes of this line down
        rows = … → rows = -(-(sheet.shape[1] - kh) // stride) + 1
            Write the shapes of this line down
        columns = … → columns = (sheet.shape[2] - kh) // stride + 1
            the shape is wrong
        i:down:stride, j:right:stride → i:down, j:right
            Write the shapes of this line down
        @ W[i, j] → * W[i, j]
            Write the shapes of this line down
        return out → return out.sum(axis=-1)
            the shape is wrong
    """,
    right="""
        out = out + … → out = out + np.tensordot(sheet[:, i:down:stride, j:right:stride], W[i, j], 1)
        return out → return out.astype("f4")
            with tensordot, and float32
    """,
)


@alternative("convolution/conv")
def window_by_window(X, W, b, stride, padding):
    n, h, w, C = X.shape
    kh, kw, _, F = W.shape
    sheet = np.zeros((n, h + 2 * padding, w + 2 * padding, C))
    sheet[:, padding : h + padding, padding : w + padding, :] = X
    maps = []
    for picture in sheet:
        maps.append([])
        for top in range(0, h + 2 * padding - kh + 1, stride):
            maps[-1].append([])
            for left in range(0, w + 2 * padding - kw + 1, stride):
                window = picture[top : top + kh, left : left + kw]
                maps[-1][-1].append([float((window * W[..., f]).sum() + b[f]) for f in range(F)])
    return maps


answers(
    "convolution/blueprint",
    wrong=r"""
        spare // stride + 1 → int(spare / stride) + 1
            expected a ValueError
        raise … → return None
            Is there at least one
        return … → return sizes, sum(parameters)
            the shape of parameters is wrong
        sizes.append([C, h, w]) → sizes.append([h, w])
            the shape of sizes is wrong
        for kind, *numbers in layers: → for numbers in layers:\n    kind = numbers.pop(0)
            changes its input layers
        return … → return np.array(parameters), np.array(sizes)
            in another order
    """,
    right="""
        return … → return [list(map(float, size)) for size in sizes], parameters
            lists, of decimals too
    """,
)


@alternative("convolution/blueprint")
def counted_one_by_one(picture, layers, classes):
    channels, *sides = picture
    sizes, parameters = [], []
    for layer in layers:
        kernel, stride = (layer[2], layer[3]) if layer[0] == "conv" else layer[1:]
        around = layer[4] if layer[0] == "conv" else 0
        sides = [len(range(0, side + 2 * around - kernel + 1, stride)) for side in sides]
        if not all(sides):
            raise ValueError(f"{layer} finds no place for its window")
        parameters.append(layer[1] * kernel * kernel * channels + layer[1] if layer[0] == "conv" else 0)
        channels = layer[1] if layer[0] == "conv" else channels
        sizes.append((channels, *sides))
    return sizes, np.append(parameters, np.prod(sizes[-1]) * classes + classes)


answers(
    "convolution/max_pool_backward",
    wrong="""
        dX = … → dX = np.zeros_like(X)
            which dtype has dX
        i, j = … → i, j = top + first % kernel, left + first // kernel
            Take one window
        top, left = … → top, left = r, c
            Take one window
        return dX → return dX * (X > 0)
            There is no ReLU in this layer
        dX[picture, channel, i, j] += … → dX[picture, channel, i, j] = d_out[:, :, r, c]
            what each of them gives is added up
        first = … → first = window.argmax(axis=-1).max(axis=-1)
            Take one window
    """,
    right="""
        first = … → first = np.array([[np.argmax(one) for one in some] for some in window])
        return dX → return dX.astype("f4").tolist()
            each window for itself, and a list
    """,
)


@alternative("convolution/max_pool_backward")
def weight_by_weight(d_out, X, kernel, stride):
    rows, columns = d_out.shape[2:]
    left, dX = d_out.copy(), np.zeros(X.shape)
    views = [
        np.s_[:, :, i : i + stride * rows : stride, j : j + stride * columns : stride]
        for i in range(kernel)
        for j in range(kernel)
    ]
    largest = np.max([X[view] for view in views], axis=0)
    for view in views:
        part = left * (X[view] == largest)
        dX[view] += part
        left -= part
    return dX


answers(
    "convolution/beat_the_mlp",
    wrong="""
        last = … → last = nn.Linear(144, 10, rng=rng)
        layers = … → layers = []
        nn.MaxPool2d(3), nn.Flatten(), → nn.Flatten(),
            it has to be 0.75 or more
        first = … → first = nn.Conv2d(1, 32, 3, rng=rng)
        second = … → second = nn.Conv2d(32, 22, 3, rng=rng)
            3000 are allowed
        nn.MaxPool2d(3), nn.Flatten(), → nn.Flatten(),
        second = … → second = nn.Conv2d(12, 10, 3, rng=rng)
        last = … → last = nn.Linear(90, 10, rng=rng)
            it has to be 0.75 or more
        fit(… → X, y = placed(pictures[:600] / 16, rng), digits[:600]; …
            it has to be 0.75 or more
        fit(… → rng = np.random.default_rng(); …
            All chance comes from the `rng`
        return model → return model.forward
            returns the network that was trained
    """,
)


@alternative("convolution/beat_the_mlp")
def in_float32_with_other_filters(X, y, rng):
    first, second = (nn.Conv2d(i, o, 3, rng=rng, dtype="f4") for i, o in [(1, 12), (12, 22)])
    body = [first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(3), nn.Flatten()]
    model = nn.Sequential(*body, nn.Linear(22, 10, rng=rng, dtype="f4"))
    loss, optimizer = nn.CrossEntropyLoss(), nn.AdamW(model, lr=0.008)
    fit(model, loss, optimizer, X.astype("f4"), y, batch_size=40, num_epochs=30, rng=rng, progress=False)
    return model


@alternative("convolution/beat_the_mlp")
def sheets_moved_each_epoch(X, y, rng):
    first, second = nn.Conv2d(1, 10, 3, rng=rng), nn.Conv2d(10, 26, 3, rng=rng)
    body = [first, nn.ReLU(), nn.MaxPool2d(2), second, nn.ReLU(), nn.MaxPool2d(3), nn.Flatten()]
    model = nn.Sequential(*body, nn.Linear(26, 10, rng=rng))
    loss, optimizer = nn.CrossEntropyLoss(), nn.Adam(model, lr=0.01)
    for _ in range(25):
        moved = np.roll(X, rng.integers(-1, 2, size=2), axis=(2, 3))
        fit(model, loss, optimizer, moved, y, batch_size=50, num_epochs=1, rng=rng, progress=False)
    return model


answers(
    "convolution/transfer",
    wrong="""
        copy.deepcopy(layer).freeze() → copy.deepcopy(layer)
            no step moves them
        copy.deepcopy(layer).freeze() → layer.freeze()
            is a layer of its own
        num_classes, rng=rng) → 10, rng=rng)
            One number for each class
        body = … → model.freeze(); …
            freeze the copies
        for layer in model.layers[:-1]] → for layer in model.layers]
        model.layers[-1].in_features → 10
            the last is one nn.Linear
        lr=0.05 → lr=0.0003
            It does not even know those
    """,
)


@alternative("convolution/transfer")
def features_once(model, X, y, num_classes, rng):
    a = X
    for layer in model.layers[:-1]:
        a = layer.forward(a)
    head = nn.Sequential(nn.Linear(a.shape[1], num_classes, rng=rng))
    settings = {"batch_size": 5, "num_epochs": 60, "progress": False}
    fit(head, nn.CrossEntropyLoss(), nn.Adam(head, lr=0.01), a, y, rng=rng, **settings)
    return nn.Sequential(*map(copy.deepcopy, [*model.layers[:-1], *head.layers]))


@alternative("convolution/transfer")
def frozen_one_by_one(model, X, y, num_classes, rng):
    *body, last = copy.deepcopy(list(model.layers))
    new = nn.Sequential(*body, nn.Linear(*last.W.shape[:1], num_classes, rng=rng))
    for layer in new.layers[:-1]:
        layer.freeze()
    loss, optimizer = nn.CrossEntropyLoss(), nn.AdamW(new, lr=0.05, weight_decay=0.1)
    for _ in range(60):
        loss.forward(new.forward(X), y)
        new.backward(loss.backward())
        optimizer.step()
    return new.train()
