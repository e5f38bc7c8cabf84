"""Kinds of steps, one file each. A kind reads, names what counts, and tells the child what to do; it runs nothing."""
