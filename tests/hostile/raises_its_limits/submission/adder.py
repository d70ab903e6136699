import resource

for number in range(16):
    soft, hard = resource.getrlimit(number)
    try:
        resource.setrlimit(number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (OSError, ValueError):
        continue
    if hard != resource.RLIM_INFINITY:
        raise SystemExit(f"GOT THROUGH: {number}")
raise LookupError("denied")
