"""What people ask about a workspace: its status, its list, its graph, why a step ran, what a result is."""
