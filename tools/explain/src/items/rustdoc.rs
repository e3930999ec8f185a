//! The fields of rustdoc's JSON that are read.

use std::collections::HashMap;
use std::path::PathBuf;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

#[derive(Deserialize)]
pub struct Crate {
    pub index: HashMap<String, Item>,
    pub paths: HashMap<String, Summary>,
    pub external_crates: HashMap<String, External>,
}

#[derive(Deserialize)]
pub struct Item {
    pub crate_id: u32,
    pub name: Option<String>,
    pub span: Option<Span>,
    pub inner: Inner,
}

#[derive(Deserialize)]
pub struct Span {
    pub filename: PathBuf,
    pub begin: (u32, u32),
}

#[derive(Deserialize)]
pub struct Inner {
    pub function: Option<IgnoredAny>,
    pub r#impl: Option<Impl>,
    pub r#trait: Option<Trait>,
    pub extern_crate: Option<ExternCrate>,
}

#[derive(Deserialize)]
pub struct ExternCrate {
    pub rename: Option<String>,
}

#[derive(Deserialize)]
pub struct Impl {
    pub items: Vec<Value>,
    pub r#trait: Option<Value>,
    pub r#for: Value,
}

#[derive(Deserialize)]
pub struct Trait {
    pub items: Vec<Value>,
}

#[derive(Deserialize)]
pub struct Summary {
    pub crate_id: u32,
    pub path: Vec<String>,
    pub kind: String,
}

#[derive(Deserialize)]
pub struct External {
    pub name: String,
}
