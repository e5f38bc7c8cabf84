"""What can go wrong between a value and a file, one class per kind of mistake.

These are raised in the user's own process, so they stand on the standard library alone. Each message says
what it is about and what to do.
"""

from __future__ import annotations

import errno
import os

_DISTRIBUTIONS = {"sklearn": "scikit-learn", "PIL": "pillow", "cv2": "opencv-python", "yaml": "pyyaml"}
"""What is installed under another name than it is imported by."""


class CannotKeep(TypeError):  # noqa: N818 - the words that a user reads
    """A value, or a column of it, would not come back from a file as it went in."""


class CannotRead(ValueError):  # noqa: N818 - the words that a user reads
    """A file is empty, broken or not of the form that it should have; the message begins with its path."""


class DiskFull(OSError):  # noqa: N818 - the words that a user reads
    """What a step returned or saved does not fit on the disk that takes it. The loop of the run knows it by name."""


class DoesNotFit(TypeError):  # noqa: N818 - the words that a user reads
    """An annotation asks for something that an asset or a source of this kind cannot be."""


class MissingLibrary(ImportError):  # noqa: N818 - the words that a user reads
    """A library that is needed is not installed.

    Attributes:
        name: the library, as it is imported.
        install: the line that installs it.
    """

    def __init__(self, name: str, install: str = "", *, purpose: str = "") -> None:
        self.install = install or f"pip install {_DISTRIBUTIONS.get(name, name.split('.', maxsplit=1)[0])}"
        needed = f" to {purpose}" if purpose else ""
        super().__init__(f"the library `{name}` is needed{needed} and is not installed: {self.install}", name=name)


def is_disk_full(error: BaseException | None) -> bool:
    """Whether an error comes from a disk without room: some libraries say so in words alone."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__
    return False
