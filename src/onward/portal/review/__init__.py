"""The review page: what differs between two snapshots, in one file that needs nothing else.

It holds no script, and its own policy forbids the browser to load or run anything: what authors wrote is shown as text
and as pictures, never as a page.
"""
