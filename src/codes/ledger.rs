//! What can be wrong with a ledger, and with appending to one.

use super::{Code, integrity, mistake};

const ALTERED: &str = "Ask who can write to the ledger's folder; compare with a copy, and with the packages of earlier reports.";

pub(super) const LEDGER: &[Code] = &[
    // Using a ledger: exit code 2.
    mistake(
        "ledger-io",
        "A file of the ledger cannot be read or written.",
        "Check your rights and the room on the disk; what was told as done is kept.",
    ),
    mistake("ledger-occupied", "The folder for a new ledger holds other things.", "Give an empty folder, or one that is not there yet."),
    mistake("ledger-busy", "Another process has the ledger's lock.", "Try again when it is done; the lock goes with the process that holds it."),
    mistake("ledger-clock", "The clock is behind the ledger's last event.", "Set the clock right; a ledger's times never go backwards."),
    mistake("ledger-random", "The system gives no random numbers for the name of a new ledger.", "Try again."),
    mistake(
        "ledger-act",
        "What is said of a finding, or a scan, cannot follow on what the ledger holds.",
        "Follow the message; `rolecall track show FINDING` tells what happened to it.",
    ),
    // What is said.
    integrity("ledger-history", "The events are signed and chained, and make no sense one after the other.", ALTERED),
    // The files.
    integrity("ledger-none", "There is no ledger in the folder.", "Give the folder of the ledger; where it was there, somebody took it away."),
    integrity("ledger-link", "A file of the ledger is a link, or no file.", "Put the file itself there."),
    integrity("ledger-foreign-file", "Among the checkpoints lies something that is none.", "Take it out."),
    integrity("ledger-too-large", "The ledger or a line of it is larger than it can be.", "Begin a new ledger; keep this one."),
    integrity("ledger-missing-file", "A file of the ledger is gone while others are there.", ALTERED),
    integrity("ledger-truncated", "A signed checkpoint covers more lines than are there.", ALTERED),
    integrity(
        "ledger-no-checkpoint",
        "No checkpoint covers any line: the first append was cut short, or it was taken away.",
        "Append again: it takes up whole lines, and tells so.",
    ),
    integrity(
        "uncommitted-tail",
        "Lines lie behind the newest checkpoint: an append is at work, or was cut short.",
        "Append again: it takes up whole lines, moves a half one aside, and tells so.",
    ),
    integrity(
        "ledger-tail-stranger",
        "A line behind the checkpoint is by a key that never acted in the ledger.",
        "Let its owner append again, or take the line out of ledger.jsonl.",
    ),
    // Lines.
    integrity("line-envelope", "A line is no DSSE envelope.", ALTERED),
    integrity("line-type", "A line is an envelope about something else.", ALTERED),
    integrity("line-form", "A line is spelled in another way than rolecall spells it.", ALTERED),
    integrity(
        "line-event",
        "A line's payload is no event that this version knows.",
        "Use the version of rolecall that wrote it, or a later one; else it was altered.",
    ),
    integrity("line-key", "A line's actor has no key that can sign.", ALTERED),
    integrity("line-signature", "A line is not signed by its actor, or was altered.", ALTERED),
    integrity("line-time", "A line's time is none.", ALTERED),
    integrity("line-other-ledger", "A line belongs to another ledger.", ALTERED),
    integrity("line-sequence", "Lines were taken out, put in, doubled or moved.", ALTERED),
    integrity("line-previous", "A line was written after another one than stands before it.", ALTERED),
    integrity("line-backwards", "A line is older than the one before it.", ALTERED),
    // Checkpoints.
    integrity("checkpoint-note", "A checkpoint is no signed note.", ALTERED),
    integrity("checkpoint-form", "A signed note is no checkpoint.", ALTERED),
    integrity("checkpoint-size", "A checkpoint covers no line, or not as many as its name says.", ALTERED),
    integrity("checkpoint-origin", "A checkpoint is of another ledger.", ALTERED),
    integrity("checkpoint-root", "The lines do not have the root that was signed: the ledger was rewritten.", ALTERED),
    integrity("checkpoint-signature", "A checkpoint is not signed by the actor of the last line that it covers.", ALTERED),
    // Judged from outside.
    integrity("no-trust-anchor", "Nothing says whose keys these are.", "Give --trust or --fingerprint, from another way than the files came."),
    integrity(
        "untrusted-actor",
        "Lines are signed by keys that were not named as trusted.",
        "Find out whose they are; name them too where they may act.",
    ),
    integrity(
        "against-uncited",
        "The report began a ledger, and the ledger does not begin with its scan.",
        "Was that scan told that its event could not be written? If not, the ledger is another one.",
    ),
    integrity("against-no-ledger", "The earlier report was made without a ledger.", "Give one that was made with --ledger."),
    integrity("against-other-ledger", "The earlier report is about another ledger.", "Give the ledger or report that belong together."),
    integrity("against-truncated", "The earlier report saw more lines than are there.", ALTERED),
    integrity("against-rewritten", "The ledger does not begin with the lines that the earlier report saw.", ALTERED),
];
