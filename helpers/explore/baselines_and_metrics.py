"""One test, a threshold and a prevalence: the four counts, and the point on the ROC curve.

The test is the logistic regression of lesson 03, from texture and smoothness of 285 tumours; the pictures
show its scores on the other 284.
"""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np

from helpers import data
from helpers.explore.base import Control, Frame, Stage, within
from helpers.explore.view import explore
from helpers.figures import COLORS, subplots
from helpers.metrics import roc_curve
from helpers.splits import stratified_holdout

THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(21))
PREVALENCES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.37, 0.5)
PEOPLE = 1000
MISSED_COSTS = 20
BINS = np.linspace(0, 1, 21)


def percent(share: float) -> str:
    """A share as it is read beside the slider.

    >>> percent(0.005), percent(0.37)
    ('0.5 %', '37 %')
    """
    return f"{100 * share:g} %"


@lru_cache(maxsize=1)
def scores() -> tuple[np.ndarray, np.ndarray]:
    """The test's scores of ill and of healthy rows, shapes (106,) and (178,).

    >>> [len(p) for p in scores()]
    [106, 178]
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    cancer = data.load_breast_cancer()
    names = list(cancer.feature_names)
    X = cancer.X[:, [names.index("mean texture"), names.index("mean smoothness")]]
    ill = cancer.y == 0
    train, test = stratified_holdout(cancer.y, 0.5, np.random.default_rng(0))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[train], ill[train])
    p = model.predict_proba(X[test])[:, 1]
    return p[ill[test]], p[~ill[test]]


def counts(threshold: float, prevalence: float) -> tuple[int, int, int, int]:
    """TP, FN, FP, TN among 1,000 people of whom the share `prevalence` is ill; yes from the threshold on.

    Whole people, so that the four add up to 1,000.

    >>> counts(0.0, 0.05)
    (50, 0, 950, 0)
    """
    p_ill, p_healthy = scores()
    ill = round(PEOPLE * prevalence)
    found = round(ill * float(np.mean(p_ill >= threshold)))
    alarms = round((PEOPLE - ill) * float(np.mean(p_healthy >= threshold)))
    return found, ill - found, alarms, PEOPLE - ill - alarms


@lru_cache(maxsize=len(PREVALENCES))
def cheapest(prevalence: float) -> float:
    """The threshold of the slider with the lowest cost, 20 for a missed one and 1 for a false alarm."""
    costs = [cost(threshold, prevalence) for threshold in THRESHOLDS]
    return THRESHOLDS[int(np.argmin(costs))]


def cost(threshold: float, prevalence: float) -> int:
    """20 for each missed one, 1 for each false alarm, among 1,000 people."""
    _, missed, alarms, _ = counts(threshold, prevalence)
    return MISSED_COSTS * missed + alarms


def sentence(threshold: float, prevalence: float) -> str:
    """What this threshold does to 1,000 people, in plain words.

    >>> sentence(0.0, 0.05).split(".")[0]
    'The test says yes to all: nobody is missed, and 950 healthy people are called for 50 ill ones'
    """
    found, missed, alarms, sent_home = counts(threshold, prevalence)
    if not sent_home and not missed:
        opening = (
            f"The test says yes to all: nobody is missed, and {alarms} healthy people are called for "
            f"{found} ill ones."
        )
    elif not found + alarms:
        opening = (
            f"The test says no to all: it is right for {sent_home} of 1,000 and finds nobody. "
            "It has no precision (0/0)."
        )
    else:
        share = found / (found + alarms)
        opening = (
            f"Of {found + missed} ill people {found} are found, {missed} missed. Of {found + alarms} who are "
            f"called, {found} are ill: precision {share:.2f}, recall {found / (found + missed):.2f}, "
            f"accuracy {(found + sent_home) / PEOPLE:.2f}."
        )
    best, here = cheapest(prevalence), cost(threshold, prevalence)
    if here == cost(best, prevalence):
        return f"{opening} The mistakes cost {here:,}, and no threshold on this slider costs less."
    other = "if it said no to all" if best == 1 else f"from {best:g} on"
    return f"{opening} The mistakes cost {here:,}; {other} they would cost {cost(best, prevalence):,}."


@lru_cache(maxsize=1)
def _stage() -> Stage:
    """The figure without anything in it, and the artists that each frame fills in."""
    fig, (left, middle, right) = subplots(ncols=3, width=8.2, height=3.5, width_ratios=(1.25, 1, 1))
    blue, red, ink = COLORS["blue"], COLORS["red"], COLORS["ink"]
    p_ill, p_healthy = scores()
    for p, color, hatch, sign in ((p_ill, red, "", 1), (p_healthy, blue, "///", -1)):
        heights = np.histogram(p, BINS)[0] / len(p)
        left.bar(BINS[:-1], sign * heights, 0.05, align="edge", color="white", edgecolor=color, hatch=hatch)
    left.set(xlim=(0, 1), ylim=(-0.21, 0.16), xlabel="score", yticks=(0.06, -0.1), title="Scores")
    for label, color in zip(left.set_yticklabels(("ill", "healthy")), (red, blue), strict=True):
        label.set(color=color, weight="bold")
    art = SimpleNamespace(line=left.axvline(0.5, color=ink))
    art.yes = left.text(0.5, 0.145, "yes →", fontsize=9.5)
    middle.set(xlim=(0, 2), ylim=(0, 2), xticks=(0.5, 1.5), yticks=(0.5, 1.5), title="1,000 people")
    middle.set(xticklabels=("says yes", "says no"), yticklabels=("healthy", "ill"))
    middle.grid(False)
    middle.axhline(1, color=COLORS["light"])
    middle.axvline(1, color=COLORS["light"])
    for name, x, y in (("TP", 0.5, 1.5), ("FN", 1.5, 1.5), ("FP", 0.5, 0.5), ("TN", 1.5, 0.5)):
        middle.text(x, y - 0.3, name, ha="center", color=COLORS["grey"], fontsize=9.5)
        setattr(art, name, middle.text(x, y, "", ha="center", va="center", fontsize=15))
    p, truth = np.concatenate([p_ill, p_healthy]), np.arange(len(p_ill) + len(p_healthy)) < len(p_ill)
    fpr, tpr, _ = roc_curve(truth, p)
    right.plot([0, 1], [0, 1], ":", color=COLORS["grey"])
    right.plot(fpr, tpr, color=ink, linewidth=1.4)
    (art.point,) = right.plot([], [], "o", color=red, markersize=9)
    right.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))
    right.set(xlabel="healthy, called", ylabel="ill, found", title="ROC curve")
    return Stage(fig, art)


def frame(threshold: float, prevalence: float) -> Frame:
    """Scores with the threshold, the four counts for 1,000 people, and the point on the ROC curve.

    Args:
        threshold: the test says yes to a score from here on, 0 to 1.
        prevalence: the share of ill people, between 0 and 1.

    Raises:
        ValueError: when a value is not one of its slider's.

    >>> frame(threshold=0.3, prevalence=0.05).sentence.split(".")[0]
    'Of 50 ill people 40 are found, 10 missed'
    """
    within(CONTROLS, threshold=threshold, prevalence=prevalence)
    four = dict(zip(("TP", "FN", "FP", "TN"), counts(threshold, prevalence), strict=True))
    p_ill, p_healthy = scores()
    rates = float(np.mean(p_healthy >= threshold)), float(np.mean(p_ill >= threshold))

    def paint(art: SimpleNamespace) -> None:
        art.line.set_xdata([threshold, threshold])
        art.yes.set_position((threshold + 0.02, 0.145))
        for name, count in four.items():
            getattr(art, name).set_text(f"{count}")
        art.point.set_data([rates[0]], [rates[1]])

    alt = (
        f"Threshold {threshold:g}, {percent(prevalence)} ill. Of 1,000 people {four['TP']} ill ones are "
        f"found and {four['FN']} missed, {four['FP']} healthy ones are called and {four['TN']} sent home. On "
        f"the ROC curve the point is at a false-positive rate of {rates[0]:.2f} and a true-positive rate of "
        f"{rates[1]:.2f}."
    )
    return Frame(_stage().picture(alt, paint), sentence(threshold, prevalence))


CONTROLS = (
    Control("threshold", "threshold", THRESHOLDS, default=0.5, text="{:.2f}".format),
    Control("prevalence", "share of ill", PREVALENCES, default=0.05, text=percent),
)


def explorer() -> None:
    """Show the explorer in a notebook."""
    explore(frame, CONTROLS)
