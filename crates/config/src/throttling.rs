use ziggurat_layers::retry::{InvalidPolicy, Throttle};

/// When calls are no longer sent again, since too many fail: the numbers that a [`Throttle`] is made of (C-4).
///
/// It compares: a config that comes anew with the same numbers leaves the throttle of a channel as it is, with the
/// tokens that it has; other numbers make a new one (C-44).
///
/// ```
/// use ziggurat::service_config::RetryThrottling;
///
/// let throttling = RetryThrottling::new(10, 0.1)?;
/// assert_eq!(throttling.throttle().tokens(), 10.0);
/// assert_ne!(throttling, RetryThrottling::new(100, 0.1)?);
/// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryThrottling {
    max_tokens: u32,
    token_ratio: f64,
}

impl RetryThrottling {
    /// A bucket of `max_tokens` tokens, to which each success gives `token_ratio` back: of it three decimals count, so less
    /// than 0.001 gives nothing back.
    ///
    /// # Errors
    ///
    /// `max_tokens` is not from 1 to 1000, or `token_ratio` is not a number greater than 0.
    pub fn new(max_tokens: u32, token_ratio: f64) -> Result<Self, InvalidPolicy> {
        Throttle::new(max_tokens, token_ratio)?;
        Ok(Self {
            max_tokens,
            token_ratio,
        })
    }

    /// How many tokens there are in the beginning, and at most.
    pub fn max_tokens(&self) -> u32 {
        self.max_tokens
    }

    /// What a success gives back; a throttle counts three decimals of it.
    pub fn token_ratio(&self) -> f64 {
        self.token_ratio
    }

    /// The throttle of a channel whose config changes to this one: the one before, with the tokens that it has, if its
    /// numbers are the same; or else a new one (C-44). Of a ratio three decimals count.
    ///
    /// ```
    /// use ziggurat::service_config::RetryThrottling;
    ///
    /// let throttling = RetryThrottling::new(10, 0.1)?;
    /// let before = throttling.throttle();
    /// before.fail();
    /// assert_eq!(throttling.throttle_after(Some(&before)).tokens(), 9.0);
    /// let other = RetryThrottling::new(10, 0.2)?;
    /// assert_eq!(other.throttle_after(Some(&before)).tokens(), 10.0);
    /// # Ok::<_, ziggurat::layers::retry::InvalidPolicy>(())
    /// ```
    pub fn throttle_after(&self, before: Option<&Throttle>) -> Throttle {
        let new = self.throttle();
        match before {
            Some(before) if before.has_numbers_of(&new) => before.clone(),
            _ => new,
        }
    }

    /// A new throttle, with all its tokens. A channel has one for all its calls (C-40).
    #[expect(
        clippy::missing_panics_doc,
        reason = "`new` has made one of these numbers"
    )]
    pub fn throttle(&self) -> Throttle {
        Throttle::new(self.max_tokens, self.token_ratio).expect("the numbers were checked")
    }
}
