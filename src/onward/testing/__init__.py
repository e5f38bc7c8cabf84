"""For those who build on onward: suites that every implementation of a seam passes, and fakes that pass them too.

`buckets`, `kinds`, `stores` and `watchers` each hold the suite of a protocol of `onward.model.ports`, as a class whose
`test_` methods pytest collects once it is subclassed; `workspace` writes small workspaces from text. Nothing
here imports pytest, and nothing of onward imports this.
"""
