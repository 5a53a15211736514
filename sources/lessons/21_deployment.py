# %% [markdown]
r"""
# 21 · Deployment: the same answers elsewhere

Your network lives in the memory of a notebook. Whoever wants its answers is elsewhere, and comes when the
notebook is closed. To let it out is called **model deployment**. It leaves as a file, answers many at once as
a service, and has a watch on what comes in. At each step one question: are the answers still those that you
tested?

**You will be able to**

- save a network so that loading it is safe and gives the same answers, and export it;
- put it behind HTTP, with checks, a version and measured times;
- say what gathering requests does to latency and throughput;
- set the threshold of a drift alarm by its false alarms.

**Time:** {minutes} minutes.
**Before this:** [02](02_features.ipynb) (scaling by the training rows), [10](10_tuning.ipynb),
[19](19_quantized_networks.ipynb) (files and a runtime).
"""

# %% jupyter={"source_hidden": true}
import json
import pickle
import tempfile
import time
import timeit
from copy import deepcopy
from pathlib import Path
from typing import Annotated

import numpy as np
import onnxruntime
import torch
from fastapi import FastAPI
from pydantic import BaseModel, Field
from safetensors.torch import load_file

from helpers import data
from helpers.claims import claim
from helpers.deployment import pipeline
from helpers.deployment.client import ask, ask_all
from helpers.deployment.drift import DriftMonitor
from helpers.deployment.files import load_model, save_model
from helpers.deployment.pipeline import network
from helpers.deployment.queueing import poisson_arrivals, serve
from helpers.deployment.service import Server, digits_service
from helpers.explore.deployment import explorer
from helpers.figures import deployment as figures
from helpers.figures import show
from helpers.glossary import terms
from helpers.nn import Adam, CrossEntropyLoss, ReLU, Sequential, to_onnx
from helpers.quantization.aware import linear
from helpers.sources import show_source
from helpers.splits import three_way
from helpers.training import fit

folder = Path(tempfile.mkdtemp())

# %% [markdown]
r"""
## A file that somebody sent

Python's own format for objects is **pickle**, and for years most models were passed on as pickles. Here is
one, in its old form that can be read:
"""

# %%
content = b"""cbuiltins
print
(S'I ran while you loaded me.'
tR."""
size = (folder / "model.pkl").write_bytes(content)
# %% [markdown]
r"""
**Predict:** the next cell loads it and does nothing else. What does it print? And what is `model`?
"""

# %% tags=["predict"]
with open(folder / "model.pkl", "rb") as file:
    model = pickle.load(file)
print("model:", model)

# %% [markdown]
r"""
<details><summary>What came out</summary>

The sentence was printed, and `model` is `None`: what `print` returned. Nobody called anything but `load`.

</details>

A pickle is no list of numbers. It is a *program* for a small machine inside of `load`: `c` fetches a function
of any module, here `print` of `builtins`; `(`, `S` and `t` put its arguments together; `R` calls it; `.`
ends. Where it says `print` could stand a function that deletes your files or sends them away. Looking at what
was loaded is too late.

Who refuses it? NumPy and PyTorch both read pickles, and both have learnt:
"""


# %% jupyter={"source_hidden": true}
def refuses(load):
    try:
        load(folder / "model.pkl")
    except (ValueError, pickle.UnpicklingError) as error:
        return f"refuses with {type(error).__name__}"
    return "has run it"


# %%
print("np.load:   ", refuses(np.load))
print("torch.load:", refuses(torch.load))

# %% [markdown]
r"""
Both take the danger back when asked to: `allow_pickle=True`, `weights_only=False`. Write that only for files
that you made.

## 1. A file of numbers

What is there to save in a network? Numbers, and a few words about them. Train one (64–64–32–10, on 1,077
pictures of digits, pixels less their means over the training rows), and write it down. (Settings were chosen
on splits with seeds 0 to 5; this page uses 20 and above.)
"""

# %% jupyter={"source_hidden": true}
digits = data.load_digits()
X, y = digits.X, digits.y
parts = three_way(len(y), 360, 360, np.random.default_rng(20))
train, validation, test = parts
mean = X[train].mean(axis=0)


def trained(seed, labels, after_epoch=None):
    model = network(seed)
    fit(
        model,
        CrossEntropyLoss(),
        Adam(model, lr=0.003),
        X[train] - mean,
        labels,
        batch_size=64,
        num_epochs=20,
        rng=np.random.default_rng(seed),
        callbacks=[after_epoch] if after_epoch else [],
        progress=False,
    )
    return model


def right(model, rows):
    return np.mean(model.forward(rows).argmax(axis=1) == y[test])


# %%
model = trained(0, y[train])
path = folder / "digits.safetensors"
fingerprint = save_model(path, model, "digits 1.0")

# %% [markdown]
r"""
`save_model` writes **safetensors**, a format so plain that you can read it by hand: eight bytes with the
length of a header, the header in JSON, and then nothing but numbers.
"""

# %%
content = path.read_bytes()
n = int.from_bytes(content[:8], "little")  # the lowest byte first
header = json.loads(content[8 : 8 + n])
print(header["__metadata__"]["version"], header["0.W"])

start, end = header["0.W"]["data_offsets"]
numbers = content[8 + n :][start:end]
W = np.frombuffer(numbers, np.float64).reshape(header["0.W"]["shape"])
print("first layer, same bits:", bool((W == model.layers[0].W).all()))

# %% [markdown]
r"""
Nothing in there can run. To load it, you build the layers and the numbers are put in: **model saving and
loading** is about the parameters (PyTorch says *state dict*), not about objects. Then the comparison that
always belongs to it, here also with PyTorch, which keeps its weights the other way round:
"""

# %%
again = network(seed=99)  # other numbers, the same layers
load_model(path, again, fingerprint)
rows = X[test] - mean
logits = model.forward(rows)
print("loaded, same bits:", bool((again.forward(rows) == logits).all()))

state = load_file(path)
twin = torch.nn.Sequential(
    *(torch.nn.Linear(64, 64), torch.nn.ReLU()),
    *(torch.nn.Linear(64, 32), torch.nn.ReLU()),
    torch.nn.Linear(32, 10),
).double()
twin.load_state_dict(
    {
        name.replace("W", "weight").replace("b", "bias"): values.t()
        for name, values in state.items()
    }
)
theirs = twin(torch.tensor(rows)).detach().numpy()
print("PyTorch:", "the same" if np.allclose(theirs, logits) else "differs")

# %% [markdown]
r"""
What does not fit (other layers, a file that was cut off) is refused, and nothing is changed. And
`fingerprint`, the SHA-256 of the file, changes with any bit of it: `load_model` refuses another file than the
one you tested.

### What belongs into the file

The weights alone are not the model that you tested. It was given pixels *less their means*. Whoever loads the
file may not know. **Predict:** how many of the 360 test pictures are right if they are given as they are,
pixels from 0 to 16?

There is a way to make forgetting impossible. Taking off the mean is linear, and so is the first layer:

$$(x - \mu) W + b \;=\; x W + (b - \mu W)$$

Aloud: shift the input, or shift the bias by what the mean would give; it comes out the same.
"""

# %% tags=["predict"]
raw = deepcopy(model)
raw.layers[0].b -= mean @ raw.layers[0].W
print(f"mean taken off         {right(model, X[test] - mean):.2f}")
print(f"forgotten              {right(model, X[test]):.2f}")
print(f"inside the first layer {right(raw, X[test]):.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

0.98 with the means taken off, 0.71 without, and 0.98 again with the means inside of the first layer. No error
is raised when they are forgotten: the shapes fit.

</details>

From here on `raw` is the model. And which state of it is saved? "Save the best model" is often told. For
that, look at the validation rows after each epoch, and write the file when they are at their best so far.
Does it matter? Five trainings with the right labels, and five with 30 % wrong ones, as in lesson
[12](12_overfitting.ipynb). If the last state is as good as the best, the difference is 0.
"""


# %% jupyter={"source_hidden": true}
def best_against_last(seed, noise):
    """Test accuracy of the file that was best on validation rows, less that of the last state."""
    rng = np.random.default_rng(seed)
    labels = y[train].copy()
    wrong = rng.random(len(labels)) < noise
    labels[wrong] = (labels[wrong] + rng.integers(1, 10, wrong.sum())) % 10
    best = [-1.0]

    def keep_the_best(run):
        answers = run.model.forward(X[validation] - mean).argmax(axis=1)
        if (score := np.mean(answers == y[validation])) > best[0]:
            best[0] = score
            save_model(folder / "best", run.model, "best")

    last = trained(seed, labels, keep_the_best)
    load_model(folder / "best", loaded := network(seed))
    rows = X[test] - mean
    return right(loaded, rows) - right(last, rows)


# %%
gain = {
    noise: [best_against_last(seed, noise) for seed in range(20, 25)]
    for noise in (0, 0.3)
}
for noise, gains in gain.items():
    of = [round(g, 2) + 0.0 for g in (np.mean(gains), min(gains), max(gains))]
    print(
        "{:4.0%} wrong labels: {:+.2f} ({:+.2f} to {:+.2f})".format(noise, *of)
    )

# %% jupyter={"source_hidden": true}
claim(
    "save-the-best-model",
    measured=np.mean(gain[0.3]),
    what="test accuracy of the loaded file that was best on validation rows, less that of the last state, "
    "30 % wrong labels, 5 seeds",
)

# %% [markdown]
r"""
With right labels nothing is gained: the last state is as good. With wrong ones it is 14 points: lesson 12
shows how training goes on to learn them by heart. Keeping the best costs a file, and you know afterwards
which case it was.

**ONNX** goes one step further: the file says also what to do with the numbers, as a graph of operations with
agreed names, and programs without Python run it. Exporting is a translation, so compare again:
"""

# %%
to_onnx(raw, folder / "digits.onnx", (1, 64))
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(folder / "digits.onnx", options)


def predict(rows):
    """Rows (n, 64) float32 → logits (n, 10), by the runtime."""
    return session.run(None, {"X": rows})[0]


in_float32 = predict(X[test].astype(np.float32))
logits = raw.forward(X[test])
print("same digit:", (in_float32.argmax(1) == logits.argmax(1)).mean())
difference = np.abs(in_float32 - logits).max()
print("largest difference below 0.001:", bool(difference < 1e-3))

# %% [markdown]
r"""
Not the same bits: ONNX holds float32, and another program adds in another order. What you may ask is the same
digit, and logits that differ by rounding, which is about $10^{-7}$ of the largest sum on the way.

## 2. A door that checks

An **inference service** loads the model once and answers whoever asks, here over HTTP, the protocol of web
pages. FastAPI turns a function into such an answer. What may come in is declared as a type; whatever is not
of it is turned away before your function runs. `@app.post` names the address to which it is sent:
"""


# %%
Pixel = Annotated[float, Field(ge=0, le=16)]


class Picture(BaseModel):
    pixels: Annotated[list[Pixel], Field(min_length=64, max_length=64)]


app = FastAPI()


@app.post("/predict")
def answer(picture: Picture):
    row = np.array([picture.pixels], np.float32)
    digit = int(predict(row)[0].argmax())
    return {"digit": digit, "version": "digits 1.0"}


server = Server(app)
print(ask(server.port, "/predict", {"pixels": X[test][0].tolist()}))
print("the picture shows", y[test][0])

# %% [markdown]
r"""
200 is HTTP's number for "all is well". `Server` runs uvicorn, a web server, in a thread of this notebook. It
listens at 127.0.0.1, which only this computer reaches, and at a port that the system chooses. The last cell
stops it. If a cell before that fails, the thread ends with the kernel: it is a *daemon*, which keeps nothing
alive. And a new `Server` stops the one before it, so every cell may be run again.

The **version** goes with each answer. When an answer is questioned in March, you know which file gave it, and
you have its fingerprint.

Here is what else comes to a door. The course's own service, `digits_service`, is stricter than the ten lines
above (a number must be a number, not a text that looks like one; no other fields; not NaN), and its refusal
repeats nothing of what was sent:
"""

# %% jupyter={"source_hidden": true}
show_source(digits_service, fold="The course's service")

# %%
server = Server(digits_service(predict, "digits 1.0"))
fine = [0.0] * 64
for what, sent in (
    ("64 numbers", {"pixels": fine}),
    ("63 numbers", {"pixels": fine[1:]}),
    ("17 is too dark", {"pixels": [17, *fine[1:]]}),
    ("a text", {"pixels": ["7", *fine[1:]]}),
    ("NaN", {"pixels": [float("nan"), *fine[1:]]}),
    ("another field", {"pixels": fine, "user": 1}),
    ("no JSON", "seven"),
):
    status, reply = ask(server.port, "/predict", sent)
    said = reply["refused"][0]["reason"] if status == 422 else "answered"
    print(f"{what:15} {status}  {said}")

# %% [markdown]
r"""
Without the check, what would happen? A network answers *anything* of the right shape. NaN gives ten NaN, and
`argmax` calls that a 0.

Does the service give the answers that you tested? All 360 test pictures, through the door:
"""

# %%
asked = ask_all(server.port, X[test])
through = np.array([one["digit"] for one in asked.answers])
print("as tested:", (through == logits.argmax(1)).mean())
print("right:    ", round(np.mean(through == y[test]), 2))
print("NaN is a:", int(predict(np.full((1, 64), np.nan, np.float32)).argmax()))

# %% jupyter={"source_hidden": true}
claim(
    "deployment-is-a-service",
    because="Model deployment puts a trained model where its answers are used. A service that answers "
    "requests is one way; a job over all rows each night and a program in a device are others. Version, "
    "checks, preprocessing and a watch belong to each.",
)

# %% [markdown]
r"""
Two times describe a service: **latency**, from a request to its answer, and **throughput**, answers a second.
A mean hides the slow ones, so latency is told by its median and by p99, the time within which 99 of 100
answers come. A **real-time requirement** is a bound on it, such as p99 below 50 ms.
"""

# %% tags=["nbval-ignore-output"] jupyter={"source_hidden": true}
row = X[test][:1].astype(np.float32)
started = time.perf_counter()
for _ in range(200):
    predict(row)
alone = (time.perf_counter() - started) / 200
median, p99 = np.quantile(asked.latency, (0.5, 0.99))
print(f"the network alone   {1000 * alone:6.3f} ms")
print(f"through HTTP        {1000 * median:6.3f} ms, p99 {1000 * p99:.1f} ms")
assert median > 3 * alone

# %% [markdown]
r"""
The door takes far longer than the network behind it. (These numbers are from the machine that made this page,
where the client and the server share a processor. Run the cell on yours.) So a faster network would not be
noticed here. But not every network is that small.

## 3. Waiting together

A large network reads all its weights for each call, and that takes the time, hardly the rows: on a graphics
card a layer took 39 µs for one row and 38 for 64 (lesson 19). Suppose a call takes 10 ms and each row of it
half a millisecond more. One by one the worker can do $1 / 0.0105 = 95$ rows a second; 32 together take 26 ms,
which is 1,231 a second.

But requests come one by one. A **batcher** lets them wait and answers several in one call: a batch begins
when the worker is free and either `max_batch` requests are there, or the oldest has waited for `window`
seconds. With a window of 0 the worker takes whatever waits at that moment. When each is answered can be
computed exactly, batch after batch:
"""


# %%
def seconds(size):
    return 0.010 + 0.0005 * size


def answered(come, max_batch, window):
    """When each request is answered, given when they come (n,)."""
    done, first, free = np.empty(len(come)), 0, 0.0
    while first < len(come):
        batch = come[first : first + max_batch]
        full = batch[-1] if len(batch) == max_batch else np.inf
        start = max(free, min(full, batch[0] + window))
        size = np.sum(batch <= start)
        free = start + seconds(size)
        done[first : first + size] = free
        first += size
    return done


come = poisson_arrivals(2000, 100, np.random.default_rng(0))
served = serve(come, seconds, max_batch=32, window=0.01)  # the course's
by_hand = answered(come, 32, 0.01) - come
print("by hand as the course's:", np.allclose(by_hand, served.latency))

# %% jupyter={"source_hidden": true}
few = come[:12]
show(
    figures.waiting(
        few,
        {
            name: (one.latency, one.waited)
            for name, one in {
                "one by one": serve(few, seconds, 1),
                "what waits goes together": serve(few, seconds, 32),
                "window of 10 ms": serve(few, seconds, 32, 0.01),
            }.items()
        },
    ),
    alt="Twelve requests as lines from their arrival to their answer, in three panels. One by one, each "
    "waits longer than the one before it when several come closely. When what waits goes together, they are "
    "computed in small groups and wait little. With a window of 10 ms the first of each group waits at least "
    "that long; the groups are larger.",
)

# %% [markdown]
r"""
The requests know nothing of each other: the gaps between them are drawn from an exponential distribution
(they come as a *Poisson process*). 2,000 requests, at four loads. **Predict:** at 100 a second, five more
than 95, how long does a request wait one by one? And what does a window of 10 ms gain over a window of 0?
"""

# %% tags=["predict"]
rules = {"one by one": (1, 0), "window 0": (32, 0), "window 10 ms": (32, 0.01)}
gaps = np.random.default_rng(1).exponential(1, 2000)
print("a second   rule          median      p99   rows a call")
for load in (20, 80, 100, 800):
    for name, (max_batch, window) in rules.items():
        one = serve(np.cumsum(gaps) / load, seconds, max_batch, window)
        median, p99 = 1000 * np.quantile(one.latency, (0.5, 0.99))
        line = f"{load:8}   {name:12} {median:7.0f}  {p99:7.0f} ms"
        print(f"{line}  {one.sizes.mean():6.1f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

One by one: 11 ms at 20 a second, 27 at 80, half a second at 100, and at 800 nine seconds, more the longer it
lasts. Together: 11, 14, 15 and 26 ms. The window of 10 ms costs 6 to 9 ms at the median up to 100 a second;
at 800 it gains one of 26.

</details>

**A queue does not fill up slowly.** Near the limit latency explodes, and above it every minute makes it
worse. Together, the worker's limit is thirteen times higher.

And the window? **It made next to nothing faster.** A busy worker collects a batch by itself: while it
computes, requests gather. Waiting on purpose delays the first of them. What a window gains is fewer calls,
which may save money: the table's last column.

### Try it

Load, window and largest batch are yours. **Predict** first: with batches of at most 4, at which load does the
queue break? And is there a load at which a window of 20 ms has a lower p99 than none?
"""

# %%
explorer()

# %% [markdown]
r"""
<details><summary>What you should have seen</summary>

Between 300 and 400, for 4 in 12 ms is 333 a second. There is such a load, 300 with batches of 4, and the gain
is one millisecond.

</details>

### Measured

Does the real batcher do what the arithmetic says? That needs a heavy network with answers that can be
checked. So copy each hidden unit of ours, 32 or 128 times, and divide what goes out of it by as many: the
same function with 8.6 million weights. Sixteen clients ask at once, each for its next picture when it has an
answer.
"""


# %% jupyter={"source_hidden": true}
def widened(model, copies):
    """The same function in float32, each unit of hidden layer i copied copies[i] times."""
    made, before = [], 1
    for layer, times in zip(model.layers[::2], (*copies, 1), strict=True):
        W = (layer.W / before).astype(np.float32)
        b = np.tile(layer.b.astype(np.float32), times)
        made += [linear(np.tile(W, (before, times)), b), ReLU()]
        before = times
    return Sequential(*made[:-1]).eval()


to_onnx(widened(raw, (32, 128)), folder / "heavy.onnx", (1, 64))
heavy_session = onnxruntime.InferenceSession(folder / "heavy.onnx", options)


def heavy(rows):
    return heavy_session.run(None, {"X": rows})[0]


# %% jupyter={"source_hidden": true}
pictures = X[test][:64]


def through_door(max_batch):
    """The digits that come back, and how many a second."""
    app = digits_service(heavy, "heavy 1.0", max_batch=max_batch)
    with Server(app) as server:
        ask_all(server.port, pictures[:16], clients=16)  # to warm up
        asked = ask_all(server.port, pictures, clients=16)
        status = ask(server.port, "/status")[1]
    said = np.array([one["digit"] for one in asked.answers])
    return said, asked.throughput, status["rows"] / status["batches"]


# %% tags=["nbval-ignore-output"] jupyter={"source_hidden": true}
for max_batch in (1, 16):
    runs = [through_door(max_batch) for _ in range(2)]
    said, fastest, rows_a_call = max(runs, key=lambda run: run[1])
    line = f"batches of up to {max_batch:2}: {fastest:4.0f} answers a second"
    print(f"{line}, {rows_a_call:.1f} rows a call")
    if max_batch == 1:
        one_by_one = fastest
for n in (1, 16):
    rows = pictures[:n].astype(np.float32)
    calls = timeit.repeat(lambda rows=rows: heavy(rows), number=1, repeat=15)
    took = 1000 * np.median(calls)
    print(f"the network alone, {n:2} rows in a call: {took:4.1f} ms")
gained = fastest / one_by_one
print(f"together, {gained:.1f} times as many")
assert gained > 1.2

# %%
print("as tested:", (said == logits[:64].argmax(1)).mean())

# %% [markdown]
r"""
Where this page was made it was two to five times as many, not the thirteen of the arithmetic. Its times are
not those of this processor: 16 rows in a call take several times as long as one. Measure yours. The digits
are the same, whoever else was in the batch.

## 4. A watch

The file is right, the door checks, the answers are fast. Then a camera is replaced, and every picture is
moved by one pixel. All numbers are from 0 to 16; nothing is refused. Nobody tells you that the answers are
wrong, for there are no labels. What you can see is the input: **data drift** means that it is no longer
distributed as in training.

Cut the values of one pixel into ten bins, each with a tenth of the training rows, and count a window of new
rows in the same bins. With shares $p$ before and $q$ now, the *population stability index* is

$$\mathrm{PSI} = \sum_{\text{bins}} (q - p)\,\ln\frac{q}{p}$$

Aloud: for each bin, by how much its share has changed, times the logarithm of how many times as large it is;
both have the same sign, so all bins add up. It is 0 if nothing has changed.
"""


# %%
def stability_index(reference, window, num_bins=10):
    edges = np.unique(np.quantile(reference, np.arange(1, 10) / 10))
    shares = []
    for values in (reference, window):
        bins = np.searchsorted(edges, values)
        rows = np.bincount(bins, minlength=len(edges) + 1) + 0.5
        shares.append(rows / rows.sum())  # half a row more: no ln(0)
    p, q = shares
    return np.sum((q - p) * np.log(q / p))


by_hand = stability_index(X[train][:, 20], X[test][:100, 20])
monitor = DriftMonitor(X[train])
print(f"pixel 20: {by_hand:.3f}, the course's", end=" ")
print(f"{monitor.scores(X[test][:100])[20]:.3f}")

# %% [markdown]
r"""
A rule that is told says: below 0.1 nothing has changed, above 0.2 the data have drifted. Your monitor looks
at 64 pixels and rings when one of them is above 0.2. **Predict:** how often does it ring if *nothing* has
changed, with windows of 25, 50, 100 and 200 pictures?

A threshold can be chosen in another way: say how many false alarms you bear, for instance one window in a
hundred. Draw a thousand windows from rows without drift (validation rows, which the monitor has not seen),
take the largest of the 64 indices of each, and put the threshold where one in a hundred lies above. Both
rules are judged on windows of test pictures, 100 in each of ten splits:
"""


# %% tags=["predict"]
def false_alarms(size, seed):
    """The threshold; how often 0.2 rings, and how often the threshold."""
    rng = np.random.default_rng(seed)
    before, quiet, later = three_way(len(y), 600, 597, rng)
    watch = DriftMonitor(X[before])
    threshold = watch.calibrate(X[quiet], size, 0.01, rng)
    highest = [
        watch.scores(X[rng.choice(later, size, replace=False)]).max()
        for _ in range(100)
    ]
    highest = np.array(highest)
    return threshold, np.mean(highest > 0.2), np.mean(highest > threshold)


print("window   rule of 0.2   threshold   calibrated")
for size in (25, 50, 100, 200):
    runs = np.array([false_alarms(size, seed) for seed in range(20, 30)])
    threshold, rule, calibrated = runs.mean(axis=0)
    line = f"{size:6}   {rule:11.2f}   {threshold:9.2f}   {calibrated:10.2f}"
    print(f"{line} ({runs[:, 2].min():.2f} to {runs[:, 2].max():.2f})")

# %% [markdown]
r"""
<details><summary>What came out</summary>

In windows of 25 and 50 the rule rings each time, in those of 100 every second time, in those of 200 once in a
hundred. Calibrated: one or two in a hundred in all four.

</details>

The rule knows neither the size of the window nor the number of features. In a small window shares differ by
chance, and among 64 indices the largest is large. (The [companion](21_deployment_heard.ipynb) shows what a
calibration needs, and compares this index with two other measures.)

Does it see what it should? Windows of 100 again, the threshold of the network's own split. Four changes, and
what they do to the answers. **Predict:** which changes ring, and which of them hurt?
"""


# %% jupyter={"source_hidden": true}
def moved(rows):
    pictures = np.zeros((len(rows), 8, 8))
    pictures[:, :, 1:] = rows.reshape(-1, 8, 8)[:, :, :-1]
    return pictures.reshape(-1, 64)


def noisy(rows):
    noise = np.random.default_rng(2).normal(0, 4, rows.shape)
    return np.clip(rows + noise, 0, 16)


def dirt(rows):
    rows = rows.copy()
    rows[:, 0] = 4  # a corner that was always white
    return rows


rng = np.random.default_rng(3)
monitor.calibrate(X[validation], size=100, false_alarms=0.01, rng=rng)


def rings(rows):
    """The share of 200 windows of 100 rows that ring."""
    draws = [rng.choice(len(rows), 100, replace=False) for _ in range(200)]
    return np.mean([monitor.alarm(rows[chosen]) for chosen in draws])


# %% tags=["predict"]
changes = {
    "none": lambda rows: rows,
    "half as dark": lambda rows: rows / 2,
    "dirt in a corner": dirt,
    "noise": noisy,
    "moved by a pixel": moved,
}
print("change             rings   right")
for name, change in changes.items():
    rows = change(X[test])
    print(f"{name:17} {rings(rows):6.2f}  {right(raw, rows):6.2f}")

# %% [markdown]
r"""
<details><summary>What came out</summary>

Every change rings in every window. The dirt costs nothing, the noise 10 points, half the darkness 13, and the
move 44.

</details>

**An alarm says that the input has changed, not that the answers are wrong.** Dirt in a corner rings as loud
as the move. So an alarm is a reason to label a few hundred new rows, and those decide. The companion has the
opposite case: answers that go wrong in silence.

Now a camera that fails more and more: a growing share of each window is moved.
"""

# %% jupyter={"source_hidden": true}
shares = np.array([0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1])
alarms, accuracy = [], []
for share in shares:
    mixed = X[test].copy()
    chosen = rng.permutation(len(mixed))[: round(share * len(mixed))]
    mixed[chosen] = moved(mixed[chosen])
    alarms.append(rings(mixed))
    accuracy.append(right(raw, mixed))
show(
    figures.alarms_and_accuracy(
        shares,
        {"windows that ring": np.array(alarms), "right": np.array(accuracy)},
    ),
    alt="The share of windows of 100 that ring and the share of right answers, by the share of moved "
    "pictures. Hardly a window rings up to a twentieth of moved pictures, three of ten at a tenth, nearly "
    "all from a fifth on. The right answers fall in a straight line from 0.98 to 0.54.",
)

# %%
half = shares[np.argmax(np.array(alarms) >= 0.5)]
print(f"half of the windows ring from {half:.0%} moved pictures on")
lost = accuracy[0] - np.interp(half, shares, accuracy)
print(f"there {lost:.2f} of the answers are lost")

# %% [markdown]
r"""
So this watch is coarse: with windows of 100 it sleeps through a loss of some points. The service does this
with the last 100 rows that came in:
"""

# %%
app = digits_service(predict, "digits 1.0", monitor=monitor, size=100)
server = Server(app)
for name, change in {"as before": changes["none"], "moved": moved}.items():
    ask_all(server.port, change(X[test][:100]))
    print(f"{name:10} {ask(server.port, '/status')[1]}")

# %% [markdown]
r"""
## 5. The whole way

From a split to bits: each lesson's step as a function of a few lines, in one program. `course pipeline` runs
it in some seconds; it writes four files, loads them, and stops if one does not answer as the network did.
"""

# %% jupyter={"source_hidden": true}
show_source(
    pipeline.run,
    pipeline.delivered,
    fold="The program: its last two functions",
)

# %%
for line in pipeline.run(folder):
    print(line)

# %% [markdown]
r"""
The test rows come in once, at the end, for the network that is delivered, in 8 bits. If that number
disappoints you, you will want to go back. **Model tuning after evaluation** is done on validation rows; the
moment you choose by the test rows, they have become validation rows, and you need new ones.

## Think

1. A colleague sends you a `.pkl` and says that it holds weights only. How do you find out?

<details><summary>Answer</summary>

Not by loading it. Ask for safetensors. (`pickletools.dis` lists a pickle's program without running it; if it
fetches anything but what rebuilds arrays, you know. That it looks clean proves little.)

</details>

2. A service must answer within 50 ms, p99, and requests come at 100 a second. Do you set a window?

<details><summary>Answer</summary>

With the times of section 3: with no window p99 was 22 ms, with 10 ms 23 ms and fewer calls. Both keep the
bound. Only if calls cost money does the window gain something.

</details>

3. Your monitor watches 6,400 pixels in place of 64, with the same calibrated false alarms. What becomes of
   the drifts that it sees?

<details><summary>Answer</summary>

The largest of more indices is larger by chance, so the threshold rises, and a small drift in one pixel no
longer reaches it. More features are more places to look at and a weaker look at each.

</details>

4. All alarms are silent. Are the answers right?

<details><summary>Answer</summary>

Nobody knows. The input looks as before; what the right answers are may have changed. Only labels can tell.

</details>

## Recap

- A pickle is a program. safetensors and ONNX are numbers and words; fingerprint, version and preprocessing
  belong to them.
- After each step compare the answers with those that you tested: to the bit after loading, by class and up to
  rounding after an export.
- A service refuses what is not of its type; a network answers anything.
- Above its limit a queue grows without end. Batches raise the limit; a busy worker fills them without
  waiting.
- A drift alarm needs a threshold from its own windows. It sees changed input, not wrong answers.
"""

# %% jupyter={"source_hidden": true}
terms("21_deployment")

# %% [markdown]
r"""
Now you: [exercise 21](../exercises/21_deployment/21_deployment.ipynb). For a second reading:
[what you may have heard](21_deployment_heard.ipynb). This was the last lesson. What comes next is yours:
other data, other networks, the same questions.

Sources

- The [safetensors format](https://github.com/huggingface/safetensors); the [warning of Python's
  manual](https://docs.python.org/3/library/pickle.html) about pickle.
- [ONNX](https://onnx.ai); [FastAPI](https://fastapi.tiangolo.com).
- D. Crankshaw and others, [Clipper](https://www.usenix.org/conference/nsdi17/technical-sessions/presentation/crankshaw),
  NSDI 2017: a prediction server that adapts its batches.
- N. Siddiqi, *Credit Risk Scorecards*, 2006: the stability index. S. Rabanser, S. Günnemann, Z. Lipton,
  [Failing loudly](https://arxiv.org/abs/1810.11953), NeurIPS 2019: tests for drift compared.
"""

# %%
server.stop()
print("the server runs:", server.runs)
