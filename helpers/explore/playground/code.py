"""Copy as code: the lines of `helpers` that train the same network to the same last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.explore.playground.problem import LINE, NOISE_SCALE, Problem
from helpers.explore.playground.settings import SAMPLES, Settings, validation_size

if TYPE_CHECKING:
    from helpers.explore.playground.session import Session

FUNCTION = {"moons": "two_moons"}
FEATURE = {
    "x1": "X[:, 0]",
    "x2": "X[:, 1]",
    "x1²": "X[:, 0] ** 2",
    "x2²": "X[:, 1] ** 2",
    "x1·x2": "X[:, 0] * X[:, 1]",
    "sin πx1": "np.sin(np.pi * X[:, 0])",
    "sin πx2": "np.sin(np.pi * X[:, 1])",
}
ACTIVATION = {
    "tanh": "Tanh",
    "ReLU": "ReLU",
    "leaky ReLU": "LeakyReLU",
    "ELU": "ELU",
    "GELU": "GELU",
    "SiLU": "SiLU",
    "sigmoid": "Sigmoid",
}
LOSS = {
    "squared error": "MSELoss",
    "absolute error": "L1Loss",
    "Huber": "HuberLoss",
    "hinge": "HingeLoss",
    "squared hinge": "SquaredHingeLoss",
    "exponential": "ExponentialLoss",
}
OPTIMIZER = {
    "SGD": ("SGD", ""),
    "momentum": ("SGD", ", momentum=0.9"),
    "Nesterov": ("SGD", ", momentum=0.9, nesterov=True"),
    "AdaGrad": ("Adagrad", ""),
    "RMSProp": ("RMSprop", ""),
    "Adam": ("Adam", ""),
    "AdamW": ("AdamW", ""),
}
INITIALISATION = {
    "Xavier": ("xavier_uniform", "layer.W, rng"),
    "He": ("he_uniform", "layer.W, rng"),
    "small": ("normal", "layer.W, rng, std=0.01"),
    "large": ("normal", "layer.W, rng, std=1.0"),
    "zeros": ("zeros", "layer.W"),
}


def as_code(session: Session) -> str:
    """A program that trains the session's network for its complete epochs, and prints the validation loss.

    Before the first complete epoch it is for 200 steps.

    >>> from helpers.explore.playground.session import Session
    >>> print(as_code(Session(Settings(hidden_layers=1, seed=7))).split("\\n\\n")[2])
    rng = np.random.default_rng(7)
    X, y = data.two_moons(256, noise=0.2, rng=rng)
    train, validation = splits.holdout(len(X), 128, rng)
    y = y[:, None]
    model = Sequential(
        Linear(2, 16, rng=rng), Tanh(),
        Linear(16, 1, rng=rng),
    )
    loss, optimizer = BCEWithLogitsLoss(), SGD(model, lr=0.3)
    history = fit(
        model, loss, optimizer, X[train], y[train], batch_size=16, num_epochs=25, rng=rng,
        validation=(X[validation], y[validation]),
    )
    print(f"validation loss {history['validation_loss'][-1]:.4f}")
    <BLANKLINE>
    """
    settings, problem = session.settings, session.problem
    epochs = session.epochs or session.enough // session.steps_per_epoch
    names: dict[str, list[str]] = {}
    body = [*data_lines(settings, problem, names), *model_lines(settings, problem, names)]
    body += training_lines(settings, problem, names, epochs)
    imports = ["import numpy as np", "", "from helpers import data, splits"]
    imports += [
        f"from helpers.{module} import {', '.join(sorted(names[module]))}" for module in sorted(names)
    ]
    note = ""
    if session.changed_on_the_way:
        note = "# Settings were changed while it trained; this trains with the last ones from the start.\n"
    return note + "\n".join([*imports, "", *body, ""])


def use(names: dict[str, list[str]], module: str, name: str) -> str:
    """The name, noted down for the imports."""
    kept = names.setdefault(module, [])
    if name not in kept:
        kept.append(name)
    return name


def data_lines(settings: Settings, problem: Problem, names: dict[str, list[str]]) -> list[str]:
    """The data, the split, the features and what the loss compares with."""
    noise = float(settings.noise)
    split = f"train, validation = splits.holdout(len(X), {validation_size(settings.train_share)}, rng)"
    lines = [f"rng = np.random.default_rng({settings.seed})"]
    if settings.data == "digits":
        pca, scaler = use(names, "features", "PCA"), use(names, "features", "StandardScaler")
        lines += [
            "X, y = data.load_digits()",
            f"rows = rng.choice(len(X), size={SAMPLES}, replace=False)",
            f"X, y = X[rows] + {16 * noise!r} * rng.normal(size=({SAMPLES}, 64)), y[rows]",
            split,
            f"X = {pca}(2).fit(X[train]).transform(X)",
            f"X = {scaler}().fit(X[train]).transform(X)",
        ]
    elif settings.data == "line":
        drawn = f"data.noisy_polynomial({SAMPLES}, noise={noise!r}, coefficients={LINE}, rng=rng)"
        lines += [f"X, y = {drawn}", split]
    else:
        name = FUNCTION.get(settings.data, settings.data)
        noise = round(noise * NOISE_SCALE.get(settings.data, 1), 6)
        lines += [f"X, y = data.{name}({SAMPLES}, noise={noise!r}, rng=rng)", split]
    if settings.used_features != (("x1",) if settings.data == "line" else ("x1", "x2")):
        lines.append(f"X = np.column_stack([{', '.join(FEATURE[name] for name in settings.used_features)}])")
    if target := target_line(settings, problem):
        lines.append(target)
    return lines


def target_line(settings: Settings, problem: Problem) -> str:
    if settings.regression or (settings.loss == "cross-entropy" and problem.outputs == 1):
        return "y = y[:, None]"
    if settings.loss == "cross-entropy":
        return ""
    if problem.outputs == 1:
        return "y = 2.0 * y[:, None] - 1"
    return f"y = 2.0 * np.eye({problem.num_classes})[y] - 1"


def model_lines(settings: Settings, problem: Problem, names: dict[str, list[str]]) -> list[str]:
    """The layers, and their first weights."""
    use(names, "nn.containers", "Sequential")
    use(names, "nn.layers", "Linear")
    lines, width = ["model = Sequential("], problem.X.shape[1]
    for _ in range(settings.hidden_layers):
        layers = [f"Linear({width}, {settings.units}, rng=rng)"]
        width = settings.units
        if settings.batch_norm:
            layers.append(f"{use(names, 'nn.normalization', 'BatchNorm')}({width})")
        if settings.activation in ACTIVATION:
            layers.append(f"{use(names, 'nn.activations', ACTIVATION[settings.activation])}()")
        if settings.dropout:
            layers.append(f"{use(names, 'nn.regularization', 'Dropout')}({settings.dropout!r}, rng=rng)")
        lines.append(f"    {', '.join(layers)},")
    lines += [f"    Linear({width}, {problem.outputs}, rng=rng),", ")"]
    if settings.initialisation in INITIALISATION:
        name, arguments = INITIALISATION[settings.initialisation]
        use(names, "nn.initializers", name)
        lines += [
            "for layer in model.layers:",
            "    if isinstance(layer, Linear):",
            f"        {name}({arguments})",
            "        layer.b = 0",
        ]
    return lines


def training_lines(
    settings: Settings, problem: Problem, names: dict[str, list[str]], epochs: int
) -> list[str]:
    """Loss, optimizer and the call of `fit`."""
    loss = LOSS.get(settings.loss) or ("BCEWithLogitsLoss" if problem.outputs == 1 else "CrossEntropyLoss")
    optimizer, more = OPTIMIZER[settings.optimizer]
    use(names, "nn.losses", loss)
    use(names, "nn.optimizers", optimizer)
    use(names, "training", "fit")
    penalty = ""
    if settings.l1 or settings.l2:
        use(names, "nn.regularization", "Penalty")
        penalty = f"    penalty=Penalty(model, l1={settings.l1!r}, l2={settings.l2!r}),\n"
    call = (
        "history = fit(\n"
        f"    model, loss, optimizer, X[train], y[train], batch_size={settings.batch_size}, "
        f"num_epochs={epochs}, rng=rng,\n"
        f"    validation=(X[validation], y[validation]),\n{penalty})"
    )
    return [
        f"loss, optimizer = {loss}(), {optimizer}(model, lr={settings.lr!r}{more})",
        call,
        "print(f\"validation loss {history['validation_loss'][-1]:.4f}\")",
    ]
