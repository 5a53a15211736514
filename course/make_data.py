"""Writes the data sets of the course, `helpers/data/*.npz`, from the ones that scikit-learn carries.

    python -m course.make_data

A lesson should not need scikit-learn (three seconds) to load 1,797 small pictures, and nothing may be
downloaded while it runs. Only the numbers as they were published are stored, in the smallest type that
holds them exactly; what is computed (the scaled diabetes columns) is computed on loading. Writing twice
gives the same bytes: the zip entries carry a fixed date, and they are packed with bzip2, of which, unlike
deflate, all Pythons use the same implementation.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

DATA = Path(__file__).resolve().parent.parent / "helpers" / "data"
NAMES = ("digits", "breast_cancer", "wine", "iris", "diabetes")


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write `arrays` as an .npz file whose bytes depend on nothing but the arrays.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "small.npz"
    >>> write_npz(path, {"X": np.arange(3)})
    >>> np.load(path)["X"]
    array([0, 1, 2])
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            npy = io.BytesIO()
            np.lib.format.write_array(npy, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_BZIP2
            entry.create_system = 3  # else the byte says on which operating system it was written
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, npy.getvalue(), compresslevel=9)


def smallest(values: np.ndarray) -> np.ndarray:
    """The same numbers as unsigned bytes where these hold them exactly, else as little-endian float64.

    >>> smallest(np.array([0.0, 16.0])).dtype, smallest(np.array([0.5])).dtype
    (dtype('uint8'), dtype('float64'))
    """
    values = np.asarray(values, dtype="<f8")
    with np.errstate(invalid="ignore"):
        small = values.astype(np.uint8)
    return small if np.array_equal(small, values) else values


def arrays_of(name: str) -> dict[str, np.ndarray]:
    """The arrays of one set: `X`, `y`, `feature_names`, `target_names`, read from scikit-learn."""
    from sklearn import datasets

    loader: Callable = getattr(datasets, f"load_{name}")
    bunch = loader(scaled=False) if name == "diabetes" else loader()
    target_names = ["disease progression"] if name == "diabetes" else bunch.target_names
    return {
        "X": smallest(bunch.data),
        "y": smallest(bunch.target),
        "feature_names": np.array(bunch.feature_names, dtype="<U"),
        "target_names": np.array(target_names, dtype="u1" if name == "digits" else "<U"),
    }


def main(folder: Path = DATA) -> None:
    """Write every set into `folder` and say how large each file is."""
    for name in NAMES:
        path = folder / f"{name}.npz"
        write_npz(path, arrays_of(name))
        print(f"{path.name:18} {path.stat().st_size / 1024:6.1f} KB")


if __name__ == "__main__":
    main()
