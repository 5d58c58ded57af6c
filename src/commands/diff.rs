//! `rolecall diff`.

mod packs;
mod reports;

use crate::cli::diff::{DiffArgs, DiffWhat};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;

pub(super) fn run(args: &DiffArgs) -> Result<Exit, Diagnostics> {
    match (&args.what, &args.old, &args.new) {
        (Some(DiffWhat::Packs(args)), ..) => packs::run(args),
        (None, Some(old), Some(new)) => reports::run(args, (old, new)),
        // The command line asks for both.
        (None, ..) => Err(Diagnostic::new("usage", "", "two reports are compared").help("give OLD and NEW").into()),
    }
}
