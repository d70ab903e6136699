"""What a sandbox is made of on this machine: system-call filter, control groups, Python tree, packages."""
