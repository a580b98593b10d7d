//! The sealing keys of one server.

use rmcp::model::{RequestStateCodec, RequestStateError};

use super::cipher::Cipher;

/// What the keys are used for: to sign what a client carries, and to encrypt what it must not read.
#[derive(Clone)]
pub(crate) struct SealingKeys {
    pub(crate) codec: RequestStateCodec,
    pub(super) cipher: Cipher,
}

impl SealingKeys {
    /// A ring of keys with their ids: the first one seals, all of them open.
    pub(crate) fn shared(keys: &[(String, Vec<u8>)]) -> Result<Self, RequestStateError> {
        let first = keys.first().map_or("", |(id, _)| id);
        Ok(Self {
            codec: RequestStateCodec::new_with_keyring(first, keys.iter().cloned())?,
            cipher: Cipher::new(keys.iter().map(|(_, key)| key.as_slice())),
        })
    }

    /// One key, which nobody else has.
    pub(crate) fn own(key: [u8; 32]) -> Result<Self, RequestStateError> {
        Ok(Self {
            codec: RequestStateCodec::try_new(key)?,
            cipher: Cipher::new([key.as_slice()]),
        })
    }
}
