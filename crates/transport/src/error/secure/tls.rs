use std::error::Error;

use super::chain::find;
use crate::tls::Explained;

/// Whether the server broke off TLS, and it was said why.
pub(super) fn is_tls(error: &(dyn Error + 'static)) -> bool {
    find::<Explained>(error).is_some()
}
