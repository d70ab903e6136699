"""The sources of submissions: a folder, an archive, a revision of a git repository. Each is a `Tree`."""
