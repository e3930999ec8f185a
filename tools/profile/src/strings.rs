//! A profile's texts while more are added.

use std::collections::HashMap;

/// Each text once.
#[derive(Debug, Clone)]
pub struct Strings {
    table: Vec<String>,
    index: HashMap<String, i64>,
}

impl Strings {
    /// Goes on with a table of a profile.
    pub fn of(mut table: Vec<String>) -> Self {
        if table.is_empty() {
            table.push(String::new());
        }
        let index = table.iter().cloned().zip(0..).collect();
        Self { table, index }
    }

    /// The index of a text.
    pub fn add(&mut self, text: &str) -> i64 {
        if let Some(&index) = self.index.get(text) {
            return index;
        }
        let index = self.table.len() as i64;
        self.table.push(text.to_owned());
        self.index.insert(text.to_owned(), index);
        index
    }

    /// The table.
    pub fn into_table(self) -> Vec<String> {
        self.table
    }
}
