"""Save, load, go on: the same bits as a run that never stopped."""

import numpy as np
import pytest

from helpers.nn.activations import LeakyReLU, Tanh
from helpers.nn.containers import Residual, Sequential
from helpers.nn.fleet import Fleet
from helpers.nn.history import History
from helpers.nn.layers import Linear
from helpers.nn.losses import CrossEntropyLoss
from helpers.nn.normalization import BatchNorm
from helpers.nn.optimizers import LBFGS, SGD, Adam, AdamW
from helpers.nn.regularization import Dropout
from helpers.nn.schedules import CosineAnnealingLR, ExponentialLR, ReduceLROnPlateau, WarmupLR
from helpers.training import fit, load_checkpoint, save_checkpoint

LOSS = CrossEntropyLoss()
pytestmark = pytest.mark.usefixtures("edition")


def rng(seed=0):
    return np.random.default_rng(seed)


def small(seed=0):
    return Sequential(Linear(3, 6, rng=rng(seed)), Tanh(), Linear(6, 2, rng=rng(seed + 1)))


X, Y = rng(5).normal(size=(23, 3)), rng(6).integers(2, size=23)


def resumable(seed=0):
    dropout = rng(seed + 7)
    model = Sequential(
        Linear(3, 6, rng=rng(seed)),
        BatchNorm(6),
        Dropout(0.2, rng=dropout),
        Residual(Tanh()),
        Linear(6, 2, rng=rng(1)),
    )
    optimizer = Adam(model, lr=0.01)
    return model, optimizer, CosineAnnealingLR(optimizer, T_max=6), rng(seed + 1)


def test_a_run_that_was_saved_and_loaded_goes_on_to_the_same_bit(tmp_path):
    model, optimizer, schedule, shuffle = resumable()
    whole = fit(model, LOSS, optimizer, X, Y, batch_size=5, num_epochs=6, rng=shuffle, schedule=schedule)
    other, optimizer, schedule, shuffle = resumable()
    settings = {"batch_size": 5, "num_epochs": 3}
    history = fit(other, LOSS, optimizer, X, Y, rng=shuffle, schedule=schedule, **settings)
    path = tmp_path / "run.npz"
    save_checkpoint(path, other, optimizer, rng=shuffle, schedule=schedule, history=history)
    again, optimizer, schedule, shuffle = resumable(seed=40)
    history = load_checkpoint(path, again, optimizer, rng=shuffle, schedule=schedule)
    history = fit(again, LOSS, optimizer, X, Y, rng=shuffle, schedule=schedule, history=history, **settings)
    np.testing.assert_array_equal(again.flat, model.flat)
    np.testing.assert_array_equal(again.state()["1.running_var"], model.state()["1.running_var"])
    np.testing.assert_array_equal(history.losses, whole.losses)
    np.testing.assert_array_equal(history["lr"], whole["lr"])
    assert list(history["epoch"]) == [1, 2, 3, 4, 5, 6]


def test_a_schedule_that_watches_the_loss_resumes_too(tmp_path):
    def build():
        model = small()
        optimizer = SGD(model, lr=5.0)
        return model, optimizer, ReduceLROnPlateau(optimizer, patience=0, factor=0.5)

    def run(parts, rng_, epochs, history=None):
        model, optimizer, schedule = parts
        arguments = {"batch_size": 5, "num_epochs": epochs, "rng": rng_, "history": history}
        return fit(model, LOSS, optimizer, X, Y, schedule=schedule, validation=(X, Y), **arguments)

    whole = run(build(), rng(1), 8)
    first, shuffle = build(), rng(1)
    run(first, shuffle, 4)
    save_checkpoint(tmp_path / "a.npz", first[0], first[1], rng=shuffle, schedule=first[2])
    second, shuffle = build(), rng(9)
    load_checkpoint(tmp_path / "a.npz", second[0], second[1], rng=shuffle, schedule=second[2])
    assert list(run(second, shuffle, 4)["lr"]) == list(whole["lr"][4:])
    assert len(set(whole["lr"])) > 2


def test_a_fleet_resumes(tmp_path):
    def build():
        fleet = Fleet([small(seed) for seed in range(3)])
        return fleet, Adam(fleet, lr=[0.1, 0.01, 0.001]), [rng(seed) for seed in range(3)]

    fleet, optimizer, shuffles = build()
    fit(fleet, LOSS, optimizer, X, Y, batch_size=5, num_epochs=4, rng=shuffles)
    part, optimizer, shuffles = build()
    history = fit(part, LOSS, optimizer, X, Y, batch_size=5, num_epochs=2, rng=shuffles)
    save_checkpoint(tmp_path / "a.npz", part, optimizer, rng=shuffles, history=history)
    again, optimizer, shuffles = build()
    history = load_checkpoint(tmp_path / "a.npz", again, optimizer, rng=shuffles)
    fit(again, LOSS, optimizer, X, Y, batch_size=5, num_epochs=2, rng=shuffles, history=history)
    np.testing.assert_array_equal(again.flat, fleet.flat)


def test_the_rates_of_a_fleet_are_those_of_the_file(tmp_path):
    def build(lr):
        fleet = Fleet([small(seed) for seed in range(2)])
        optimizer = SGD(fleet, lr=lr)
        return fleet, optimizer, ExponentialLR(optimizer, gamma=0.5)

    fleet, optimizer, schedule = build([0.1, 0.2])
    schedule.step()
    save_checkpoint(tmp_path / "a.npz", fleet, optimizer, schedule=schedule)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]
    again, other, resumed = build([7.0, 8.0])
    load_checkpoint(tmp_path / "a.npz", again, other, schedule=resumed)
    for one in (schedule, resumed):
        one.step()
    np.testing.assert_array_equal(other.lr, optimizer.lr)


def test_a_hyperparameter_changed_on_the_way_is_saved(tmp_path):
    def build(kind, **arguments):
        model = small()
        return model, kind(model, lr=0.05, **arguments)

    def decay(run):
        if len(run.history.epochs) == 2:
            for name, value in changed.items():
                setattr(run.optimizer, name, value)

    cases = [
        (SGD, {"momentum": 0.9}, {"weight_decay": 0.1, "momentum": 0.5, "dampening": 0.2}),
        (Adam, {}, {"betas": (0.5, 0.8), "eps": 1e-2, "weight_decay": 0.1}),
    ]
    for kind, arguments, changed in cases:
        settings = {"batch_size": 5, "rng": rng(1), "callbacks": [decay]}
        model, optimizer = build(kind, **arguments)
        history = fit(model, LOSS, optimizer, X, Y, num_epochs=3, **settings)
        save_checkpoint(tmp_path / "a.npz", model, optimizer, rng=settings["rng"], history=history)
        fit(model, LOSS, optimizer, X, Y, num_epochs=3, history=history, **settings)
        again, optimizer = build(kind, **arguments)
        history = load_checkpoint(tmp_path / "a.npz", again, optimizer, rng=settings["rng"])
        assert all(getattr(optimizer, name) == value for name, value in changed.items())
        fit(again, LOSS, optimizer, X, Y, num_epochs=3, history=history, **settings)
        np.testing.assert_array_equal(again.flat, model.flat)


def test_a_state_is_a_copy():
    fleet = Fleet([small(seed) for seed in range(2)])
    optimizer = SGD(fleet, lr=[0.5, 0.25], momentum=[0.5, 0.25])
    state = optimizer.state()
    optimizer.lr *= 2  # in place
    optimizer.momentum[...] = 0
    optimizer.load_state(state)
    assert optimizer.lr.tolist() == optimizer.momentum.tolist() == [[0.5], [0.25]]
    optimizer.lr *= 2
    optimizer.load_state(state)
    assert optimizer.lr.tolist() == [[0.5], [0.25]]
    with pytest.raises(ValueError, match=r"SGD has the state .* got .*betas"):
        optimizer.load_state(Adam(fleet).state())


MODEL = Sequential(Linear(3, 4, rng=rng()), BatchNorm(4), Dropout(0.2, rng=rng(1)), Linear(4, 2, rng=rng()))
OTHERS = {
    "a setting": (
        lambda: [Linear(3, 4, rng=rng()), BatchNorm(4), Dropout(0.5, rng=rng(1)), Linear(4, 2, rng=rng())],
        r"model in a.npz differs from yours: the file has 2: Dropout\(p=0.2\), you gave 2: Dropout\(p=0.5",
    ),
    "as many parameters": (
        lambda: [
            Linear(2, 4, rng=rng()),
            BatchNorm(4),
            Dropout(0.2, rng=rng(1)),
            Linear(4, 2, rng=rng()),
            BatchNorm(2),
        ],
        r"has 0: Linear\(W \(3, 4\), b \(4,\)\), you gave 0: Linear\(W \(2, 4\), b \(4,\)\), 4: BatchNorm",
    ),
    "another dtype": (
        lambda: [
            Linear(3, 4, rng=rng(), dtype=np.float32),
            BatchNorm(4, dtype=np.float32),
            Dropout(0.2, rng=rng(1)),
            Linear(4, 2, rng=rng(), dtype=np.float32),
        ],
        "has Sequential in float64, you gave Sequential in float32",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_of_another_model_is_refused(tmp_path, name):
    layers, words = OTHERS[name]
    save_checkpoint(tmp_path / "a.npz", MODEL, SGD(MODEL), rng=rng())
    refused(tmp_path / "a.npz", words, *with_optimizer(Sequential(*layers()), SGD), rng=rng())


def with_optimizer(model, kind):
    return model, kind(model)


def refused(path, words, model, optimizer, *, rng=None, schedule=None):
    """The checkpoint is refused in these words, and nothing is changed."""

    def facts():
        schedules = None if schedule is None else dict(vars(schedule))
        generators = [leaf.rng.bit_generator.state for leaf in model.leaves() if hasattr(leaf, "rng")]
        return repr((model.flat, model.state(), dict(vars(optimizer)), schedules, generators))

    before = facts()
    with pytest.raises(ValueError, match=words) as caught:
        load_checkpoint(path, model, optimizer, rng=rng, schedule=schedule)
    assert str(caught.value).endswith("Nothing is changed.")
    assert facts() == before


class Renamed(Linear):
    """A layer whose repr does not show its sizes."""

    def __repr__(self):
        return "Renamed()"


def test_sizes_count_also_where_the_repr_does_not_show_them(tmp_path):
    model, other = (Sequential(Renamed(a, b, rng=rng())) for a, b in ((1, 3), (2, 2)))
    assert model.flat.shape == other.flat.shape
    save_checkpoint(tmp_path / "a.npz", model, SGD(model))
    refused(tmp_path / "a.npz", r"parameters .* has 0.W \(1, 3\), 0.b \(3,\), you", other, SGD(other))


def test_a_setting_that_is_a_numpy_number_is_the_same_setting(tmp_path):
    one, other = (Sequential(Linear(2, 2, rng=rng()), LeakyReLU(a)) for a in (0.25, np.float64(0.25)))
    save_checkpoint(tmp_path / "a.npz", one, SGD(one))
    load_checkpoint(tmp_path / "a.npz", other, SGD(other))


@pytest.mark.parametrize(
    ("saved", "given"), [(Adam, SGD), (SGD, Adam), (Adam, AdamW), (LBFGS, SGD), (SGD, LBFGS)]
)
def test_another_kind_of_optimizer_is_refused(tmp_path, saved, given):
    model, other = small(), small(7)
    save_checkpoint(tmp_path / "a.npz", model, saved(model))
    words = f"optimizer in a.npz .* the file has {saved.__name__}, you gave {given.__name__}. Make one"
    refused(tmp_path / "a.npz", words, other, given(other))


def test_an_optimizer_of_the_same_name_with_other_vectors_is_refused(tmp_path):
    kind = type("SGD", (SGD,), {"vectors": ("v", "w")})
    model = small()
    save_checkpoint(tmp_path / "a.npz", model, SGD(model))
    refused(tmp_path / "a.npz", r"state in a.npz .* you gave w \(38,\)\.", model, kind(model))


SCHEDULES = {
    "none": lambda optimizer: None,
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=6),
    "plateau": lambda optimizer: ReduceLROnPlateau(optimizer),
    "plateau of a score": lambda optimizer: ReduceLROnPlateau(optimizer, mode="max"),
    "warm-up": lambda optimizer: WarmupLR(optimizer, 2),
    "warm-up, then cosine": lambda optimizer: WarmupLR(optimizer, 2, after=CosineAnnealingLR(optimizer, 4)),
}


@pytest.mark.parametrize(
    ("saved", "given", "words"),
    [
        (
            "none",
            "cosine",
            r"the file has none, you gave CosineAnnealingLR\(\)\. Give schedule=… .* leave it out",
        ),
        ("cosine", "none", r"the file has CosineAnnealingLR\(\), you gave none\."),
        ("cosine", "plateau", r"has CosineAnnealingLR\(\), you gave ReduceLROnPlateau"),
        ("plateau", "plateau of a score", "has .*mode='min'.* you gave .*mode='max'"),
        ("warm-up, then cosine", "warm-up", r"has CosineAnnealingLR\(\), you gave WarmupLR\(\)\."),
    ],
)
def test_another_schedule_is_refused(tmp_path, saved, given, words):
    model, optimizer = with_optimizer(small(), SGD)
    save_checkpoint(tmp_path / "a.npz", model, optimizer, schedule=SCHEDULES[saved](optimizer))
    model, optimizer = with_optimizer(small(7), SGD)
    refused(tmp_path / "a.npz", words, model, optimizer, schedule=SCHEDULES[given](optimizer))


def test_the_schedule_inside_of_a_schedule_is_saved(tmp_path):
    def build(lr, T_max):
        model = small()
        optimizer = SGD(model, lr=lr)
        return model, optimizer, WarmupLR(optimizer, 2, after=CosineAnnealingLR(optimizer, T_max))

    model, optimizer, schedule = build(0.5, 4)
    save_checkpoint(tmp_path / "a.npz", model, optimizer, schedule=schedule)
    again, optimizer, other = build(0.1, 3)
    load_checkpoint(tmp_path / "a.npz", again, optimizer, schedule=other)
    assert [other.rate(t) for t in range(6)] == [schedule.rate(t) for t in range(6)]


BITS = [np.random.PCG64, np.random.PCG64DXSM, np.random.MT19937, np.random.Philox, np.random.SFC64]


@pytest.mark.parametrize("bits", BITS)
def test_every_generator_goes_on_where_it_was(tmp_path, bits):
    def build(seed):
        generator = np.random.Generator(bits(seed))
        model = Sequential(Linear(3, 2, rng=rng()), Dropout(0.5, rng=generator))
        return model, SGD(model), np.random.Generator(bits(seed + 1))

    model, optimizer, shuffle = build(1)
    model.layers[1].rng.random(3)
    shuffle.integers(5, size=3, dtype=np.uint32)  # leaves half a number behind
    save_checkpoint(tmp_path / "a.npz", model, optimizer, rng=shuffle)
    again, optimizer, other = build(8)
    load_checkpoint(tmp_path / "a.npz", again, optimizer, rng=other)
    for old, new in ((model.layers[1].rng, again.layers[1].rng), (shuffle, other)):
        np.testing.assert_array_equal(
            new.integers(9, size=700, dtype=np.uint32), old.integers(9, size=700, dtype=np.uint32)
        )
        np.testing.assert_array_equal(new.random(700), old.random(700))


def test_other_generators_are_refused(tmp_path):
    def build(dropout):
        model = Sequential(Linear(3, 2, rng=rng()), Dropout(0.5, rng=dropout))
        return model, SGD(model)

    save_checkpoint(tmp_path / "a.npz", *build(rng(1)), rng=rng(2))
    words = r"has PCG64 \(no\. 2\), you gave MT19937 \(no\. 2\)\. Give rng=…"
    mersenne = np.random.Generator(np.random.MT19937(0))
    refused(tmp_path / "a.npz", words, *build(rng(3)), rng=mersenne)
    refused(tmp_path / "a.npz", r"has PCG64 \(no\. 2\), you gave PCG64 \(no\. 1\)\.", *build(rng(3)))
    shared = rng(3)
    words = r"you gave PCG64 \(no\. 1\), PCG64 \(no\. 1\)\."
    refused(tmp_path / "a.npz", words, *build(shared), rng=shared)
    with pytest.raises(TypeError, match=r"must be a np\.random\.default_rng"):
        save_checkpoint(tmp_path / "b.npz", *build(rng(1)), rng=np.random.RandomState(0))
    assert not (tmp_path / "b.npz").exists()


def test_lbfgs_goes_on_to_the_same_bit(tmp_path):
    def closure():
        value = LOSS.forward(model.forward(X), Y)
        model.backward(LOSS.backward())
        return value

    model = small()
    optimizer = LBFGS(model, max_iter=3)
    optimizer.step(closure)
    save_checkpoint(tmp_path / "a.npz", model, optimizer)
    optimizer.step(closure)
    whole, model = model, small(7)
    optimizer = LBFGS(model, max_iter=3)
    load_checkpoint(tmp_path / "a.npz", model, optimizer)
    optimizer.step(closure)
    np.testing.assert_array_equal(model.flat, whole.flat)


def test_the_history_of_a_fleet_has_arrays_again(tmp_path):
    fleet = Fleet([small(seed) for seed in range(2)])
    optimizer = SGD(fleet, lr=[0.1, 0.01])
    history = fit(fleet, LOSS, optimizer, X, Y, batch_size=5, num_epochs=2, rng=rng(), validation=(X, Y))
    save_checkpoint(tmp_path / "a.npz", fleet, optimizer, history=history)
    loaded = load_checkpoint(tmp_path / "a.npz", fleet, optimizer)
    assert repr(loaded) == repr(history)
    np.testing.assert_array_equal(np.array(loaded.losses), np.array(history.losses))
    for old, new in zip(history.epochs, loaded.epochs, strict=True):
        for name, value in old.items():
            assert isinstance(new[name], np.ndarray if isinstance(value, np.ndarray) else int)
            np.testing.assert_array_equal(new[name], value, strict=True)


def test_a_file_of_something_else_is_refused(tmp_path):
    model = small()
    np.savez(tmp_path / "a.npz", weights=model.flat)
    refused(tmp_path / "a.npz", "a.npz has no description of its run: it is no checkpoint", model, SGD(model))


def test_what_cannot_be_saved_leaves_the_old_file_alone(tmp_path):
    model, history = small(), History()
    save_checkpoint(tmp_path / "a.npz", model, SGD(model))
    before = (tmp_path / "a.npz").read_bytes()
    history.losses.append(np.float32(1.0))
    history.end_epoch(steps=1, note=object())
    with pytest.raises(TypeError, match="A checkpoint holds numbers, texts and arrays, got <object"):
        save_checkpoint(tmp_path / "a.npz", model, SGD(model), history=history)
    assert (tmp_path / "a.npz").read_bytes() == before
    history.epochs[0]["note"] = "fine"
    save_checkpoint(tmp_path / "a.npz", model, SGD(model), history=history)
    assert load_checkpoint(tmp_path / "a.npz", model, SGD(model))["loss"] == [1.0]
