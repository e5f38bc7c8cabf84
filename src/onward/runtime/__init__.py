"""What runs inside the workspace's Python: the bare parent, the step's child, the ways in and out of values.

Standard library only, Python 3.9 and up. polars, pandas, matplotlib and the like are touched only where the
user's code has imported them or a step asks for them. Nothing here knows of keys, traces or the store.
"""
