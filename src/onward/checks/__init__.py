"""Kinds of checks, one file each: a check is a step whose result is a verdict."""
