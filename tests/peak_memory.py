"""The peak memory of a process, measured by itself."""

# To stand before code that is run in an interpreter of its own. On Linux `ru_maxrss` would not do: a process that is
# started inherits it from the one that starts it, so that whatever stays below the test run's own peak goes unseen.
PEAK = """
def peak_bytes():
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024
    except FileNotFoundError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""
