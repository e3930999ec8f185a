pub struct Wide {
    pub numbers: [u64; 32],
}

pub fn boxed(wide: Wide) -> Box<Wide> {
    Box::new(wide)
}

pub fn read() -> std::io::Result<Vec<u8>> {
    std::fs::read("file")
}

pub fn local(value: u64) -> u64 {
    *Box::new(value)
}

#[inline(never)]
fn far(value: u64) -> u64 {
    value.rotate_left(3) ^ 5
}

pub fn calls(value: u64) -> u64 {
    far(value)
}

pub async fn later(numbers: [u8; 2000]) -> u8 {
    std::future::ready(()).await;
    numbers[1]
}

pub fn size() -> usize {
    std::mem::size_of_val(&later([0; 2000]))
}

pub fn text(error: &std::num::ParseIntError) -> String {
    error.to_string()
}
