"""What is remembered, on disk: objects by digest, traces, bases, snapshots, runs, channels.

Append-only and create-only: a record is written beside its place, then linked into it, so that a reader
sees the whole of it or nothing, and two writers cannot undo each other. Nothing here decides anything.
"""
