"""What every part of onward stands on: errors, digests, the record codec, paths, time and words.

Knows nothing of steps, assets or runs, and imports nothing of onward.
"""
