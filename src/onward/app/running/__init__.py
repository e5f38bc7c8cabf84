"""A run: what is out of date, what is made, in which order, what is recorded of it."""
