"""What is measured and how: whole processes through the small program `measure` (wall, CPU, peak memory by
wait4), requests to a server that runs (wall here, CPU from /proc), medians, results kept as JSON."""
import json
import os
import statistics
import subprocess
import time


class Failed(Exception):
    """A step cannot go on; the text is for people."""


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def read_bytes(path):
    with open(path, "rb") as f:
        return f.read()


class Runner:
    """Starts commands; what they print goes to files in a folder of its own."""

    def __init__(self, program, folder):
        self.program = program
        self.out, self.err = os.path.join(folder, "out"), os.path.join(folder, "err")

    def run(self, command, seconds=600, env=None, may_fail=False, keep=None):
        """One run: wall and cpu in seconds, peak in bytes; out and err as bytes. keep: a file for the output
        instead, which is then not read."""
        if isinstance(command, str):
            command = ["sh", "-c", command]
        out = keep or self.out
        p = subprocess.run([self.program, str(seconds), out, self.err] + command, env=dict(os.environ, **(env or {})),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, close_fds=False)
        if p.returncode != 0:
            raise Failed("%s: %s" % (command[0], p.stderr.decode(errors="replace").strip()))
        wall, cpu, peak, status = (int(word) for word in p.stdout.split())
        err = read_bytes(self.err)
        if status != 0 and not may_fail:
            raise Failed("%s ended with %d: %s" % (" ".join(command)[:200], status, err.decode(errors="replace")[-500:]))
        text = read_bytes(out) if keep is None else b""
        return {"wall": wall / 1e9, "cpu": cpu / 1e6, "peak": peak, "status": status, "out": text, "err": err}


def cpu_of(pid):
    """CPU seconds of a running process with all its threads, also ended ones: its CPU clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def peak_of(pid):
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    return 0


def resident_of(pid):
    for line in open("/proc/%d/status" % pid):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def wait_until_idle(pid, seconds=120):
    """A server that has just taken data in may go on merging: waits until it uses under 3 % of a core."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        before = cpu_of(pid)
        time.sleep(2)
        if cpu_of(pid) - before < 0.06:
            return True
    return False


def read_json(path):
    try:
        with open(path) as f:
            return json.load(f)
    except (OSError, ValueError):
        return None


def write_json(path, value):
    """Whole or not at all: what stops here goes on later."""
    with open(path + ".part", "w") as f:
        json.dump(value, f, indent=1, sort_keys=True)
    os.replace(path + ".part", path)
