import os
import shutil

found = [name for name in ("sh", "bash", "cc", "gcc", "perl", "git", "bwrap", "docker", "sudo", "mount") if shutil.which(name)]
found += [path for path in ("/bin/sh", "/usr/bin/env", "/usr/bin/sudo", "/bin/su") if os.path.exists(path)]
if found:
    raise SystemExit(f"GOT THROUGH: {found}")
raise LookupError("there is none")
