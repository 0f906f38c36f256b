"""The null of the whole machine: a rule that can be learned, one arm that learns it, and that arm under three names."""
