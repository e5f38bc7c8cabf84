"""The pages, one module each: content in, HTML out. None of them reads a clock or writes a file."""
