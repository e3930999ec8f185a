//! The order of the requests of a mixed load.

use crate::operation::Operation;

/// How often each call comes in one round. Listing one's bookings is left out: its answer grows with every
/// booking and would soon be all that the load measures; `load my-bookings` is for that.
const SHARES: [(Operation, u32); 6] = [
    (Operation::GetRoom, 450),
    (Operation::ListRooms, 150),
    (Operation::GetBooking, 90),
    (Operation::Book, 200),
    (Operation::DeleteBooking, 100),
    (Operation::LogIn, 10),
];

/// A shuffled round of calls that is repeated: the same seed gives the same order, on every machine, and
/// each full round has exactly the same shares.
#[derive(Debug)]
pub struct Mix {
    /// Each call with its rank among those of its own kind in the round.
    round: Vec<(Operation, u64)>,
}

impl Mix {
    pub fn new(seed: u64) -> Self {
        let mut operations: Vec<Operation> = SHARES
            .iter()
            .flat_map(|&(operation, share)| (0..share).map(move |_| operation))
            .collect();
        fastrand::Rng::with_seed(seed).shuffle(&mut operations);
        let mut counts = std::collections::BTreeMap::new();
        let round = operations
            .into_iter()
            .map(|operation| {
                let count = counts.entry(operation).or_insert(0);
                *count += 1;
                (operation, *count - 1)
            })
            .collect();
        Self { round }
    }

    /// The call at `index`, and how many of its kind come before it.
    pub fn at(&self, index: u64) -> (Operation, u64) {
        let length = self.round.len() as u64;
        let (operation, rank) = self.round[(index % length) as usize];
        let per_round: u32 = SHARES
            .iter()
            .filter(|(other, _)| *other == operation)
            .map(|(_, share)| share)
            .sum();
        (operation, index / length * u64::from(per_round) + rank)
    }

    /// How many calls of this kind are among the first `requests`.
    pub fn count(&self, wanted: Operation, requests: u64) -> u64 {
        // The next one's rank is the number of those before it.
        (requests..)
            .map(|index| self.at(index))
            .find(|(operation, _)| *operation == wanted)
            .map_or(0, |(_, rank)| rank)
    }

    /// How far the deletions can get ahead of the bookings.
    pub fn deletions_ahead(&self) -> u64 {
        let mut ahead = 0_i64;
        let mut most = 0;
        // Bookings outnumber deletions in a whole round, so the first round is the worst one.
        for (operation, _) in &self.round {
            match operation {
                Operation::DeleteBooking => ahead += 1,
                Operation::Book => ahead -= 1,
                _ => {}
            }
            most = most.max(ahead);
        }
        most.unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::{Mix, Operation, SHARES};

    #[test]
    fn every_round_has_the_documented_shares() {
        let mix = Mix::new(7);
        for (operation, share) in SHARES {
            for round in 0..3 {
                let calls = (round * 1000..(round + 1) * 1000)
                    .filter(|index| mix.at(*index).0 == operation)
                    .count();
                assert_eq!(calls, share as usize, "{operation:?}");
            }
        }
    }

    #[test]
    fn the_seed_decides_the_order() {
        let order = |seed| {
            let mix = Mix::new(seed);
            (0..1000).map(|index| mix.at(index).0).collect::<Vec<_>>()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }

    #[test]
    fn ranks_count_the_calls_before() {
        let mix = Mix::new(3);
        let mut bookings = 0;
        for index in 0..2500 {
            assert_eq!(mix.count(Operation::Book, index), bookings);
            let (operation, rank) = mix.at(index);
            if operation == Operation::Book {
                assert_eq!(rank, bookings);
                bookings += 1;
            }
        }
    }

    #[test]
    fn the_stock_covers_every_deletion() {
        for seed in 0..50 {
            let mix = Mix::new(seed);
            let mut stock = mix.deletions_ahead().cast_signed();
            for index in 0..5000 {
                match mix.at(index).0 {
                    Operation::Book => stock += 1,
                    Operation::DeleteBooking => stock -= 1,
                    _ => {}
                }
                assert!(stock >= 0, "seed {seed}, request {index}");
            }
        }
    }
}
