//! An agent that was told no.

use std::error::Error as StdError;
use std::fmt;
use std::process::ExitCode;

use crate::Result;

/// Somebody decided that the agent goes no further: no failure, and nothing to try again.
#[derive(Debug)]
pub struct Stop(String);

impl Stop {
    /// Ends here.
    ///
    /// # Errors
    ///
    /// Always this.
    pub fn because<T>(reason: impl Into<String>) -> Result<T> {
        Err(Self(reason.into()).into())
    }

    /// Says how an agent ended, and what the operating system is told.
    pub fn exit_code(ended: Result<()>) -> ExitCode {
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.is::<Self>() => {
                println!("  <- {error}: SmartMail AI stops");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("{error}");
                let mut cause = error.source();
                while let Some(error) = cause {
                    eprintln!("  because {error}");
                    cause = error.source();
                }
                ExitCode::FAILURE
            }
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Stop {}
