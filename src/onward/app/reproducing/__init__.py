"""Old states made again: a release from its basis, a metric commit by commit."""
