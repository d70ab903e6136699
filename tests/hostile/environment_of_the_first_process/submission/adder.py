found = b""
for name in ("environ", "cmdline", "maps", "mem", "cwd", "root"):
    try:
        found += open(f"/proc/1/{name}", "rb").read(1 << 16)
    except OSError:
        pass
for word in (b"bwrap", b"grader", b"HOME=", b"PATH=", b"/tmp/"):
    if word in found:
        raise SystemExit(f"GOT THROUGH: {word!r}")
raise LookupError("denied")
