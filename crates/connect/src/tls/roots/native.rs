use super::Roots;

impl Roots {
    /// Takes the authorities that the system trusts, as they are when the configuration is made.
    ///
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` replace them.
    pub fn system() -> Self {
        Self::default()
    }
}
