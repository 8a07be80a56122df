#!/usr/bin/env python3
"""power_cut.py AKASHI [CYCLES] [SEED] [ordered|writeback]: the power goes off at a random moment, on a
real file system. The store is on ext4 in an image file, mounted through a loop device; the cut is
ext4's own shutdown call without a flush of its journal (EXT4_IOC_SHUTDOWN, flag 2), after which
the disk holds what was made durable, and whatever else it had got to. Then it is mounted again as after
a reboot, and the store is judged (lab.py). Needs root and a loop device; says so and ends with 2
where these are not to be had. What this cannot show (torn sectors, a disk's own cache) is tried
over the file system in memory, in ./test.
"""
import fcntl
import os
import signal
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lab import Life  # noqa: E402

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = struct.pack("I", 2)
akashi = sys.argv[1]
cycles = int(sys.argv[2]) if len(sys.argv) > 2 else 200
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
data_mode = sys.argv[4] if len(sys.argv) > 4 else "ordered"
folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
work = tempfile.mkdtemp(prefix="akashi-power-", dir=folder)
image, mount = work + "/image", work + "/disk"


def must(*command):
    p = subprocess.run(command, capture_output=True)
    if p.returncode != 0:
        print("power_cut: %s: %s" % (" ".join(command), p.stderr.decode(errors="replace").strip()))
        sys.exit(2)


def attach():
    must("mount", "-o", "loop,data=%s,commit=60" % data_mode, image, mount)


def detach():
    for _ in range(200):
        if subprocess.run(["umount", mount], capture_output=True).returncode == 0:
            return
        time.sleep(0.01)
    must("umount", mount)


def cut():
    fd = os.open(mount, os.O_RDONLY)
    try:
        fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, NO_LOG_FLUSH)
    finally:
        os.close(fd)


def feed(life, process, data, until):
    """Writes data to the process until the moment of the cut."""
    try:
        for at in range(0, len(data), 10000):
            process.stdin.write(data[at:at + 10000])
            process.stdin.flush()
            if time.monotonic() > until:
                return
            time.sleep(0.001)
        process.stdin.close()
    except BrokenPipeError:
        pass


class Pace:
    """How long a whole run takes on this machine just now: cuts are spread over that time."""

    def __init__(self):
        self.whole = [0.1, 0.1]

    def delay(self, rng, way):
        return rng.uniform(0, 1.2 * self.whole[way])

    def seen(self, way, seconds):
        self.whole[way] += 0.2 * (seconds - self.whole[way])


pace = Pace()


def one(life, number):
    """A cycle; acknowledgements, and whether the writer was at work when the power went."""
    way = number % 2
    delay = 10 if number % 20 < 2 else pace.delay(life.rng, way)
    begin = time.monotonic()
    if way:
        name = "stdin-%d" % number
        data = life.lines(life.rng.randrange(20, 2000))
        life.truth[name] = data
        process = life.start("--source", name, "-", stdin=subprocess.PIPE)
        feed(life, process, data, time.monotonic() + delay)
    else:
        life.grow(1000)
        process = life.start(*life.files)
    try:
        process.wait(max(0, begin + delay - time.monotonic()))
        in_flight = False
        pace.seen(way, time.monotonic() - begin)
    except subprocess.TimeoutExpired:
        in_flight = True
    life.see_checkpoint()
    cut()
    process.kill()
    process.wait()
    if process.stdin:
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
    process.stderr.close()
    acked = life.acked()  # also what was said behind the cut: it could only be a lie
    detach()
    attach()
    return acked, in_flight


def main():
    os.mkdir(mount)
    with open(image, "wb") as f:
        f.truncate(96 << 20)
    must("mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that nothing stays mounted
    attach()
    life = Life(akashi, work, mount + "/store", seed)
    started = time.time()
    bad = flights = acks = 0
    try:
        for number in range(cycles):
            if number % 25 == 24:  # judging reads the whole store: small ones give more cuts
                life.anew()
            acked, in_flight = one(life, number)
            flights += in_flight
            acks += len(acked)
            for finding in life.judge(acked):
                bad += 1
                print("cycle %d (seed %d, %s): %s" % (number, seed, data_mode, finding), flush=True)
            if number % 100 == 99 or number == cycles - 1:
                print("%d power cuts (%s), %d while writing, %d acknowledgements, %d violations (%.0f s)" % (
                    number + 1, data_mode, flights, acks, bad, time.time() - started), flush=True)
            if bad:
                print("kept for a look:", work)
                return 1
    finally:
        if not bad:
            detach()
            subprocess.run(["rm", "-rf", work])
    return 0


sys.exit(main())
