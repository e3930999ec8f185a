//! A program that prints stacks and what is mapped where. The tests know its lines by the comments at their ends.

use std::hint::black_box;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};

mod cart {
    pub struct Cart;

    impl Drop for Cart {
        #[inline(never)]
        fn drop(&mut self) {
            place::print_stack("drop"); // in drop
        }
    }

    #[inline(never)]
    pub async fn total() {
        place::print_stack("total"); // in total
    }

    #[inline(never)]
    pub fn pay() {
        tax(); // in pay
    }

    #[inline(always)]
    fn tax() {
        place::print_stack("pay"); // in tax
    }

    #[inline(never)]
    pub fn each(item: impl Fn(u8)) {
        item(1); // in each
        // So that the call is not the function's last act, which would leave the function before it.
        std::hint::black_box(());
    }
}

#[inline(never)]
fn run(future: Pin<&mut dyn Future<Output = ()>>) {
    let mut context = Context::from_waker(Waker::noop());
    assert!(future.poll(&mut context).is_ready()); // in run
}

fn main() {
    drop(cart::Cart);
    run(black_box(pin!(cart::total())));
    cart::pay();
    cart::each(
        #[inline(never)]
        |_| place::print_stack("each"), // in closure
    );
    println!("maps\n{}", std::fs::read_to_string("/proc/self/maps").unwrap());
}
