"""What differs between two artifacts: one file for each kind."""
