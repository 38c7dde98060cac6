use http::uri::PathAndQuery;

/// What stands before the path of each request, if anything does.
#[derive(Clone, Debug, Default)]
pub(super) struct Prefix(Option<Box<str>>);

impl Prefix {
    pub(super) fn of(path: &PathAndQuery) -> Self {
        let path = path.path();
        let path = path.strip_suffix('/').unwrap_or(path);
        Self(path.starts_with('/').then(|| path.into()))
    }

    /// Puts it before a path.
    pub(super) fn before(&self, path: PathAndQuery) -> PathAndQuery {
        let Some(prefix) = self.0.as_deref().filter(|_| path.as_str().starts_with('/')) else {
            return path;
        };
        // Only a length beyond 64 KiB can make it fail, which no server takes either way.
        PathAndQuery::try_from(format!("{prefix}{path}")).unwrap_or(path)
    }
}
