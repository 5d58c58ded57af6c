//! The operator of chains.

use super::builder::Builder;
use super::operators::Planned;
use crate::check::joined::{Chains, Link, Part, StartTie, Starts};
use crate::check::words::Words;
use crate::check::{KeyColumn, Operator};
use crate::key::Compare;
use crate::pack::{self, Check, Entry};

pub(super) fn joined(builder: &mut Builder<'_>, check: &Check, kind: &pack::Joined) -> Planned {
    let start = &kind.start;
    // The link that yields each name, and whether anything compares with it as a person.
    let names: Vec<Option<&str>> = kind.links.iter().map(|link| link.yields.as_ref().map(|(_, name)| name.as_str())).collect();
    let from = |name: &str| names.iter().position(|yielded| *yielded == Some(name));
    let mut compare = vec![Compare::Exact; kind.links.len()];
    for tie in kind.links.iter().flat_map(|link| &link.matches).filter(|tie| tie.person) {
        if let Some(number) = from(&tie.to) {
            compare[number] = Compare::Person;
        }
    }
    let terms = builder.frame().engagement.map_or(&[][..], |engagement| engagement.terms.as_slice());
    let mut links = Vec::new();
    for (number, link) in kind.links.iter().enumerate() {
        let dataset = builder.dataset(&link.dataset);
        let filter = builder.condition(dataset, link.filter.as_ref());
        let (mut starts, mut carries) = (Vec::new(), Vec::new());
        for tie in &link.matches {
            let column = builder.key_column(dataset, &tie.field);
            if let Some(number) = from(&tie.to) {
                carries.push((KeyColumn { compare: compare[number], ..column }, number));
                continue;
            }
            let entries = start_entries(start, &tie.to);
            let words = if tie.terms || tie.mentions {
                Words::terms(&entries, terms.iter().filter(|term| term.concerns(&link.dataset, &tie.field)))
            } else {
                Words::exact(&entries)
            };
            let of_chain = kind.per.as_ref() == Some(&tie.to);
            starts.push(StartTie { column, entries, words, mentions: tie.mentions, terms: tie.terms, of_chain });
        }
        let yields = link.yields.as_ref().map(|(field, _)| KeyColumn { compare: compare[number], ..builder.key_column(dataset, field) });
        links.push(Link { id: link.id.clone(), dataset, filter, starts, carries, yields });
    }
    let part = |name: &String| match (start.column(name), from(name)) {
        (Some(column), _) => Part::Start(column),
        (None, Some(number)) => Part::Carried(number),
        (None, None) => Part::Link,
    };
    let identity = check.identity.iter().map(part).collect();
    let feeds = links.iter().map(|link| link.dataset).collect();
    let narrowing = kind.narrowed.as_ref().map(|narrowed| builder.narrowing(narrowed));
    let starts = Starts::new(start.rows.clone(), kind.per.as_deref().and_then(|per| start.column(per)), narrowing);
    (Operator::Joined(Chains { starts, links, identity }), feeds, None)
}

/// The values of a start column, with the row's short title where the table has one.
fn start_entries(start: &pack::PackTable, column: &str) -> Vec<Entry> {
    let (column, title) = (start.column(column), start.column("title"));
    let cell = |row: &Vec<String>, at: Option<usize>| at.and_then(|at| row.get(at)).cloned();
    start.rows.iter().map(|row| Entry { id: cell(row, column).unwrap_or_default(), title: cell(row, title) }).collect()
}
