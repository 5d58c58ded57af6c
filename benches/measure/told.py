"""What a report tells: told.py REPORT CONTROL

Prints the exceptions of each check of a control, and the digest of each file.
It is a process of its own for a reason: Linux counts to a process's peak
memory what its parent had when it was started, so whoever starts what is
measured must stay small, and never hold a report.
"""
import json
import sys


def main():
    path, control = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    checks = {check["id"]: check["exceptions"] for one in report["controls"] if one["id"] == control for check in one["checks"]}
    json.dump({"exceptions": checks, "digests": {one["path"]: one["sha256"] for one in report["evidence"]}}, sys.stdout)


if __name__ == "__main__":
    main()
