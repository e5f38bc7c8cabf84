"""One change, from a branch to the readers: what `onward ci` and `onward review` do around a run."""
