"""The same generated statements through Weir and directly to the primary, each in a schema of its own."""
