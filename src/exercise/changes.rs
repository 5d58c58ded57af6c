//! Changes of an example's evidence.

use std::collections::BTreeMap;

use crate::pack::example::{Example, ExampleValue};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// A record goes.
    Remove {
        /// Its dataset.
        dataset: String,
        /// Its place there.
        record: usize,
    },
    /// A record comes so many times more, with some other values.
    Repeat {
        /// Its dataset.
        dataset: String,
        /// Its place there.
        record: usize,
        /// How many times more.
        times: u64,
        /// What is different in the repetitions.
        with: Vec<(String, ExampleValue)>,
    },
    /// A field of a record gets another value.
    Set {
        /// Its dataset.
        dataset: String,
        /// Its place there.
        record: usize,
        /// The field.
        field: String,
        /// Its new value.
        value: ExampleValue,
    },
}

impl Change {
    pub(super) fn set(dataset: &str, record: usize, field: &str, value: ExampleValue) -> Self {
        Self::Set { dataset: dataset.to_owned(), record, field: field.to_owned(), value }
    }

    pub(super) fn remove(dataset: &str, record: usize) -> Self {
        Self::Remove { dataset: dataset.to_owned(), record }
    }

    pub(super) fn repeat(dataset: &str, record: usize, times: u64, with: Vec<(String, ExampleValue)>) -> Self {
        Self::Repeat { dataset: dataset.to_owned(), record, times, with }
    }

    /// The dataset and the field that are changed; no field: the whole record.
    pub(super) fn touches(&self) -> (&str, Option<&str>) {
        match self {
            Self::Remove { dataset, .. } | Self::Repeat { dataset, .. } => (dataset, None),
            Self::Set { dataset, field, .. } => (dataset, Some(field)),
        }
    }
}

/// The example with these changes; places count in the example as it was.
pub(super) fn changed(example: &Example, changes: &[Change]) -> Example {
    let mut changed = example.clone();
    for (name, records) in &mut changed.datasets {
        let own: Vec<&Change> = changes.iter().filter(|change| change.touches().0 == name).collect();
        if own.is_empty() {
            continue;
        }
        let before = std::mem::take(records);
        for (number, record) in before.into_iter().enumerate() {
            apply(records, number, record, &own);
        }
    }
    changed
}

fn apply(records: &mut Vec<BTreeMap<String, ExampleValue>>, number: usize, mut record: BTreeMap<String, ExampleValue>, changes: &[&Change]) {
    let (mut stays, mut more) = (true, Vec::new());
    for change in changes {
        match change {
            Change::Remove { record: at, .. } if *at == number => stays = false,
            Change::Set { record: at, field, value, .. } if *at == number => {
                record.insert(field.clone(), value.clone());
            }
            Change::Repeat { record: at, times, with, .. } if *at == number => {
                let mut again = record.clone();
                again.extend(with.iter().cloned());
                // Where values differ, each repetition has its own.
                more.extend((0..*times).map(|time| {
                    let mut again = again.clone();
                    for (field, _) in with.iter().filter(|(_, value)| *value == own_value()) {
                        again.insert(field.clone(), ExampleValue::Text(format!("another-{time}")));
                    }
                    again
                }));
            }
            _ => {}
        }
    }
    if stays {
        records.push(record);
    }
    records.append(&mut more);
}

/// Stands for a value that no other record has.
pub(super) fn own_value() -> ExampleValue {
    ExampleValue::Text("another".to_owned())
}
