/// All calls go to the first endpoint that a connection can be made to: `pick_first`.
///
/// ```
/// use ziggurat::service_config::load_balancing::PickFirst;
///
/// assert!(!PickFirst::default().shuffle_address_list());
/// assert!(PickFirst::shuffled().shuffle_address_list());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PickFirst {
    shuffle_address_list: bool,
}

impl PickFirst {
    /// Tries the endpoints in an order of chance, so that the clients of a service do not all meet at its first one.
    pub fn shuffled() -> Self {
        Self {
            shuffle_address_list: true,
        }
    }

    /// Whether the order in which endpoints are tried is one of chance; by default it is the resolver's (G-30).
    pub fn shuffle_address_list(&self) -> bool {
        self.shuffle_address_list
    }
}
