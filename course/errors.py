"""What is told to the person at the keyboard when something fails: one sentence, and what to do."""

import errno


class CourseError(Exception):
    """Something a person can put right; the message says what is wrong and what to do, in one sentence."""


def told(error: OSError) -> str:
    """A sentence for a place that cannot be written or is full, "" for other errors.

    >>> told(PermissionError(13, "Permission denied", "exercises"))
    'exercises: Permission denied. Make the folder writable, or move the course to one that is.'
    """
    where = error.filename or "A file"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where}: {error.strerror}. Make the folder writable, or move the course to one that is."
    if error.errno in (errno.ENOSPC, errno.EDQUOT if hasattr(errno, "EDQUOT") else errno.ENOSPC):
        return f"{where}: {error.strerror}. Free some room on the disk, then try again."
    return ""
