//! Argon2 in memory that is used again: a hash fills 19 MiB, and the kernel would have to find and clear them for each.

use std::{
    cell::RefCell,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use argon2::{
    Algorithm, Argon2, Block, CustomizedPasswordHasher, Params, PasswordHasher, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

type Blocks = Vec<Block>;

/// What nobody hashes in just now.
#[derive(Default)]
pub struct Memory(Mutex<Vec<Blocks>>);

impl Memory {
    /// Lends some to the work. There is as much of it as was in use at the same time.
    pub fn lend<T>(&self, work: impl FnOnce(&Hasher) -> T) -> T {
        let blocks = self.idle().pop().unwrap_or_default();
        let hasher = Hasher(RefCell::new(blocks));
        let done = work(&hasher);
        self.idle().push(hasher.0.into_inner());
        done
    }

    /// Nothing that is done under the lock can panic half-way.
    fn idle(&self) -> MutexGuard<'_, Vec<Blocks>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hashes as [`Argon2`] does, in memory that is there. Each hash overwrites all that it reads.
pub struct Hasher(RefCell<Blocks>);

/// What was hashed last is nobody's business.
macro_rules! hidden {
    ($type:ident) => {
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($type))
            }
        }
    };
}
hidden!(Memory);
hidden!(Hasher);

impl CustomizedPasswordHasher<PasswordHash> for Hasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> password_hash::Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?;
        let algorithm = algorithm.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?;
        let version = version.unwrap_or_default();
        let salt = Salt::new(salt)?;
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut output = [0; Output::MAX_LENGTH];
        let output = output
            .get_mut(..length)
            .ok_or(password_hash::Error::OutputSize)?;
        let mut blocks = self.0.borrow_mut();
        if blocks.len() < params.block_count() {
            blocks.resize(params.block_count(), Block::default());
        }
        let parameters = ParamsString::try_from(&params)?;
        let argon2 = Argon2::new(algorithm, version, params);
        argon2.hash_password_into_with_memory(password, &salt, output, &mut *blocks)?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: parameters,
            salt: Some(salt),
            hash: Some(Output::new(output)?),
        })
    }
}

impl PasswordHasher<PasswordHash> for Hasher {
    fn hash_password_with_salt(
        &self,
        password: &[u8],
        salt: &[u8],
    ) -> password_hash::Result<PasswordHash> {
        self.hash_password_customized(password, salt, None, None, Params::default())
    }
}

#[cfg(test)]
mod tests {
    use argon2::PasswordVerifier;

    use super::*;

    #[test]
    fn what_one_hashes_the_other_verifies_whatever_was_hashed_there_before() {
        let memory = Memory::default();
        let salt = [7; 16];
        let by_argon2 = Argon2::default()
            .hash_password_with_salt(b"one", &salt)
            .unwrap();
        memory.lend(|hasher| hasher.hash_password(b"another").unwrap());
        memory.lend(|hasher| {
            let ours = hasher.hash_password_with_salt(b"one", &salt).unwrap();
            assert_eq!(ours.to_string(), by_argon2.to_string());
            assert!(hasher.verify_password(b"one", &by_argon2).is_ok());
            assert!(hasher.verify_password(b"two", &by_argon2).is_err());
        });
        assert_eq!(memory.idle().len(), 1);
    }
}
