"""The parts of a sandbox on this machine: system-call filters, control groups, Python tree and packages."""
