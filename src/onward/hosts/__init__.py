"""The hosts of code: which build this is, and what people see of it there; one file each."""
