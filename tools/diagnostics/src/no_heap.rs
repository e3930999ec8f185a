//! What stands in for the heap sampler in builds that have none.

use std::convert::Infallible;

pub(crate) fn start(_interval: Option<u64>) {}

pub(crate) fn left_out<T>(work: impl FnOnce() -> T) -> T {
    work()
}

#[inline]
pub(crate) fn allocated(_block: *mut u8, _bytes: usize) {}

#[inline]
pub(crate) fn released(_block: *mut u8) {}

#[inline]
pub(crate) fn take_out(_block: *mut u8) -> Option<Infallible> {
    None
}

#[inline]
pub(crate) fn moved(_taken: Option<Infallible>) {}

#[inline]
pub(crate) fn put_back(_taken: Option<Infallible>, _block: *mut u8) {}
