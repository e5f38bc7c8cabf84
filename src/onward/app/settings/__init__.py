"""What a run goes by: the workspace's place, its `onward.toml`, variables, options, scope."""
