//! Bookings and cancellations that arrive together, committed together.

mod statements;
mod transaction;

use std::{
    collections::{HashMap, HashSet},
    mem,
};

use serde::Serialize;
use sqlx::Pool;
use time::OffsetDateTime;

use crate::{
    batches::{Batches, Work},
    db::{Db, in_span},
    error::Error,
    values::Day,
};
use statements::{Missing, Statements};
use transaction::Transaction;

/// What a user wants to have written.
#[derive(Debug)]
pub enum Write {
    Insert(Insert),
    Delete(Delete),
}

impl Write {
    /// Whether one statement can do both.
    fn is_like(&self, other: &Self) -> bool {
        mem::discriminant(self) == mem::discriminant(other)
    }
}

/// A booking as the database is given it.
#[derive(Debug, Serialize)]
pub struct Insert {
    pub id: String,
    pub user_id: String,
    pub room_id: String,
    pub booked_on: Day,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

#[derive(Debug, Serialize)]
pub struct Delete {
    pub id: String,
    pub user_id: String,
}

/// Where all bookings and cancellations go.
pub type Writes = Batches<Write, Answer>;

type Answer = Result<(), Error>;

/// How often a batch that others have spoiled is tried again. They go on meanwhile, so the second time mostly does.
const RETRIES: usize = 10;

/// Starts the one task that writes bookings.
///
/// # Panics
/// Outside of a tokio runtime.
pub fn start(db: Db) -> Writes {
    match db {
        Db::Sqlite { writer, .. } => Batches::start(Writer { pool: writer }),
        Db::Postgres(pool) => Batches::start(Writer { pool }),
    }
}

struct Writer<D: Statements> {
    pool: Pool<D>,
}

/// A batch before its commit.
enum Batch<D: Statements> {
    /// All want the same, which takes one statement. That is a transaction by itself, and saves two more.
    Alike(Vec<Write>),
    Mixed {
        transaction: Transaction<D>,
        answers: Vec<Answer>,
    },
}

impl<D: Statements> Work for Writer<D> {
    type Item = Write;
    type Answer = Answer;
    type Open = Batch<D>;

    async fn write(&self, writes: Vec<Write>) -> sqlx::Result<Batch<D>> {
        if writes.iter().all(|write| write.is_like(&writes[0])) {
            return Ok(Batch::Alike(writes));
        }
        let mut retries = 0..RETRIES;
        loop {
            match self.within_a_transaction(&writes).await {
                Err(error) if is_due_to_others(&error) && retries.next().is_some() => {}
                done => {
                    let (transaction, answers) = done?;
                    return Ok(Batch::Mixed {
                        transaction,
                        answers,
                    });
                }
            }
        }
    }

    async fn commit(&self, batch: Batch<D>) -> sqlx::Result<Vec<Answer>> {
        in_span!("commit"; match batch {
            Batch::Alike(writes) => self.in_one_statement(&writes).await,
            Batch::Mixed {
                transaction,
                answers,
            } => {
                transaction.commit().await?;
                Ok(answers)
            }
        })
    }
}

impl<D: Statements> Writer<D> {
    async fn within_a_transaction(
        &self,
        writes: &[Write],
    ) -> sqlx::Result<(Transaction<D>, Vec<Answer>)> {
        let mut transaction = Transaction::begin(&self.pool).await?;
        let answers = all::<D>(transaction.connection(), writes).await?;
        Ok((transaction, answers))
    }

    async fn in_one_statement(&self, writes: &[Write]) -> sqlx::Result<Vec<Answer>> {
        let mut retries = 0..RETRIES;
        loop {
            let mut connection = self.pool.acquire().await?;
            match all::<D>(&mut connection, writes).await {
                Err(error) if is_due_to_others(&error) && retries.next().is_some() => {}
                done => return done,
            }
        }
    }
}

/// Whether the same batch may well succeed when it is tried again: another process's batch had locked the same rows in
/// another order, or a user was deleted while his booking was inserted.
fn is_due_to_others(error: &sqlx::Error) -> bool {
    const DEADLOCK_DETECTED: &str = "40P01";
    error.as_database_error().is_some_and(|error| {
        error.is_foreign_key_violation() || error.code().as_deref() == Some(DEADLOCK_DETECTED)
    })
}

/// One statement for each run of writes of one kind, so that their order holds; the answers in the same order.
async fn all<D: Statements>(
    connection: &mut D::Connection,
    writes: &[Write],
) -> sqlx::Result<Vec<Answer>> {
    let mut answers = Vec::with_capacity(writes.len());
    for run in writes.chunk_by(Write::is_like) {
        if matches!(run, [Write::Insert(_), ..]) {
            let inserts = run.iter().filter_map(|write| match write {
                Write::Insert(insert) => Some(insert),
                Write::Delete(_) => None,
            });
            answers.extend(insert::<D>(connection, inserts.collect()).await?);
        } else {
            let deletes = run.iter().filter_map(|write| match write {
                Write::Delete(delete) => Some(delete),
                Write::Insert(_) => None,
            });
            answers.extend(delete::<D>(connection, deletes.collect()).await?);
        }
    }
    Ok(answers)
}

async fn insert<D: Statements>(
    connection: &mut D::Connection,
    inserts: Vec<&Insert>,
) -> sqlx::Result<Vec<Answer>> {
    // Two processes that lock the same rows do so in the same order. Of those who want the same, the first one gets it.
    let mut rows = inserts.clone();
    rows.sort_by_key(|row| (&row.room_id, row.booked_on.0));
    let inserted = in_span!("insert_bookings"; D::insert(connection, &rows).await)?;
    let mut missing = HashMap::new();
    if inserted < rows.len() as u64 {
        let rows = in_span!("missing_bookings"; D::missing(connection, &rows).await)?;
        for row in rows {
            let why = why(&row);
            missing.insert(row.id, why);
        }
    }
    let answer = |insert: &&Insert| missing.remove(&insert.id).map_or(Ok(()), Err);
    Ok(inserts.iter().map(answer).collect())
}

/// As the schema's constraints come one after the other.
fn why(missing: &Missing) -> Error {
    if !missing.has_room {
        Error::room_not_found()
    } else if missing.has_user || missing.is_taken {
        // Whoever took it may have cancelled in between.
        Error::room_taken()
    } else {
        // The user was deleted after the token was checked.
        Error::invalid_token()
    }
}

async fn delete<D: Statements>(
    connection: &mut D::Connection,
    deletes: Vec<&Delete>,
) -> sqlx::Result<Vec<Answer>> {
    let deleted = in_span!("delete_bookings"; D::delete(connection, &deletes).await)?;
    let mut deleted: HashSet<_> = deleted.into_iter().collect();
    // Of those who cancel the same booking, the first one has done it.
    let answers = deletes.iter().map(|Delete { id, user_id }| {
        match deleted.remove(&(id.clone(), user_id.clone())) {
            true => Ok(()),
            false => Err(Error::booking_not_found()),
        }
    });
    Ok(answers.collect())
}

#[cfg(test)]
mod tests;
