"""JSON as onward writes and reads it in a step's process, whatever the step's code has made of the module `json`.

Code that sets `json.dumps` anew, so that it takes dates or numpy's numbers, is found in the wild. What onward keeps is
written by the functions as they were before any of the user's code ran: whoever begins a step has imported this.
"""

from json import JSONDecodeError, dump, dumps, load, loads

__all__ = ["JSONDecodeError", "dump", "dumps", "load", "loads"]
