//! Several operations whose messages come the same way: each message goes to the first whose schemas it fits.
//!
//! In: two dispatches. Out: one. What always holds: what neither can decode is undecodable for the reasons of both.

use super::{Consumer, Dispatch, Failure, Received};

/// Two dispatches as one; [`Consumer::or`] makes it.
#[derive(Debug)]
pub struct Either<A, B> {
    first: A,
    second: B,
}

impl<A: Dispatch, B: Dispatch> Dispatch for Either<A, B> {
    async fn dispatch(&self, received: &Received) -> Result<(), Failure> {
        let first = match self.first.dispatch(received).await {
            Err(Failure::Undecodable(fault)) => fault,
            done => return done,
        };
        match self.second.dispatch(received).await {
            Err(Failure::Undecodable(second)) => Err(first.and(second).into()),
            done => done,
        }
    }
}

impl<A: Dispatch> Consumer<A> {
    /// Hands what this consumer cannot decode to `other`, an operation whose messages come the same way: several messages on
    /// one connection, told apart by their schemas. Group, settings and dead letters are this consumer's.
    pub fn or<B: Dispatch>(self, other: Consumer<B>) -> Consumer<Either<A, B>> {
        Consumer {
            operation: self.operation,
            dispatch: Either { first: self.dispatch, second: other.dispatch },
            group: self.group,
            policy: self.policy,
        }
    }
}
