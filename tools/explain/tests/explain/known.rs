//! Code of which it is known what the compiler makes of it. `//=` says what must be reported for the line.

use std::hint::black_box;

pub fn escaping_box(value: u64) -> Box<u64> {
    Box::new(value) //= heap: Box::new, survives
}

pub fn local_box(value: u64) -> u64 {
    let boxed = Box::new(value); //= heap: Box::new, elided
    *boxed + 1
}

pub fn erased(value: u64) -> Box<dyn Fn() -> u64> {
    Box::new(move || value) //= heap: Box::new, survives
}

pub fn local_list(value: u64) -> u64 {
    let list = vec![value, 2]; //= heap: vec! (Box::new_uninit), elided
    list[0]
}

pub fn formatted(value: u64) -> String {
    format!("value {value}") //= heap: format!, survives
}

pub fn collected(numbers: &[u64]) -> Vec<u64> {
    numbers.iter().map(|number| number * 2).collect() //= heap: <Map as Iterator>::collect, survives
}

pub fn reserved() -> Vec<u8> {
    Vec::with_capacity(100) //= heap: Vec::with_capacity, survives
}

pub fn owned(text: &str) -> String {
    text.to_string() //= heap: <str as ToString>::to_string, survives
}

pub fn nothing(numbers: &[u64]) -> u64 {
    numbers.iter().sum()
}

#[derive(Clone)]
pub struct Owner { //= type: Owner, 48 bytes
    pub name: String,
    pub tags: Vec<u32>,
}

pub fn cloned(owner: &Owner) -> Owner {
    owner.clone() //= heap: <Owner as Clone>::clone, survives
}

#[inline(never)]
fn never_inlined(value: u64) -> u64 {
    value.rotate_left(3) ^ 5
}

fn inlined(value: u64) -> u64 {
    value.wrapping_mul(3)
}

pub fn calls(value: u64) -> u64 {
    let first = never_inlined(value); //= call: known::never_inlined not inlined into known::calls
    let second = inlined(value); //= call: known::inlined inlined into known::calls
    first + second
}

pub struct Wide { //= type: Wide, 264 bytes, of which field numbers 256
    pub name: u8,
    pub numbers: [u64; 32],
}

pub fn wide(numbers: [u64; 32]) -> Wide {
    Wide { name: 1, numbers }
}

async fn pause() { //= future: async fn pause, 2 bytes
    std::future::ready(()).await;
}

pub async fn large(first: u8) -> u8 { //= future: async fn large, 20005 bytes, of which local buffer 20000
    let buffer = black_box([first; 20_000]);
    pause().await;
    buffer[usize::from(first)]
}

pub fn futures() -> usize {
    let large = large(1);
    size_of_val(&large)
}

/// Generic code has no machine code before it is used with a type.
pub fn unused<T>(value: T) -> Box<T> {
    Box::new(value)
}
