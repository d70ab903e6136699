"""System calls that the sandbox's filters name: their numbers on each machine, and the kernel's id of that machine.

A test compares the numbers with the system's own headers.
"""

from __future__ import annotations

from enum import Enum


class Machine(Enum):
    """Machines that filters can be made for; the value is `os.uname().machine`."""

    X86_64 = "x86_64"
    AARCH64 = "aarch64"


AUDIT_ARCH = {Machine.X86_64: 0xC000003E, Machine.AARCH64: 0xC00000B7}
"""The machine's id, which a filter sees with each call. A 32-bit call on a 64-bit kernel comes with another one."""

LAST_KNOWN = 462
"""The number of `mseal`. Anything newer has not been judged."""

_COMMON = {
    "pidfd_getfd": 438, "process_madvise": 440, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427,
    "quotactl_fd": 443, "set_mempolicy_home_node": 450, "memfd_secret": 447, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "mount_setattr": 442, "clone3": 435,
}  # fmt: skip

NUMBERS: dict[Machine, dict[str, int]] = {
    Machine.X86_64: _COMMON | {
        "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "add_key": 248,
        "request_key": 249, "keyctl": 250, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323,
        "open_by_handle_at": 304, "name_to_handle_at": 303, "fanotify_init": 300, "init_module": 175,
        "finit_module": 313, "delete_module": 176, "kexec_load": 246, "kexec_file_load": 320, "reboot": 169,
        "swapon": 167, "swapoff": 168, "syslog": 103, "acct": 163, "quotactl": 179, "settimeofday": 164,
        "clock_settime": 227, "adjtimex": 159, "clock_adjtime": 305, "sethostname": 170, "setdomainname": 171,
        "vhangup": 153, "nfsservctl": 180, "lookup_dcookie": 212, "iopl": 172, "ioperm": 173, "modify_ldt": 154,
        "uselib": 134, "personality": 135, "mbind": 237, "set_mempolicy": 238, "migrate_pages": 256, "move_pages": 279,
        "shmget": 29, "shmat": 30, "shmctl": 31, "semget": 64, "semop": 65, "semtimedop": 220, "semctl": 66,
        "msgget": 68, "msgsnd": 69, "msgrcv": 70, "msgctl": 71, "mq_open": 240, "mq_unlink": 241, "memfd_create": 319,
        "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161, "unshare": 272, "setns": 308, "clone": 56,
        "socket": 41, "socketpair": 53, "ioctl": 16, "prlimit64": 302, "setpriority": 141, "ioprio_set": 251,
        "sched_setaffinity": 203, "sched_setscheduler": 144, "sched_setparam": 142, "sched_setattr": 314,
    },
    Machine.AARCH64: _COMMON | {
        "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "add_key": 217,
        "request_key": 218, "keyctl": 219, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282,
        "open_by_handle_at": 265, "name_to_handle_at": 264, "fanotify_init": 262, "init_module": 105,
        "finit_module": 273, "delete_module": 106, "kexec_load": 104, "kexec_file_load": 294, "reboot": 142,
        "swapon": 224, "swapoff": 225, "syslog": 116, "acct": 89, "quotactl": 60, "settimeofday": 170,
        "clock_settime": 112, "adjtimex": 171, "clock_adjtime": 266, "sethostname": 161, "setdomainname": 162,
        "vhangup": 58, "nfsservctl": 42, "lookup_dcookie": 18, "personality": 92, "mbind": 235, "set_mempolicy": 237,
        "migrate_pages": 238, "move_pages": 239, "shmget": 194, "shmat": 196, "shmctl": 195, "semget": 190,
        "semop": 193, "semtimedop": 192, "semctl": 191, "msgget": 186, "msgsnd": 189, "msgrcv": 188, "msgctl": 187,
        "mq_open": 180, "mq_unlink": 181, "memfd_create": 279, "mount": 40, "umount2": 39, "pivot_root": 41,
        "chroot": 51, "unshare": 97, "setns": 268, "clone": 220, "socket": 198, "socketpair": 199, "ioctl": 29,
        "prlimit64": 261, "setpriority": 140, "ioprio_set": 30, "sched_setaffinity": 122, "sched_setscheduler": 119,
        "sched_setparam": 118, "sched_setattr": 274,
    },
}  # fmt: skip
