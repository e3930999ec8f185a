//! `query`: runs one statement and prints its rows as a table.

use std::io::{self, Write};

use anyhow::Result;
use sqlx::{AssertSqlSafe, Column, Row, TypeInfo, ValueRef, postgres::PgRow, sqlite::SqliteRow};

use crate::connect::{Database, told_once};

/// Runs one SQL statement and prints its rows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo database query 01 'select name from rooms'")]
pub struct Args {
    /// A checkpoint's number, or `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(value_name = "DATABASE")]
    url: String,

    /// The statement
    sql: String,
}

/// Prints the names of the columns, then a line for each row.
pub async fn run(args: Args) -> Result<()> {
    let mut database = Database::connect(&args.url).await?;
    let statement = sqlx::raw_sql(AssertSqlSafe(args.sql));
    let table = match &mut database {
        Database::Sqlite(connection) => {
            let rows = statement.fetch_all(connection).await;
            table(&rows.map_err(failed)?, sqlite_text)?
        }
        Database::Postgres(connection) => {
            let rows = statement.fetch_all(connection).await;
            table(&rows.map_err(failed)?, postgres_text)?
        }
    };
    Ok(print(&table)?)
}

fn failed(error: sqlx::Error) -> anyhow::Error {
    told_once(error).context("the statement failed")
}

/// The names of the columns and the rows below them. No rows, no names: then the database did not send them.
fn table<R: Row>(
    rows: &[R],
    text: impl Fn(&R, usize) -> Result<String>,
) -> Result<Vec<Vec<String>>> {
    let names = rows.first().map(|row| {
        row.columns()
            .iter()
            .map(|column| column.name().to_owned())
            .collect()
    });
    let lines = rows.iter().map(|row| {
        (0..row.columns().len())
            .map(|column| text(row, column))
            .collect()
    });
    names.map(Ok).into_iter().chain(lines).collect()
}

/// SQLite turns any value but a blob into text itself.
fn sqlite_text(row: &SqliteRow, column: usize) -> Result<String> {
    let value = row.try_get_raw(column)?;
    match value.type_info().name() {
        _ if value.is_null() => Ok("NULL".to_owned()),
        "BLOB" => Ok("(blob)".to_owned()),
        _ => Ok(row.try_get_unchecked(column)?),
    }
}

/// A statement without parameters gets its answer as text.
fn postgres_text(row: &PgRow, column: usize) -> Result<String> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok("NULL".to_owned());
    }
    value
        .as_str()
        .map(str::to_owned)
        .map_err(|error| anyhow::anyhow!("a value is not text: {error}"))
}

fn print(table: &[Vec<String>]) -> io::Result<()> {
    let columns = 0..table.first().map_or(0, Vec::len);
    let longest = |column: usize| {
        table
            .iter()
            .map(move |line| line[column].chars().count())
            .max()
    };
    let widths: Vec<usize> = columns.filter_map(longest).collect();
    let mut out = io::stdout().lock();
    for line in table {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        writeln!(out, "{}", cells.join("  ").trim_end())?;
    }
    Ok(())
}
