//! Why a check was not evaluated, or an item undecided or left out.

use super::{Code, reason};

pub(super) const REASONS: &[Code] = &[
    reason(
        "missing-dataset",
        "no export carries",
        "No file of the evidence was recognised as an export of a dataset that the check reads, so nothing was compared.",
        "Export the dataset and put it under the evidence; `rolecall evidence PATH` shows what each file was recognised as.",
    ),
    reason(
        "empty-dataset",
        "the export is empty:",
        "The dataset was exported, but without a single record. An empty list proves nothing.",
        "See whether the export was filtered or lacked rights; export it again.",
    ),
    reason(
        "unmapped-term",
        "no word of the client is mapped to",
        "The check rests on ids of the pack, and no word of the evidence was mapped to them.",
        "Map the client's words under `terms` in engagement.yaml.",
    ),
    reason(
        "empty-population",
        "there is nothing in scope to decide on",
        "Records were read, but none is an item of this check. A check over nothing does not pass.",
        "See whether the export holds the right part of the data, or declare the control not applicable in engagement.yaml.",
    ),
    reason(
        "incomplete-population",
        "records are known to be missing from",
        "A control total is not met, a page is missing, a file was cut short, or records of the dataset could not be read.",
        "Export the whole population, correct the control total, or mend the records that the evidence section names.",
    ),
    reason(
        "scope-gap",
        "a declared system delivered nothing:",
        "The engagement's scope declares a system, and no export carries a dataset that it should deliver.",
        "Export the dataset from that system, or change `scope` in engagement.yaml.",
    ),
    reason("stale", "the export is too old:", "The export was made longer before the as-of date than the check allows.", "Export it again."),
    reason(
        "check-failed",
        "the check failed to run:",
        "A fault of the program stopped this check; the others ran.",
        "Tell its authors, with the report.json.",
    ),
    reason(
        "freshness-unknown",
        "nobody says when it was exported:",
        "The check limits the age of its evidence, and neither the export nor the engagement says when it was made.",
        "State the time under `exported_at` in engagement.yaml.",
    ),
    reason(
        "changed-while-read",
        "it changed while it was read:",
        "The bytes of a file were not the same when it was read again, so no count over it is sure.",
        "Let exports finish, then scan again.",
    ),
    reason(
        "period-not-stated",
        "no period was stated",
        "The check is about what happened over a period, and none was stated.",
        "Give --period FROM..TO, or `period` in engagement.yaml.",
    ),
    reason(
        "period-not-covered",
        "the evidence does not cover the period",
        "The acts in the evidence begin after the period does, or end before it does.",
        "Export the acts of the whole period.",
    ),
    reason(
        "not-applicable",
        "the engagement says that it does not apply",
        "The engagement declares the control not applicable, with a justification.",
        "Nothing, where the justification holds; else take it out of `not_applicable` in engagement.yaml.",
    ),
    reason(
        "field-absent",
        "the export has no field",
        "The check needs a field that the source does not give: the column or key is missing.",
        "Export that column too, or map it in the source.",
    ),
    reason(
        "value-unreadable",
        "the value cannot be read:",
        "A value is there but is not what its field should be: a date that is none, a list where one value is wanted.",
        "Correct the value where it is kept, or teach the source its spelling (`dates`, `values`).",
    ),
    reason(
        "key-empty",
        "the key is empty:",
        "The field by which an item is known or found is empty, so nobody can tell which item it is.",
        "Fill the field where the record is kept.",
    ),
    reason(
        "person-unresolved",
        "the roster does not tell who this is:",
        "A person is named in a way that joins no entry of the roster, or more than one.",
        "Add the name to identities.csv (`person_id,alias`), or export the roster with that key.",
    ),
    reason(
        "look-up-uncertain",
        "it may or may not count:",
        "What was looked for was found, but whether it counts depends on a value that is unknown.",
        "See the undecided values of the dataset that was looked into.",
    ),
    reason(
        "record-rejected",
        "the record cannot be read:",
        "A record of the dataset could not be read. It counts into the population and is undecided.",
        "Mend the export; the evidence section of the report says what is wrong and where.",
    ),
    reason(
        "group-not-expanded",
        "the group's members are not in the evidence:",
        "A group holds something, and who is in it is not known.",
        "Export the group's members (dataset `memberships`).",
    ),
    reason(
        "attestation-missing",
        "nobody has stated it",
        "The check rests on a person's statement, and there is none.",
        "Have the responsible person make the statement and put it under the evidence (dataset `attestations`).",
    ),
    reason("attestation-expired", "the statement has expired", "The statement's expiry lies before the as-of date.", "Have it made again."),
    reason(
        "condition",
        "the check is not about them",
        "The check's own condition does not hold for the item.",
        "Nothing: it is told so that counts add up.",
    ),
    reason(
        "out-of-scope",
        "out of the engagement's scope",
        "The item lies outside the units, sites or systems that the engagement declares.",
        "Nothing, where `scope` in engagement.yaml is right.",
    ),
    reason("after-as-of", "later than the as-of date", "The act took place after the as-of date.", "Nothing; a later scan will count it."),
    reason(
        "document-missing",
        "the document itself is missing",
        "Demands on a document are left out where the document is missing, which is itself an exception.",
        "Put the document under the evidence.",
    ),
    reason(
        "empty",
        "the field is empty",
        "The field that would refer to something is empty, so there is nothing to look up.",
        "Nothing, where it may be empty.",
    ),
];
