"""Required constructs: the rules, and the resolver that follows names for them."""
