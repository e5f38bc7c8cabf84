"""What a running step was seen to do, and the files that it left, as digests and observations."""
