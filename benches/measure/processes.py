"""Runs processes and tells what they took."""
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Taken:
    """What processes that ran together took."""

    wall: float  # seconds
    cpu: float  # user and system, seconds, of all of them
    peak: int  # bytes of memory: the sum of what each had at most
    outputs: list  # what each wrote to its standard output


def together(commands, good=(0,)):
    """Runs commands at the same time and waits for all. Ends the program where one fails."""
    # Output goes to files: a pipe that nobody empties would hold a process up.
    outputs, errors = ([tempfile.TemporaryFile() for _ in commands] for _ in range(2))
    start = time.perf_counter()
    running = [subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=told) for command, out, told in zip(commands, outputs, errors)]
    ended = [(process, *os.wait4(process.pid, 0)[1:]) for process in running]
    wall = time.perf_counter() - start
    cpu = peak = 0
    for command, told, (process, status, usage) in zip(commands, errors, ended):
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in good:
            told.seek(0)
            raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}\n{told.read().decode(errors='replace')}")
        cpu += usage.ru_utime + usage.ru_stime
        peak += usage.ru_maxrss * (1 if os.uname().sysname == "Darwin" else 1024)
    taken = []
    for file in outputs:
        file.seek(0)
        taken.append(file.read())
    for file in outputs + errors:
        file.close()
    return Taken(wall, cpu, peak, taken)


def run(command, good=(0,)):
    """Runs one command."""
    return together([command], good)
