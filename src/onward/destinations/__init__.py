"""How a site gets to where its readers look, one kind of place each, so that nobody meets half of it."""
