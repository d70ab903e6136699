for path, text in (("/proc/self/oom_score_adj", "-1000"), ("/proc/self/oom_score_adj", "0"), ("/proc/1/oom_score_adj", "1000")):
    try:
        with open(path, "w") as file:
            file.write(text)
    except OSError:
        continue
    raise SystemExit(f"GOT THROUGH: {path}")
raise LookupError("denied")
