"""Where submissions come from: a folder, an archive, a revision of a git repository. Each is a `Tree`."""
