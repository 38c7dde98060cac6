use super::InvalidLoadBalancing;

/// Of a few endpoints, drawn for each call, the one with the fewest calls gets it: `least_request_experimental`.
///
/// So a slow endpoint gets less, without any report of it. The default draws 2.
///
/// ```
/// use ziggurat::service_config::load_balancing::LeastRequest;
///
/// assert_eq!(LeastRequest::default().choice_count(), 2);
/// assert_eq!(LeastRequest::new(100)?.choice_count(), 10);
/// # Ok::<_, ziggurat::service_config::load_balancing::InvalidLoadBalancing>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeastRequest {
    choice_count: u32,
}

impl LeastRequest {
    /// With more, nearly all calls of a burst would go to the same endpoint.
    const MOST: u32 = 10;

    /// Draws so many for each call; more than 10 are 10 (G-50).
    ///
    /// # Errors
    ///
    /// It is less than 2, of which there would be nothing to choose.
    pub fn new(choice_count: u32) -> Result<Self, InvalidLoadBalancing> {
        if choice_count < 2 {
            let problem = format!("is {choice_count}: it must be 2 or more");
            return Err(InvalidLoadBalancing::new("choiceCount", problem));
        }
        let choice_count = choice_count.min(Self::MOST);
        Ok(Self { choice_count })
    }

    /// How many endpoints are drawn for a call, from 2 to 10.
    pub fn choice_count(&self) -> u32 {
        self.choice_count
    }
}

impl Default for LeastRequest {
    fn default() -> Self {
        Self { choice_count: 2 }
    }
}
