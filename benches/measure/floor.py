"""The floor: reading the files and their SHA-256, which every scan must do.

Nothing that vouches for the bytes that it read can be faster than this, on as
many cores. The files are shared out so that the largest is alone, as far as
there are cores: the digest of one file cannot be divided.
"""
import os
import shutil
import sys

from .processes import together

# Where openssl is missing: Python's own digests, which are the same code in most builds.
OWN = """
import hashlib, sys
for path in sys.argv[1:]:
    with open(path, "rb", buffering=0) as file:
        digest = hashlib.sha256()
        block = bytearray(1 << 20)
        view = memoryview(block)
        while got := file.readinto(block):
            digest.update(view[:got])
    print(digest.hexdigest(), "*" + path)
"""


def tool():
    """What makes the digests, in words."""
    return "openssl dgst" if shutil.which("openssl") else "Python's hashlib"


def shares(paths, jobs):
    """The files for each process: every file, the largest first, to whoever has least."""
    parts = [[0, []] for _ in range(max(1, min(jobs, len(paths))))]
    for path in sorted(paths, key=os.path.getsize, reverse=True):
        least = min(parts, key=lambda part: part[0])
        least[0] += os.path.getsize(path)
        least[1].append(path)
    return [part[1] for part in parts if part[1]]


def floor(paths, jobs):
    """Makes the digests. What it took, and the digests by path."""
    start = ["openssl", "dgst", "-sha256", "-r"] if shutil.which("openssl") else [sys.executable, "-c", OWN]
    taken = together([start + share for share in shares(paths, jobs)])
    lines = b"".join(taken.outputs).decode().splitlines()
    digests = {path: digest for digest, path in (line.split(" *", 1) for line in lines)}
    return taken, digests


def warm(paths):
    """Reads the files once, so that they are in memory."""
    block = bytearray(1 << 20)
    for path in paths:
        with open(path, "rb", buffering=0) as file:
            while file.readinto(block):
                pass
