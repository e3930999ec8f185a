//! The order of the requests of a mixed load.

use crate::api::Operation;

/// How often each call comes in one round. Listing one's bookings is left out: its answer grows with every
/// booking and would soon be all that the load measures; `load my-bookings` is for that.
const SHARES: [(Operation, usize); 6] = [
    (Operation::GetRoom, 450),
    (Operation::ListRooms, 150),
    (Operation::GetBooking, 90),
    (Operation::Book, 200),
    (Operation::DeleteBooking, 100),
    (Operation::LogIn, 10),
];

/// A shuffled round of calls that is repeated: the order is the same in every run and on every machine, and each full
/// round has exactly the shares.
#[derive(Debug)]
pub struct Mix {
    round: Vec<Operation>,
}

impl Mix {
    pub fn new() -> Self {
        let mut round: Vec<Operation> = SHARES
            .iter()
            .flat_map(|&(operation, share)| std::iter::repeat_n(operation, share))
            .collect();
        fastrand::Rng::with_seed(1).shuffle(&mut round);
        Self { round }
    }

    /// The call at `index`.
    pub fn at(&self, index: u64) -> Operation {
        self.round[(index % self.round.len() as u64) as usize]
    }

    /// How far the deletions can get ahead of the bookings.
    pub fn deletions_ahead(&self) -> u64 {
        let (mut ahead, mut most) = (0_i64, 0);
        // Bookings outnumber deletions in a whole round, so the first round is the worst one.
        for operation in &self.round {
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
    use super::{Mix, Operation};

    #[test]
    fn the_stock_covers_every_deletion() {
        let mix = Mix::new();
        let mut stock = mix.deletions_ahead().cast_signed();
        for index in 0..5000 {
            match mix.at(index) {
                Operation::Book => stock += 1,
                Operation::DeleteBooking => stock -= 1,
                _ => {}
            }
            assert!(stock >= 0, "request {index}");
        }
    }
}
