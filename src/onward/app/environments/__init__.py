"""The workspace's Python: what is installed, which of it a step can reach, what its lock says."""
