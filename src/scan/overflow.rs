//! Where tables go that do not fit memory: a temporary file without a name,
//! which the system removes however the scan ends.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::Mutex;

use crate::key::memory::Overflow;
use crate::parallel::lock;

/// Made when something is first put into it, in the folder for temporary files (`TMPDIR`).
#[derive(Debug, Default)]
pub(super) struct Temporary(Mutex<Option<File>>);

impl Overflow for Temporary {
    fn put(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut file = lock(&self.0);
        let file = match &mut *file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let at = file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)?;
        Ok(at)
    }

    fn get(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = lock(&self.0);
        let file = file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(at))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::{Overflow as _, Temporary};

    #[test]
    fn what_is_put_away_comes_back() {
        let away = Temporary::default();
        assert!(away.get(0, 1).is_err());
        let places: Vec<u64> = (0..5_u8).map(|number| away.put(&vec![number; 1000]).unwrap()).collect();
        for (number, at) in (0..5_u8).zip(places).rev() {
            assert_eq!(away.get(at, 1000).unwrap(), vec![number; 1000]);
        }
        assert!(away.get(4500, 1000).is_err());
    }
}
