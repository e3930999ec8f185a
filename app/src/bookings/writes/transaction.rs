//! A transaction that ends, whatever happens.

use sqlx::{Pool, pool::PoolConnection};

use super::statements::Statements;

/// An open transaction. Unless it is committed its connection is closed, which ends it in any case.
///
/// sqlx's own is rolled back instead. But when there is no room for a commit, SQLite has rolled back by itself: sqlx's attempt
/// fails then, and it takes the transaction for open ever after, and refuses the next one.
#[derive(Debug)]
pub struct Transaction<D: Statements> {
    connection: PoolConnection<D>,
    is_committed: bool,
}

impl<D: Statements> Transaction<D> {
    pub async fn begin(pool: &Pool<D>) -> sqlx::Result<Self> {
        let mut transaction = Self {
            connection: pool.acquire().await?,
            is_committed: false,
        };
        D::execute(&mut transaction.connection, D::BEGIN).await?;
        Ok(transaction)
    }

    pub fn connection(&mut self) -> &mut D::Connection {
        &mut self.connection
    }

    pub async fn commit(mut self) -> sqlx::Result<()> {
        D::execute(&mut self.connection, "commit").await?;
        self.is_committed = true;
        Ok(())
    }
}

// ANCHOR: end
impl<D: Statements> Drop for Transaction<D> {
    fn drop(&mut self) {
        if !self.is_committed {
            self.connection.close_on_drop();
        }
    }
}
// ANCHOR_END: end
