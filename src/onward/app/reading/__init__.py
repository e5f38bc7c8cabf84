"""The tree as steps, assets and edges: found, parsed, linked, drawn as one graph."""
