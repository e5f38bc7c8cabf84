"""Channels and how they move: release, rollback, quarantine, and the names of snapshots."""
