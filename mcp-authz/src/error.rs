//! What can go wrong before a server serves. Refused requests are `Denial`s, never errors.

use std::fmt;

/// A server that could not start, or stopped serving.
///
/// `Debug` prints what `Display` does: it is what a `main` that returns the error shows.
///
/// ```
/// use mcp_authz::{Error, Server};
///
/// # #[tokio::main] async fn main() {
/// match Server::builder("mail").build().await {
///     Err(Error::Config(mistakes)) => eprintln!("{mistakes}"), // mend them, and start again
///     Err(error) => eprintln!("{error}"),                      // such as a port that is taken
///     Ok(server) => println!("{server}"),
/// }
/// # }
/// ```
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration is wrong; lists everything that is.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The socket could not be bound or served.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Everything that is wrong with a configuration, at once; each line says what to write instead.
///
/// ```
/// use mcp_authz::{Error, Server};
///
/// # #[tokio::main] async fn main() {
/// let built = Server::builder("mail").build().await;
/// let Err(Error::Config(mistakes)) = built else { panic!("there is no resource, and no tool") };
/// let told = mistakes.problems().iter().any(|problem| problem.contains("add `.resource("));
/// assert!(told, "{mistakes}");
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<String>,
}

impl ConfigError {
    /// `Ok` when nothing was found.
    pub(crate) fn check(problems: Vec<String>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self { problems })
        }
    }

    pub(crate) fn new(problems: Vec<String>) -> Self {
        Self { problems }
    }

    /// One sentence per mistake.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server cannot start:")?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_main_that_returns_the_error_shows_what_a_person_can_read() {
        let problem = "add `.issuer(\"https://…\")`".to_owned();
        let error = Error::from(ConfigError::new(vec![problem]));
        let expected = "the server cannot start:\n  - add `.issuer(\"https://…\")`";
        assert_eq!(format!("{error:?}"), expected);
        let busy = std::io::Error::new(std::io::ErrorKind::AddrInUse, "in use");
        assert_eq!(format!("{:?}", Error::from(busy)), "cannot serve: in use");
    }
}
