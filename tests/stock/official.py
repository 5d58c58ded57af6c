"""Reads an official file with openpyxl (or json, csv) and nothing of rolecall.

Prints one JSON object: for each table that an import has, its rows as lists of
texts. Runs of blanks are one blank, as in the import. Usage: official.py KIND FILE
"""

import csv
import json
import re
import sys
import warnings


def clean(value):
    # openpyxl leaves Excel's way of writing control characters as it stands.
    return "" if value is None else " ".join(re.sub(r"_x00[01][0-9A-F]_", " ", str(value)).split())


def rows(sheet):
    for row in sheet.iter_rows(values_only=True):
        yield [clean(value) for value in row]


def nice_2017(book):
    roles, category, area = [], "", ""
    for row in rows(book["Table of Contents"]):
        first, title, description, role, code = row[0], row[2], row[3], row[4], row[8]
        if re.fullmatch(r"[A-Z]{2}-[A-Z]{3}-\d{3}", role):
            area = first or area
            roles.append([role, code, title, category, area, description])
        elif re.search(r"\([A-Z]{2}\) - ", first):
            category = first.split(" - ")[0]
    codes = {role[0]: role[1] for role in roles}

    def master(name, letters):
        return [
            [row[0], row[1], row[2]]
            for row in rows(book[name])
            if re.fullmatch(rf"[{letters}]\d{{4}}", row[0])
        ]

    def pairs(ending, letters):
        found = []
        for name in book.sheetnames:
            role, _, kind = name.partition(" ")
            if kind == ending and role in codes:
                for row in rows(book[name]):
                    pair = [role, codes[role], row[0]]
                    if re.fullmatch(rf"[{letters}]\d{{4}}", row[0]) and pair not in found:
                        found.append(pair)
        return found

    return {
        "work-roles": roles,
        "tasks": master("Master Task List", "T"),
        "ksas": master("Master KSA List", "KSA"),
        "role-tasks": pairs("Tasks", "T"),
        "role-ksas": pairs("KSAs", "KSA"),
    }


def dcwf(book):
    roles, element = [], ""
    for row in rows(book["DCWF Roles"]):
        element = row[1] or element
        if re.fullmatch(r"\d{3}", row[4]):
            roles.append([row[4], row[3], row[5], element, row[6]])
    number = r"\d+[A-Z]?"
    statements = [
        [row[0], row[3].lower(), row[4]]
        for row in rows(book["Master Task & KSA List"])
        if re.fullmatch(number, row[0])
    ]
    kinds = {row[0]: row[1] for row in statements}
    pairs = {}
    for name in book.sheetnames:
        code = re.match(r"\([A-Z]{2}-(\d{3})\)", name)
        if code:
            for row in rows(book[name]):
                if re.fullmatch(number, row[0]):
                    # A pair that stands there twice is core where one of its lines says so.
                    pairs.setdefault((code[1], row[0]), set()).add(row[3])
    strongest = lambda marks: "C" if "C" in marks else "A" if "A" in marks else ""
    return {
        "work-roles": roles,
        "statements": statements,
        "role-statements": [[code, key, kinds[key], strongest(marks)] for (code, key), marks in pairs.items()],
    }


def dcwf_list(book):
    found = []
    for row in rows(book["Master Task & KSA List"]):
        if re.fullmatch(r"[TKSA]\d{4}", row[3]):
            found.append([row[0], row[3]])
    return {"links": found}


def components(file):
    export = json.load(open(file, encoding="utf-8"))
    lists = export.get("response", export)["elements"]
    kinds = {element["element_identifier"]: element["element_type"] for element in lists["elements"]}
    of = lambda *names: [element for element in lists["elements"] if element["element_type"] in names]
    related = {(r["source_element_identifier"], r["dest_element_identifier"]) for r in lists["relationships"]}
    category = {to: source for source, to in related if kinds[source] == "category" and kinds[to] == "work_role"}
    statements = ("task", "knowledge", "skill")
    name = lambda element: element["element_identifier"]
    return {
        "work-roles": [[name(e), clean(e["title"]), category[name(e)], clean(e["text"])] for e in of("work_role")],
        "role-codes": [[a, b] for a, b in related if kinds[b] == "opm_code"],
        "categories": [[name(e), clean(e["title"]), clean(e["text"])] for e in of("category")],
        "statements": [[name(e), e["element_type"], clean(e["text"])] for e in of(*statements)],
        "role-statements": [[a, kinds[b], b] for a, b in related if kinds[a] == "work_role" and kinds[b] in statements],
        "competency-areas": [[name(e), clean(e["title"]), clean(e["text"])] for e in of("competency_area")],
        "area-statements": [[a, kinds[b], b] for a, b in related if kinds[a] == "competency_area" and kinds[b] in statements],
    }


def opm(file):
    found = []
    for code, words, start, end in csv.reader(open(file, encoding="utf-8-sig", newline="")):
        words = clean(words)
        category = re.search(r" \(([^()]*)\)$", words)
        rest = words[: category.start()] if category else words
        parts = re.split(r" ?- ", rest, maxsplit=2)
        if len(parts) == 2:
            parts.insert(1, "")
        month, day, year = start.split("/")
        assert end == "Present"
        found.append([code, *parts, category[1] if category else "", f"{year}-{month}-{day}", ""])
    return {"codes": found}


def main():
    kind, file = sys.argv[1:]
    if kind in ("components", "opm"):
        tables = {"components": components, "opm": opm}[kind](file)
    else:
        import openpyxl

        warnings.simplefilter("ignore")
        book = openpyxl.load_workbook(file, read_only=False, data_only=True)
        tables = {"nice-2017": nice_2017, "dcwf": dcwf, "dcwf-list": dcwf_list}[kind](book)
    json.dump(tables, sys.stdout)


main()
