"""Values in and out of files: tables as Parquet, metrics as JSON, figures, documents, models, plain files.

This runs in the user's Python and knows the libraries of the user's values, none of which it needs: each is
touched only where a value is of it or an annotation asks for it. It refuses to know of stores and digests of
files; what it says of a value is plain data.
"""

from onward.runtime.values.checks import check_result
from onward.runtime.values.errors import CannotKeep, CannotRead, DiskFull, DoesNotFit, MissingLibrary, is_disk_full
from onward.runtime.values.reading import read
from onward.runtime.values.writing import write

__all__ = [
    "CannotKeep",
    "CannotRead",
    "DiskFull",
    "DoesNotFit",
    "MissingLibrary",
    "check_result",
    "is_disk_full",
    "read",
    "write",
]
