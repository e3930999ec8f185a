//! Which users were there a moment ago, so that not every request has to ask the database.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use hashlink::LinkedHashMap;
use tokio::sync::OnceCell;

/// How long an answer is good for, from the moment at which the database was asked. Somebody who is deleted is refused
/// that much later at most; the API promises five seconds.
const GOOD_FOR: Duration = Duration::from_secs(4);

/// So many users are remembered. For one more, the one who was asked about first is forgotten.
const CAPACITY: usize = 10_000;

/// The users that the database was asked about lately.
#[derive(Debug, Default)]
pub struct Known(Mutex<Answers>);

/// By the user's id, in the order in which they were asked for.
#[derive(Debug, Default)]
struct Answers(LinkedHashMap<String, Arc<Answer>>);

/// What the database says of one user. Whoever comes while it is asked waits for the same answer.
#[derive(Debug)]
struct Answer {
    asked_at: Instant,
    is_there: OnceCell<Result<bool, Arc<sqlx::Error>>>,
}

// ANCHOR: is_there
impl Known {
    /// Whether there is a user with this id: as the database said a moment ago, or else as it says now.
    ///
    /// # Errors
    /// When the database could not tell. All who waited for it learn that, and whoever comes next asks again.
    pub async fn is_there<F>(
        &self,
        id: &str,
        ask: impl FnOnce() -> F,
    ) -> Result<bool, Arc<sqlx::Error>>
    where
        F: Future<Output = Result<bool, sqlx::Error>>,
    {
        let answer = self.answers().now(id);
        // If the request that asks is given up, one of those that wait asks in its place.
        let ask = || async { ask().await.map_err(Arc::new) };
        let is_there = answer.is_there.get_or_init(ask).await.clone();
        if is_there.is_err() {
            self.answers().forget(id, &answer);
        }
        is_there
    }
    // ANCHOR_END: is_there

    /// Nothing that is done under the lock can panic half-way.
    fn answers(&self) -> MutexGuard<'_, Answers> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Answers {
    /// The time is taken under the lock, so that times are in order, too.
    fn now(&mut self, id: &str) -> Arc<Answer> {
        self.at(Instant::now(), id)
    }

    /// The answer that is good at this time, or a new one that nobody has asked for yet.
    fn at(&mut self, now: Instant, id: &str) -> Arc<Answer> {
        let is_over = |answer: &Answer| now.duration_since(answer.asked_at) >= GOOD_FOR;
        while self.0.front().is_some_and(|(_, first)| is_over(first)) {
            self.0.pop_front();
        }
        if let Some(answer) = self.0.get(id) {
            return Arc::clone(answer);
        }
        if self.0.len() == CAPACITY {
            self.0.pop_front();
        }
        let answer = Arc::new(Answer {
            asked_at: now,
            is_there: OnceCell::new(),
        });
        self.0.insert(id.to_owned(), Arc::clone(&answer));
        answer
    }

    /// Forgets this answer, but not one that has taken its place.
    fn forget(&mut self, id: &str, answer: &Arc<Answer>) {
        if self
            .0
            .get(id)
            .is_some_and(|known| Arc::ptr_eq(known, answer))
        {
            self.0.remove(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        future::{pending, ready},
    };

    use tokio::time::{sleep, timeout};

    use super::*;

    #[test]
    fn an_answer_is_good_for_four_seconds_from_the_question() {
        let mut answers = Answers::default();
        let start = Instant::now();
        let asked = answers.at(start, "a");
        // That somebody asks for it again makes it no younger.
        for millis in [0, 2_000, 3_999] {
            let again = answers.at(start + Duration::from_millis(millis), "a");
            assert!(Arc::ptr_eq(&asked, &again), "after {millis} ms");
        }
        let anew = answers.at(start + Duration::from_secs(4), "a");
        assert!(!Arc::ptr_eq(&asked, &anew));
        assert_eq!(answers.0.len(), 1);
    }

    #[test]
    fn of_a_hundred_thousand_users_the_last_ten_thousand_are_remembered() {
        let mut answers = Answers::default();
        let now = Instant::now();
        let asked: Vec<_> = (0..100_000)
            .map(|user| {
                let answer = answers.at(now, &user.to_string());
                assert!(answers.0.len() <= 10_000);
                answer
            })
            .collect();
        let is_remembered = |user: usize| {
            answers
                .0
                .get(&user.to_string())
                .is_some_and(|known| Arc::ptr_eq(known, &asked[user]))
        };
        let remembered = (0..100_000).filter(|user| is_remembered(*user));
        assert!(remembered.eq(90_000..100_000));
    }

    #[tokio::test]
    async fn requests_at_the_same_moment_share_a_question() {
        let (known, asked) = (Known::default(), Cell::new(0));
        let request = || {
            known.is_there("a", async || {
                asked.set(asked.get() + 1);
                sleep(Duration::from_millis(1)).await;
                Ok(true)
            })
        };
        let answers = tokio::join!(request(), request(), request());
        assert!(matches!(answers, (Ok(true), Ok(true), Ok(true))));
        assert!(matches!(request().await, Ok(true)));
        assert_eq!(asked.get(), 1);
    }

    #[tokio::test]
    async fn a_failure_is_told_to_who_waits_and_is_not_remembered() {
        let (known, asked) = (Known::default(), Cell::new(0));
        let request = || {
            known.is_there("a", async || {
                asked.set(asked.get() + 1);
                sleep(Duration::from_millis(1)).await;
                Err(sqlx::Error::PoolTimedOut)
            })
        };
        let answers = tokio::join!(request(), request());
        assert!(matches!(answers, (Err(_), Err(_))));
        assert_eq!(asked.get(), 1);
        let next = known.is_there("a", || ready(Ok(false))).await;
        assert!(matches!(next, Ok(false)));
    }

    #[tokio::test]
    async fn who_waits_for_a_request_that_is_given_up_asks_in_its_place() {
        let known = Known::default();
        let given_up = timeout(Duration::from_millis(1), known.is_there("a", pending));
        let waiting = known.is_there("a", || ready(Ok(true)));
        let waiting = timeout(Duration::from_secs(60), waiting);
        let (given_up, waiting) = tokio::join!(given_up, waiting);
        assert!(given_up.is_err());
        assert!(matches!(waiting, Ok(Ok(true))));
    }
}
