//! `rolecall sign`.

use super::{say, tell};
use crate::cli::sign::SignArgs;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::exit::Exit;
use crate::report::package::sign::{SignError, sign};
use crate::settings::claimed_time;
use crate::signing::key_file::{self, KeyFile};
use crate::signing::sign::Signer;
use crate::text::{of_system, visible_path};

pub(super) fn run(args: &SignArgs) -> Result<Exit, Diagnostics> {
    let key = key_file::load(&args.key, &args.passphrase.source()).map_err(|error| error.diagnostic(&args.key))?;
    let signer = Signer { key: &key, claimed_time: claimed_time()?, ledger: None, previous: None };
    let wrong = |code, error: &SignError| Diagnostic::new(code, of_system(args.package.as_os_str()), error.to_string());
    match sign(&args.package, &signer) {
        Ok(()) => {
            let fingerprint = key.key.public().fingerprint();
            note_unencrypted(&key);
            // Its use is over: whoever is slow to take what is told must not keep it in memory.
            drop(key);
            say(&format!(
                "{} is signed. Fingerprint of the key: {fingerprint}\nVERIFY.md there says how to check; give readers the fingerprint on another way.\n",
                visible_path(&args.package),
            ));
            Ok(Exit::Good)
        }
        Err(error @ SignError::Broken(_)) => {
            tell(&Diagnostics::from(wrong("package-broken", &error)).render());
            Ok(Exit::Integrity)
        }
        Err(error @ SignError::Package(_)) => Err(wrong("package", &error).into()),
        Err(error @ SignError::OtherKey) => Err(wrong("other-key", &error).into()),
        Err(error @ SignError::Renderer(_)) => Err(wrong("other-renderer", &error).into()),
    }
}

/// Whoever copies an unencrypted key signs in its owner's name.
pub(super) fn note_unencrypted(key: &KeyFile) {
    if !key.encrypted {
        tell("note: the key file is not encrypted; the signed statement says so\n");
    }
}
