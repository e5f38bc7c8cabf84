"""The command line: parses words, calls one verb of `app`, renders the answer. Holds no logic of its own."""
