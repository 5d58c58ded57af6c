"""Ten packs that are alike and ask otherwise: other days, prefixes, lists and columns.

They are made of `benches/workload/packs/workload` and of its sources, which
are given the columns that the twelve checks do not read. What the packs share
should cost once; this says whether it does. The first of the ten is the
workload itself, so its counts are known.
"""
import os

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORKLOAD = os.path.join(HERE, "workload")

# Columns that the sources of the workload leave out.
MORE_COLUMNS = {
    "bench-people": {"display_name": "name", "manager": "manager", "department": "department", "start_date": "hire_date", "ext.work_role": "work_role_code"},
    "bench-assets": {"name": "name", "kind": "kind", "classification": "criticality", "ext.place": "site", "reviewed_at": "last_reviewed"},
    "bench-training": {"ext.work_role": "role_code", "expires_at": "expires_at"},
    "bench-role-assignments": {"granted_at": "granted_at"},
    "bench-access-events": {"ext.role": "role", "ext.session": "context.session", "ext.agent": "context.agent", "ext.city": "context.geo.city"},
}

# What of the pack is written otherwise: the text that stands there, and one instead for each further pack.
OTHERWISE = [
    ("unique: { dataset: people, key: [person_id] }", ["unique: { dataset: people, key: [person_id, %s] }" % other for other in ("department", "email", "start_date", "display_name", "ext.status", "manager", "ext.work_role", "end_date", "'ext.status', department")]),
    ("expect: { field: email, present: true }", ["expect: { field: %s }" % test for test in ("department, present: true", "manager, present: true", "display_name, present: true", "email, length: { at_least: 1 }", "start_date, not_after: as_of", "ext.work_role, present: true", "person_id, present: true", "start_date, present: true", "email, matches: '@'")]),
    ("expect: { field: end_date, not_after: as_of }", ["expect: { field: end_date, not_after: as_of, plus_days: %d }" % days for days in (7, 14, 30, 45, 60, 90, 120, 180, 365)]),
    ("dataset: assets, field: owner, to:", ["dataset: assets, where: { field: %s }, field: owner, to:" % test for test in ("classification, is: high", "classification, is: low", "kind, is: server", "kind, in: [laptop, saas]", "kind, is_not: router", "ext.place, present: true", "reviewed_at, within_days: 400", "name, present: true", "kind, not_in: [saas, router]")]),
    ("list: [SEC-AWARE]", ["list: [%s]" % course for course in ("GDPR-BASE", "SAFE-CODE", "INCIDENT-1", "FIRE-DRILL", "SEC-AWARE, GDPR-BASE", "GDPR-BASE, SAFE-CODE", "SAFE-CODE, INCIDENT-1", "INCIDENT-1, FIRE-DRILL", "SEC-AWARE, FIRE-DRILL")]),
    ("within_days: 365", ["within_days: %d" % days for days in (366, 370, 380, 400, 420, 450, 500, 600, 730)]),
    ("unique: { dataset: role_assignments, key: [assignment_id] }", ["unique: { dataset: role_assignments, key: [assignment_id, %s] }" % other for other in ("role_id", "principal", "ext.task_id", "granted_by", "expires_at", "granted_at", "ext.raci", "justification", "role_id, principal")]),
    ("dataset: role_assignments, field: principal, to:", ["dataset: role_assignments, where: { field: %s }, field: %s, to:" % test for test in (("ext.raci, is: R", "principal"), ("ext.raci, is: A", "principal"), ("role_id, starts_with: ADM-", "granted_by"), ("role_id, starts_with: BUILD", "principal"), ("expires_at, present: true", "granted_by"), ("ext.raci, in: [C, I]", "principal"), ("justification, present: true", "granted_by"), ("granted_at, within_days: 365", "principal"), ("role_id, starts_with: SALES", "granted_by"))]),
    ("count: { where: { field: ext.raci, is: R }, at_least: 1, at_most: 1 }", ["count: { where: { field: ext.raci, %s }, at_least: %d, at_most: %d }" % bounds for bounds in (("in: [R, X]", 1, 1), ("is: R", 0, 2), ("is: A", 0, 8), ("in: [A, R]", 0, 8), ("is: C", 0, 8), ("is: I", 0, 8), ("in: [C, I]", 0, 8), ("is: S", 0, 8), ("is_not: R", 5, 8))]),
    ("expect: { field: expires_at, not_before: as_of }", ["expect: { field: expires_at, not_before: as_of, plus_days: -%d }" % days for days in (1, 2, 3, 5, 7, 10, 14, 21, 30)]),
    ("starts_with: ADM-", ["starts_with: ADM-%s" % area for area in ("D", "N", "I", "K", "B", "DB", "NET", "IDP", "K8S")]),
    ("length: { at_least: 20 }", ["length: { at_least: %d }" % least for least in (19, 18, 16, 15, 12, 10, 8, 5, 3)]),
    ("dataset: events, field: actor, to:", ["dataset: events, where: { field: %s }, field: actor, to:" % test for test in ("result, is: success", "result, is: denied", "action, in: [file.read, file.write]", "ext.role, starts_with: SALES", "ext.agent, present: true", "ext.session, present: true", "action, starts_with: kms", "ext.city, is: Cork", "target, starts_with: host-1")]),
    ("in: [iam.role.grant, iam.role.revoke, kms.key.delete, db.schema.drop]", ["in: [%s]" % actions for actions in ("iam.role.grant, iam.role.revoke", "kms.key.delete", "db.schema.drop", "iam.role.grant, db.schema.drop", "iam.role.revoke, kms.key.delete", "iam.role.revoke", "iam.role.grant", "kms.key.delete, db.schema.drop", "iam.role.grant, kms.key.delete")]),
]
COUNT = 10


def replaced(text, old, new):
    if old not in text:
        raise SystemExit(f"the workload's pack has no `{old}` any more: benches/measure/packs.py must follow it")
    return text.replace(old, new)


def ten(folder):
    """Writes packs and sources. The options of a scan with all of them, and the ids of the packs."""
    with open(os.path.join(WORKLOAD, "packs/workload/pack.yaml"), encoding="utf-8") as file:
        pack = file.read()
    with open(os.path.join(WORKLOAD, "packs/workload/twelve.yaml"), encoding="utf-8") as file:
        control = file.read()
    ids = []
    for number in range(COUNT):
        own = control
        for old, instead in OTHERWISE if number else []:
            own = replaced(own, old, instead[number - 1])
        ids.append(f"workload-{number}")
        write(os.path.join(folder, "packs", ids[-1], "pack.yaml"), replaced(pack, "id: workload", f"id: {ids[-1]}"))
        write(os.path.join(folder, "packs", ids[-1], f"twelve-{number}.yaml"), replaced(own, "id: twelve", f"id: twelve-{number}"))
    for name, more in MORE_COLUMNS.items():
        with open(os.path.join(WORKLOAD, "sources", name + ".yaml"), encoding="utf-8") as file:
            text = file.read().rstrip() + "\n"
        write(os.path.join(folder, "sources", name + ".yaml"), text + "".join(f"      {field}: {{ from: {column} }}\n" for field, column in more.items()))
    options = ["--packs-dir", os.path.join(folder, "packs"), "--sources-dir", os.path.join(folder, "sources")]
    for name in ids:
        options += ["--pack", name]
    return options, ids


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
