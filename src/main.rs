//! The command-line program.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match rolecall::cli::Cli::try_parse() {
        Ok(cli) => rolecall::commands::run(cli).into(),
        Err(error) => {
            // Help and version are no mistakes.
            let _ = error.print();
            ExitCode::from(if error.use_stderr() { 2 } else { 0 })
        }
    }
}
