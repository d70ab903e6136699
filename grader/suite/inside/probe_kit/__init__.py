"""The probe kit: the code that probes share. It lies beside a challenge's probe, as the package `probe_kit`.

    from probe_kit import Clock, Script, ended, run_steps     # before the submission is imported
    from probe_kit.virtual_time import run_virtually
    from probe_kit.meeting import MeetingPlace
    from probe_kit.nameless import nameless
    from probe_kit.running import run
    from time import monotonic                                # by name: what is bound before cannot be rebound

    import candidate

    def run(limit, steps):
        clock = Clock(1000.0)
        return run_steps(candidate.Limiter(limit, clock=clock), steps, {"sleep": clock.advance})

It imports only the standard library. Its modules are removed from `sys.modules` when the first module of the submission
is looked up, so that none of our names hides one of the submission's. That conceals nothing from code that looks for
it: nothing in here may be secret, and its reports can be forged, like everything that a probe reports. Functions that
are to be pickled (for other processes) belong in the probe, where they may call the kit.
"""

from __future__ import annotations

import sys
from typing import NoReturn

from .steps import Clock, Diary, Script, ended, plain, run_steps

__all__ = ["Clock", "Diary", "Script", "ended", "plain", "run_steps"]


def _leave_before(folder: str) -> None:
    """Have the kit removed from `sys.modules` as soon as a module is looked up in the folder."""

    def notice(place: str) -> NoReturn:
        if place == folder:
            sys.path_hooks.remove(notice)
            for name in [name for name in sys.modules if name == __name__ or name.startswith(__name__ + ".")]:
                del sys.modules[name]
        raise ImportError(f"{place} is read by the usual finder")

    sys.path_hooks.insert(0, notice)
    sys.path_importer_cache.pop(folder, None)


if __name__ == "probe_kit":  # not where our own tests import it
    _leave_before(sys.path[-1])
