import os

reached = []
for folder, _, names in os.walk("/proc/sys"):
    for name in names:
        try:
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY))
        except OSError:
            continue
        reached.append(name)
for path in ("/proc/sysrq-trigger", "/proc/self/oom_score_adj", "/proc/self/loginuid", "/sys/fs/cgroup/cgroup.procs"):
    try:
        os.close(os.open(path, os.O_WRONLY))
    except OSError:
        continue
    reached.append(path)
if reached:
    raise SystemExit(f"GOT THROUGH: {reached[:5]}")
raise LookupError("denied")
