"""What has to be done, decided without touching the world.

Values come in (what the files say, what was seen before), decisions with their reasons go out. No module
here reads a disk, a clock or a process; `app` does that and asks again.
"""
