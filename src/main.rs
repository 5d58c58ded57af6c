//! The command-line program.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match rolecall::cli::Cli::try_parse() {
        Ok(cli) => rolecall::commands::run(cli).into(),
        Err(error) => {
            // Help and version are no mistakes.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            // An argument may be the name of a stranger's file, which a shell put there for `*`.
            let _ = std::io::stderr().write_all(rolecall::text::visible_lines(&error.render().to_string()).as_bytes());
            rolecall::exit::Exit::Usage.into()
        }
    }
}
