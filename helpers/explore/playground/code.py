"""Copy as code: the lines of `helpers` that train the same network to the same last digit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.explore.playground import names
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
    used: dict[str, list[str]] = {}
    body = [*data_lines(settings, problem, used), *model_lines(settings, problem, used)]
    body += training_lines(settings, problem, used, epochs)
    imports = ["import numpy as np", "", "from helpers import data, splits"]
    imports += [f"from helpers.{module} import {', '.join(sorted(used[module]))}" for module in sorted(used)]
    note = ""
    if session.changed_on_the_way:
        note = "# Settings were changed while it trained; this trains with the last ones from the start.\n"
    if session.edited:
        note += "# A weight was set by hand; this trains without that.\n"
    return note + "\n".join([*imports, "", *body, ""])


def use(used: dict[str, list[str]], module: str, name: str) -> str:
    """The name, noted down for the imports."""
    kept = used.setdefault(module, [])
    if name not in kept:
        kept.append(name)
    return name


def data_lines(settings: Settings, problem: Problem, used: dict[str, list[str]]) -> list[str]:
    """The data, the split, the features and what the loss compares with."""
    noise = float(settings.noise)
    split = f"train, validation = splits.holdout(len(X), {validation_size(settings.train_share)}, rng)"
    lines = [f"rng = np.random.default_rng({settings.seed})"]
    if settings.data == "digits":
        pca, scaler = use(used, "features", "PCA"), use(used, "features", "StandardScaler")
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


def model_lines(settings: Settings, problem: Problem, used: dict[str, list[str]]) -> list[str]:
    """The layers, and their first weights."""
    use(used, "nn.containers", "Sequential")
    use(used, "nn.layers", "Linear")
    lines, width = ["model = Sequential("], problem.X.shape[1]
    for _ in range(settings.hidden_layers):
        layers = [f"Linear({width}, {settings.units}, rng=rng)"]
        width = settings.units
        if settings.batch_norm:
            layers.append(f"{use(used, 'nn.normalization', 'BatchNorm')}({width})")
        if activation := names.ACTIVATION[settings.activation]:
            layers.append(f"{use(used, 'nn.activations', activation.name)}()")
        if settings.dropout:
            layers.append(f"{use(used, 'nn.regularization', 'Dropout')}({settings.dropout!r}, rng=rng)")
        lines.append(f"    {', '.join(layers)},")
    lines += [f"    Linear({width}, {problem.outputs}, rng=rng),", ")"]
    if initialise := names.INITIALISATION[settings.initialisation]:
        name = use(used, "nn.initializers", initialise.name)
        arguments = f"layer.W{', rng' * initialise.draws}{initialise.words}"
        lines += [
            "for layer in model.layers:",
            "    if isinstance(layer, Linear):",
            f"        {name}({arguments})",
            "        layer.b = 0",
        ]
    return lines


def training_lines(
    settings: Settings, problem: Problem, used: dict[str, list[str]], epochs: int
) -> list[str]:
    """Loss, optimizer and the call of `fit`."""
    optimizer = names.OPTIMIZER[settings.optimizer]
    loss = use(used, "nn.losses", names.loss_part(settings.loss, problem.outputs).name)
    use(used, "nn.optimizers", optimizer.name)
    use(used, "training", "fit")
    penalty = ""
    if settings.l1 or settings.l2:
        use(used, "nn.regularization", "Penalty")
        penalty = f"    penalty=Penalty(model, l1={settings.l1!r}, l2={settings.l2!r}),\n"
    call = (
        "history = fit(\n"
        f"    model, loss, optimizer, X[train], y[train], batch_size={settings.batch_size}, "
        f"num_epochs={epochs}, rng=rng,\n"
        f"    validation=(X[validation], y[validation]),\n{penalty})"
    )
    return [
        f"loss, optimizer = {loss}(), {optimizer.name}(model, lr={settings.lr!r}{optimizer.words})",
        call,
        "print(f\"validation loss {history['validation_loss'][-1]:.4f}\")",
    ]
