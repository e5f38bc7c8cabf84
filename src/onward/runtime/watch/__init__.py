"""What a step really touches, seen as it runs, for every process of it.

On Linux the kernel hands chosen system calls of a step to a supervisor before it carries them out (seccomp user
notification; no rights are needed). Elsewhere Python's audit events show a part. `zygote` turns the watch on for a task
that asks for it (`"watch": true`); the record is in the step's outbox, as `watch.json`, when its end is told.

    task -> probe.means       once in a bare parent: what is to be had
         -> inside.Watch      in the step's process: filter, variables, modules
         -> supervisor        above the bare parent: answers calls
            decoding          a call's arguments, as verbs with absolute paths
            account, scope    verbs to a record; which paths count

The record, format 1. All paths are absolute, with the links on the way followed; an entry with a state has
`path`, `kind` (file, folder, link, pipe, socket, device), `size`, `mtime_ns` and `inode`, as they were when the step
first touched the path:

    means             "seccomp" or "audit"
    confidence        "complete", or "partial"
    reasons           why it is partial, in words
    read              files whose content was read before the step wrote them, with state
    asked             what is there and was only looked at, with state
    absent            paths that were asked for and were not there
    listed            folders whose names were asked for, with state and `names`, without the step's own doings, and how
                      many `times` they were opened
    links             symbolic links that led somewhere: `path`, `target`
    written           files that are there in the end and that the step made or changed: the state in the end, and
                      whether it `existed` before; bytes that stay are read as well;
                      whether it was `kept`: opened to be changed in place, there or not
    removed           what was there before and no longer is: `path`, `kind`
    renamed           in order: `old`, `new`
    programs          what was started, system's programs included
    network           other machines: `address`, `port`
    servers           of this machine: paths of sockets, `@names`, `address:port`; the step's own do not count
    imported          code of the workspace that Python imported, and the step's own file, where nothing else read it
    modules           installed packages that were loaded or read from, by top-level name
    missing           top-level modules that its Python processes looked for and did not have in the end; null: nobody
                      could tell
    distributions     folders of their metadata that were read from, as `name-version.dist-info`
    variables         what Python code read of the environment before it had set it; `all_variables`: it looked
                      through all
    refused           strict: `path` (or address) and `verb`
    moved             files that others changed, made or removed after the step had read them, or looked for them, and
                      before it changed them; or that two steps changed at once
    kept              copies of files that the step changed or removed and that nobody had kept: `path`, `copy`
    events            how many calls were looked at

Not listed one by one: the interpreter, installed packages, the system's folders, and what onward itself touches for the
step. A file that did not exist before and is gone in the end leaves no trace. `O_EXCL` where nothing is, and the
removal of what is not there, are no questions. A `__pycache__` file stands for its source.

A task may be strict: `"strict": {"reads": [paths], "writes": [paths]}`, each with all that is below it, and where they
are needed `"sealed": [paths]`, not to be written unless a path of `writes` lies nearer, `"folders": [paths]`, below
which empty folders may be made, and `"network": true`. Everything else that counts is refused with EACCES, as are
connections to other machines; to ask whether something is there is not. The kernel reads a path again after it was
looked at, so this catches mistakes and is no wall against malice.

A call that opens a file of the workspace which another step is changing waits until that one has ended and somebody
has taken its record away, which is how a run says that it knows what the step left. So no step reads half a file, and
no file is a mixture of two steps'. Two that would wait for each other go on and are doubted.

A supervisor that dies makes calls of running steps fail. These are ended, and the result says `WatchLost`, whatever
they said; the next steps of that bare parent are heard through audit events.

Not seen: the clock, randomness, what servers do. Nor is seen which variables other programs and libraries below Python
read: they get a fixed list (`runtime.programs`).
"""
