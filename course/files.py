"""Writing a file in one step, so that no half of it is ever there."""

import contextlib
import os
import secrets
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """Put a file in its place, in a folder that is made if there is none; of two writers the last one counts.

    content: bytes, or text, which is written as it is, in UTF-8. Raises OSError, and leaves what was there.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(Path(folder, "new", "a"), "é")
    ...     Path(folder, "new", "a").read_bytes()
    b'\\xc3\\xa9'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".new-{secrets.token_hex(8)}")
    try:
        with open(new, "xb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        os.replace(new, path)
    except BaseException:
        with contextlib.suppress(OSError):  # in a folder that is read-only this fails, too
            new.unlink(missing_ok=True)
        raise
