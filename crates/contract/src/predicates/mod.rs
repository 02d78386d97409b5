//! The predicates, by what they are about.

mod bounds;
mod bytes;
mod durability;
mod health;
mod liveness;
mod order;
mod passes;
mod places;

use crate::predicate::Predicate;

/// Every predicate, in the contract's order.
pub fn all() -> Vec<&'static Predicate> {
    let mut all: Vec<&'static Predicate> = [
        places::ALL,
        bytes::ALL,
        passes::ALL,
        durability::ALL,
        order::ALL,
        bounds::ALL,
        health::ALL,
        liveness::ALL,
    ]
    .concat();
    let number = |id: &str| id[1..].parse::<u32>().unwrap_or(u32::MAX);
    // Safety before liveness, then by number.
    all.sort_by_key(|predicate| (predicate.id.starts_with('L'), number(predicate.id)));
    all
}
