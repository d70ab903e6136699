"""The only module that knows everything: it puts the parts together."""
