"""The verbs, one module each, and the only loop that touches the world.

A face parses words, calls one function here and renders its answer; whatever the command line can do, a
Python caller does through the same function.
"""
