//! The functions that can be the `policy` of an annotated function: of the caller, or of the caller
//! and the typed arguments; `async` or not.

use std::borrow::Borrow;
use std::marker::PhantomData;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use rmcp::handler::server::wrapper::Parameters;

use super::{Outcome, PolicyError, own};
use crate::auth_info::AuthInfo;
use crate::gate::rule::{Rule, deferred_policy};
use crate::gate::variables::{FromVariable, with_policy};

/// A function that can be a policy where the arguments are of type `A`. `Form` says which of the
/// forms it has, and is always inferred.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the policy of this function",
    label = "not a policy of the caller, nor of the caller and these arguments",
    note = "write `fn(&AuthInfo) -> Result<(), PolicyError>`, or `fn(&AuthInfo, &T) -> Result<(), PolicyError>` with the `T` of the function's own `Parameters<T>` (where each argument is a parameter, and in a resource, with a reference to each argument or variable, in order, at most six); each may be `async`; see https://docs.rs/mcp-authz/latest/mcp_authz/attr.tool.html#what-else-is-asked"
)]
pub trait PolicyOver<A, Form>: Copy + Send + Sync + 'static {
    /// The rule with this policy: one over arguments is left for the call.
    fn declare(self, rule: Rule) -> Rule;

    /// Asks about a call.
    fn ask<'a>(self, auth: &'a AuthInfo, arguments: &'a A) -> BoxFuture<'a, Outcome>;

    /// This policy, whatever its form: that is looked for, and told of, in one place.
    fn known(self) -> Known<Self, A> {
        Known {
            policy: self,
            declare: Self::declare,
            ask: Self::ask,
        }
    }
}

/// A policy where the arguments are of type `A`.
pub trait KnownPolicy<A>: Send + Sized {
    /// As [`PolicyOver::declare`].
    fn declare(self, rule: Rule) -> Rule;

    /// As [`PolicyOver::ask`].
    fn ask<'a>(self, auth: &'a AuthInfo, arguments: &'a A) -> BoxFuture<'a, Outcome>;
}

/// A policy, and what its form makes of it.
pub struct Known<F, A> {
    policy: F,
    declare: fn(F, Rule) -> Rule,
    ask: for<'a> fn(F, &'a AuthInfo, &'a A) -> BoxFuture<'a, Outcome>,
}

/// Of all of them: a bound here would be told of as well.
impl<F: Send, A> KnownPolicy<A> for Known<F, A> {
    fn declare(self, rule: Rule) -> Rule {
        (self.declare)(self.policy, rule)
    }

    fn ask<'a>(self, auth: &'a AuthInfo, arguments: &'a A) -> BoxFuture<'a, Outcome> {
        (self.ask)(self.policy, auth, arguments)
    }
}

/// The form without arguments.
pub struct OverCaller<W>(W);

/// The form with arguments.
pub struct OverArguments<W>(W);

impl<F, A, W> PolicyOver<A, OverCaller<W>> for F
where
    F: for<'a> OfCaller<'a, W> + Copy + Send + Sync + 'static,
{
    fn declare(self, rule: Rule) -> Rule {
        match own::is_first_party::<F>() {
            true => rule.first_party(),
            false => rule.policy(move |auth| async move { self.answer(&auth).await }),
        }
    }

    fn ask<'a>(self, auth: &'a AuthInfo, _: &'a A) -> BoxFuture<'a, Outcome> {
        self.answer(auth)
    }
}

impl<F, A, W> PolicyOver<A, OverArguments<W>> for F
where
    A: Arguments,
    F: for<'a> OfArguments<'a, A, W> + Copy + Send + Sync + 'static,
{
    fn declare(self, rule: Rule) -> Rule {
        A::leave(rule, self)
    }

    fn ask<'a>(self, auth: &'a AuthInfo, arguments: &'a A) -> BoxFuture<'a, Outcome> {
        self.answer(auth, arguments)
    }
}

/// What a policy can be over, besides the caller.
pub trait Arguments: Sized {
    /// The rule with a policy over them: for whoever will know them.
    fn leave<F, W>(rule: Rule, policy: F) -> Rule
    where
        F: for<'a> OfArguments<'a, Self, W> + Copy + Send + Sync + 'static;
}

/// Known to the call alone.
impl<T> Arguments for Parameters<T> {
    fn leave<F, W>(rule: Rule, _: F) -> Rule
    where
        F: for<'a> OfArguments<'a, Self, W> + Copy + Send + Sync + 'static,
    {
        deferred_policy(rule)
    }
}

/// Arguments that are parameters of the function, each in its own right, as a tuple.
pub struct Taken<T>(pub T);

impl<T> Arguments for Taken<T> {
    fn leave<F, W>(rule: Rule, _: F) -> Rule
    where
        F: for<'a> OfArguments<'a, Self, W> + Copy + Send + Sync + 'static,
    {
        deferred_policy(rule)
    }
}

/// Like the variables of a resource: a reference to each.
impl<'a, F, T, W> OfArguments<'a, Taken<T>, W> for F
where
    F: OfArguments<'a, T, W>,
    T: 'a,
{
    fn answer(&self, auth: &'a AuthInfo, arguments: &'a Taken<T>) -> BoxFuture<'a, Outcome> {
        F::answer(self, auth, &arguments.0)
    }
}

/// A policy of a caller.
pub trait OfCaller<'a, W> {
    fn answer(&self, auth: &'a AuthInfo) -> BoxFuture<'a, Outcome>;
}

impl<'a, F, R, W> OfCaller<'a, W> for F
where
    F: Fn(&'a AuthInfo) -> R,
    R: Answer<'a, W>,
{
    fn answer(&self, auth: &'a AuthInfo) -> BoxFuture<'a, Outcome> {
        self(auth).when_there()
    }
}

/// A policy of a caller and arguments.
pub trait OfArguments<'a, A, W> {
    fn answer(&self, auth: &'a AuthInfo, arguments: &'a A) -> BoxFuture<'a, Outcome>;
}

impl<'a, F, T, R, W> OfArguments<'a, Parameters<T>, W> for F
where
    F: Fn(&'a AuthInfo, &'a T) -> R,
    T: 'a,
    R: Answer<'a, W>,
{
    fn answer(&self, auth: &'a AuthInfo, arguments: &'a Parameters<T>) -> BoxFuture<'a, Outcome> {
        self(auth, &arguments.0).when_there()
    }
}

/// Known to the gate. A policy may take a variable in the form that it lends: a `&str` of a `String`.
macro_rules! variables {
    ($($variable:ident as $lent:ident),+) => {
        impl<$($variable: FromVariable + Send + Sync + 'static),+> Arguments for ($($variable,)+) {
            fn leave<Policy, W>(rule: Rule, policy: Policy) -> Rule
            where
                Policy: for<'a> OfArguments<'a, Self, W> + Copy + Send + Sync + 'static,
            {
                with_policy(rule, policy)
            }
        }

        impl<'a, Policy, $($variable, $lent,)+ R, W>
            OfArguments<'a, ($($variable,)+), (W, $(PhantomData<$lent>),+)> for Policy
        where
            $($variable: Borrow<$lent> + 'a, $lent: ?Sized + 'a,)+
            Policy: Fn(&'a AuthInfo, $(&'a $lent),+) -> R,
            R: Answer<'a, W>,
        {
            #[expect(non_snake_case, reason = "a variable is named after its type")]
            fn answer(
                &self,
                auth: &'a AuthInfo,
                ($($variable,)+): &'a ($($variable,)+),
            ) -> BoxFuture<'a, Outcome> {
                self(auth, $($variable.borrow()),+).when_there()
            }
        }
    };
}

variables!(A as LentA);
variables!(A as LentA, B as LentB);
variables!(A as LentA, B as LentB, C as LentC);
variables!(A as LentA, B as LentB, C as LentC, D as LentD);
variables!(A as LentA, B as LentB, C as LentC, D as LentD, E as LentE);
variables!(
    A as LentA, B as LentB, C as LentC, D as LentD, E as LentE, F as LentF
);

/// What a policy returns: the outcome, [`Now`] or [`Later`].
pub trait Answer<'a, W> {
    fn when_there(self) -> BoxFuture<'a, Outcome>;
}

/// Of a function.
pub struct Now;

/// Of an `async` function.
pub struct Later;

impl<'a> Answer<'a, Now> for Result<(), PolicyError> {
    fn when_there(self) -> BoxFuture<'a, Outcome> {
        ready(self).boxed()
    }
}

impl<'a, F: Future<Output = Outcome> + Send + 'a> Answer<'a, Later> for F {
    fn when_there(self) -> BoxFuture<'a, Outcome> {
        self.boxed()
    }
}
