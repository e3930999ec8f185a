//! What stands in for the samplers in builds that have none: what the allocator, the hooks and the layer tell, nobody
//! hears.

pub(crate) fn cpu_time() -> Option<std::time::Duration> {
    None
}

pub(crate) mod heap {
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
}

#[cfg(tokio_unstable)]
pub(crate) mod tasks {
    use std::panic::Location;

    use tokio::task::Id;

    pub(crate) fn hooked() {}
    pub(crate) fn spawned(_task: Id, _place: &'static Location<'static>) {}
    pub(crate) fn poll_begins(_task: Id, _place: &'static Location<'static>) {}
    pub(crate) fn poll_ends(_task: Id, _took: Option<u64>) {}
    pub(crate) fn ended(_task: Id) {}
}

#[cfg(feature = "tracing")]
pub(crate) mod labels {
    use tracing::Metadata;
    use tracing::span::{Attributes, Id, Record};

    pub(crate) fn requests() -> impl Iterator<Item = (String, u64)> {
        std::iter::empty()
    }

    pub(crate) fn opened(_attributes: &Attributes<'_>, _span: &Id) {}
    pub(crate) fn recorded(
        _span: &Id,
        _values: &Record<'_>,
        _site: impl FnOnce() -> Option<&'static Metadata<'static>>,
    ) {
    }
    pub(crate) fn entered(_span: &Id) {}
    pub(crate) fn left(_span: &Id) {}
    pub(crate) fn closed(_span: &Id) {}
}
