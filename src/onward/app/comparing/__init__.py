"""Two snapshots side by side, asset by asset."""
