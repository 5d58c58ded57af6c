//! What a signer adds to a report: the envelope over its statement, and the
//! signatures over the list of digests. One key, three domains, no other bytes:
//! no file that a user brings is ever signed as it stands.

use super::dsse::{Envelope, IN_TOTO};
use super::key::SecretKey;
use super::key_file::KeyFile;
use super::sshsig::SshSignature;
use super::statement::{Claims, PreviousReport, Statement, StatementSigner};
use crate::report::{LedgerCheckpoint, Report};

/// Who signs a report, and what is claimed besides it.
#[derive(Debug, Clone)]
pub struct Signer<'s> {
    /// The key, with what its file says of it.
    pub key: &'s KeyFile,
    /// When, by the signer's clock: `YYYY-MM-DDTHH:MM:SSZ`.
    pub claimed_time: String,
    /// The ledger's checkpoint at that time.
    pub ledger: Option<LedgerCheckpoint>,
    /// The report before.
    pub previous: Option<PreviousReport>,
}

impl Signer<'_> {
    /// The envelope over the statement about a report with these bytes.
    #[must_use]
    pub fn envelope(&self, report: &Report, json: &[u8], body: &[u8]) -> Envelope {
        let KeyFile { owner, role, encrypted, .. } = self.key;
        let claims = Claims {
            ledger: self.ledger.clone(),
            previous_report: self.previous.clone(),
            signer: StatementSigner { owner: owner.clone(), role: role.clone(), key_encrypted: *encrypted },
            claimed_time: self.claimed_time.clone(),
        };
        Envelope::sign(IN_TOTO, Statement::about(report, json, body, claims).to_json(), self.secret())
    }

    /// The signatures over a list of digests, which begins with [`super::sums::HEADER`]: raw and SSH.
    #[must_use]
    pub fn sums(&self, sums: &str) -> ([u8; 64], String) {
        (self.secret().sign(sums.as_bytes()), SshSignature::sign(sums.as_bytes(), self.secret()).to_text())
    }

    const fn secret(&self) -> &SecretKey {
        &self.key.key
    }
}
