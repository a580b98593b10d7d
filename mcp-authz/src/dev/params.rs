//! Request parameters as OAuth reads them (RFC 6749 §3.1, §3.2).

use super::error::OAuthError;

pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn parse(urlencoded: &[u8]) -> Self {
        Self(
            url::form_urlencoded::parse(urlencoded)
                .into_owned()
                .collect(),
        )
    }

    /// The value of `name`. An empty one counts as omitted; a repeated one is an error, since two
    /// readers could pick different ones.
    pub(super) fn get(&self, name: &str) -> Result<Option<&str>, OAuthError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next();
        if values.next().is_some() {
            return Err(OAuthError::invalid_request(format!(
                "the parameter {name} is repeated"
            )));
        }
        Ok(first
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty()))
    }

    pub(super) fn required(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name)?
            .ok_or_else(|| OAuthError::invalid_request(format!("the parameter {name} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_omitted_and_repeated_is_refused() {
        let params = Params::parse(b"a=1&b=&c=1&c=1&d=x%20y+z");
        assert_eq!(params.get("a").unwrap(), Some("1"));
        assert_eq!(params.get("b").unwrap(), None);
        assert!(params.get("c").is_err());
        assert_eq!(params.get("d").unwrap(), Some("x y z"));
        assert_eq!(params.required("e").unwrap_err().code, "invalid_request");
    }
}
