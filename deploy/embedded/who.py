"""As whom a program runs. PostgreSQL refuses to be root, and root's folders are closed to everybody else.

So as root it runs in a user namespace, where root is called by another number: nothing is copied, no folder is opened
to others. Where that is forbidden (a container's seccomp), it runs as `nobody`, and `places` moves it out of the way.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from enum import Enum
from functools import cache
from pathlib import Path
from signal import SIGKILL, Signals

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
# Loaded here, because a child between fork and exec should do as little as it can.
_LIBC = ctypes.CDLL(None, use_errno=True)


class Who(Enum):
    """As whom a program is started."""

    OURSELVES = "ourselves"
    NAMESPACE = "namespace"
    NOBODY = "nobody"


def who_for_postgres() -> Who:
    """The least unusual way that works here."""
    if os.geteuid() != 0:
        return Who.OURSELVES
    return Who.NAMESPACE if _namespace_works() else Who.NOBODY


@cache
def _namespace_works() -> bool:
    if sys.platform != "linux":
        return False
    try:
        subprocess.run(["true"], preexec_fn=_enter_namespace, check=True)  # the launcher has no threads
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def nobody() -> pwd.struct_passwd:
    """The account that owns nothing."""
    return pwd.getpwnam("nobody")


def before_exec(who: Who, orphan_signal: Signals) -> Callable[[], None]:
    """What a child does between fork and exec: change who it is, and ask to be told when its parent dies.

    The order matters: entering a namespace clears the death signal. A parent that died before it was set is noticed
    by the parent's number.
    """
    parent = os.getpid()

    def prepare() -> None:
        if who is Who.NAMESPACE:
            _enter_namespace()
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(orphan_signal), 0, 0, 0)
            if os.getppid() != parent:
                os.kill(os.getpid(), SIGKILL)

    return prepare


def _enter_namespace() -> None:
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    inner = _any_other_account()
    # A process may map itself alone without more rights, once it has given up changing its groups.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{inner.pw_gid} 0 1")
    Path("/proc/self/uid_map").write_text(f"{inner.pw_uid} 0 1")


@cache
def _any_other_account() -> pwd.struct_passwd:
    """initdb looks its own name up, so the number must be one that this machine knows."""
    return next(account for account in pwd.getpwall() if account.pw_uid != 0)
