"""How much memory a process of its own has taken at most, for tests that put it before their script."""

# On Linux the kernel's figure for the process, whose `ru_maxrss` begins with that of the process which started it:
# below a large test run it would hide everything.
PEAK = """
def peak():
    import sys
    if sys.platform == "linux":
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM:"))
    import resource
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
"""
