//! Calls of std's functions. `//+` says that the line allocates, and the others do not.

use std::borrow::Cow;
use std::collections::*;
use std::ffi::*;
use std::fmt::{self, Display, Write as _};
use std::fs::{self, *};
use std::io::{self, *};
use std::net::*;
use std::path::*;
use std::process::*;
use std::rc::Rc;
use std::sync::*;
use std::time::*;
use std::{env, thread};

pub struct Own(u8);
impl Display for Own { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "own {}", self.0) } }
pub struct Wide([u8; 30]);
impl Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.0); //+
        f.write_str(&text)?;
        f.write_char('!')
    }
}

pub fn read(path: &str) -> io::Result<Vec<u8>> { fs::read(path) } //+
pub fn read_to_string(path: &str) -> io::Result<String> { fs::read_to_string(path) } //+
pub fn read_dir(path: &str) -> io::Result<ReadDir> { fs::read_dir(path) } //+
pub fn next_entry(dir: &mut ReadDir) -> Option<io::Result<DirEntry>> { dir.next() } //+
pub fn entry_path(entry: &DirEntry) -> PathBuf { entry.path() } //+
pub fn entry_name(entry: &DirEntry) -> OsString { entry.file_name() } //+
pub fn canonicalize(path: &str) -> io::Result<PathBuf> { fs::canonicalize(path) } //+
pub fn read_link(path: &str) -> io::Result<PathBuf> { fs::read_link(path) } //+
pub fn remove_all(path: &str) -> io::Result<()> { fs::remove_dir_all(path) } //+
pub fn file_to_end(file: &mut File, into: &mut Vec<u8>) -> io::Result<usize> { file.read_to_end(into) } //+
pub fn file_to_string(mut file: &File, into: &mut String) -> io::Result<usize> { file.read_to_string(into) } //+
pub fn push_path(path: &mut PathBuf) { path.push("a") } //+
pub fn join(path: &Path) -> PathBuf { path.join("a") } //+
pub fn with_extension(path: &Path) -> PathBuf { path.with_extension("a") } //+
pub fn with_file_name(path: &Path) -> PathBuf { path.with_file_name("a") } //+
pub fn set_extension(path: &mut PathBuf) -> bool { path.set_extension("a") } //+
pub fn set_file_name(path: &mut PathBuf) { path.set_file_name("a") } //+
pub fn to_path_buf(path: &Path) -> PathBuf { path.to_path_buf() } //+
pub fn path_from(text: &str) -> PathBuf { PathBuf::from(text) } //+
pub fn path_collect(path: &Path) -> PathBuf { path.components().rev().collect() } //+
pub fn args() -> env::Args { env::args() } //+
pub fn args_os() -> env::ArgsOs { env::args_os() } //+
pub fn vars() -> env::Vars { env::vars() } //+
pub fn vars_os() -> env::VarsOs { env::vars_os() } //+
pub fn var() -> Option<String> { env::var("A").ok() } //+
pub fn var_os() -> Option<OsString> { env::var_os("A") } //+
pub fn current_dir() -> io::Result<PathBuf> { env::current_dir() } //+
pub fn current_exe() -> io::Result<PathBuf> { env::current_exe() } //+
pub fn temp_dir() -> PathBuf { env::temp_dir() } //+
pub fn home_dir() -> Option<PathBuf> { env::home_dir() } //+
pub fn command() -> Command { Command::new("a") } //+
pub fn arg(command: &mut Command) { command.arg("a"); } //+
pub fn env(command: &mut Command) { command.env("A", "b"); } //+
pub fn in_dir(command: &mut Command) { command.current_dir("a"); } //+
pub fn spawn(command: &mut Command) -> io::Result<Child> { command.spawn() } //+
pub fn output(command: &mut Command) -> io::Result<Output> { command.output() } //+
pub fn status(command: &mut Command) -> io::Result<ExitStatus> { command.status() } //+
pub fn wait_output(child: Child) -> io::Result<Output> { child.wait_with_output() } //+
pub fn read_line(into: &mut String) -> io::Result<usize> { io::stdin().read_line(into) } //+
pub fn stdin_to_end(into: &mut Vec<u8>) -> io::Result<usize> { io::stdin().read_to_end(into) } //+
pub fn stdin_to_string(into: &mut String) -> io::Result<usize> { io::stdin().lock().read_to_string(into) } //+
pub fn lookup(host: &str) -> io::Result<std::vec::IntoIter<SocketAddr>> { host.to_socket_addrs() } //+
pub fn thread_spawn() -> thread::JoinHandle<()> { thread::spawn(|| {}) } //+
pub fn named() -> io::Result<thread::JoinHandle<()>> { thread::Builder::new().name("a".into()).spawn(|| {}) } //+
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> { String::from_utf8_lossy(bytes) } //+
pub fn os_lossy(text: &OsStr) -> Cow<'_, str> { text.to_string_lossy() } //+
pub fn os_owned(text: &OsStr) -> OsString { text.to_os_string() } //+
pub fn os_push(text: &mut OsString) { text.push("a") } //+
pub fn c_string(bytes: Vec<u8>) -> Option<CString> { CString::new(bytes).ok() } //+
pub fn c_owned(text: &CStr) -> CString { text.to_owned() } //+
pub fn c_lossy(text: &CStr) -> Cow<'_, str> { text.to_string_lossy() } //+
pub fn utf16(units: &[u16]) -> Option<String> { String::from_utf16(units).ok() } //+
pub fn utf16_lossy(units: &[u16]) -> String { String::from_utf16_lossy(units) } //+
pub fn lower(text: &str) -> String { text.to_lowercase() } //+
pub fn upper(text: &str) -> String { text.to_uppercase() } //+
pub fn replace(text: &str) -> String { text.replace("a", "b") } //+
pub fn repeat(text: &str) -> String { text.repeat(3) } //+
pub fn concat(texts: &[&str]) -> String { texts.concat() } //+
pub fn joined(texts: &[&str]) -> String { texts.join(",") } //+
pub fn format(value: u8) -> String { format!("{value:?}") } //+
pub fn to_string(value: u64) -> String { value.to_string() } //+
pub fn error_to_string(error: &io::Error) -> String { error.to_string() } //+
pub fn own_to_string(own: &Own) -> String { own.to_string() } //+
pub fn wide_to_string(wide: &Wide) -> String { wide.to_string() } //+
pub fn number_error(error: &std::num::ParseIntError) -> String { error.to_string() } //+
pub fn dyn_error(error: &dyn std::error::Error) -> String { error.to_string() } //+
pub fn write_text(text: &mut String) -> fmt::Result { write!(text, "{}", 1) } //+
pub fn clone(text: &String) -> String { text.clone() } //+
pub fn push(text: &mut String) { text.push('a') } //+
pub fn push_str(text: &mut String) { text.push_str("abc") } //+
pub fn insert_str(text: &mut String) { text.insert_str(0, "abc") } //+
pub fn extend(bytes: &mut Vec<u8>) { bytes.extend_from_slice(b"abc") } //+
pub fn write(bytes: &mut Vec<u8>) -> io::Result<()> { write!(bytes, "{}", 1) } //+
pub fn boxed_str(text: &str) -> Box<str> { text.into() } //+
pub fn counted(text: &str) -> Rc<str> { text.into() } //+
pub fn shared(text: &str) -> Arc<str> { text.into() } //+
pub fn boxed_path(path: &Path) -> Box<Path> { path.into() } //+
pub fn boxed_error(text: &str) -> Box<dyn std::error::Error> { text.into() } //+
pub fn io_error() -> io::Error { io::Error::other("a") } //+
pub fn insert(map: &mut BTreeMap<u8, u8>) { map.insert(1, 2); } //+
pub fn hashed(map: &mut HashMap<u8, u8>) { map.insert(1, 2); } //+
pub fn heap(heap: &mut BinaryHeap<u8>) { heap.push(1) } //+
pub fn queue(queue: &mut VecDeque<u8>) { queue.push_back(1) } //+
pub fn buffered(file: File) -> BufReader<File> { BufReader::new(file) } //+
pub fn channel() -> (mpsc::Sender<u8>, mpsc::Receiver<u8>) { mpsc::channel() } //+
pub fn sorted(texts: &mut [String]) { texts.sort() } //+

pub fn open(path: &str) -> io::Result<File> { File::open(path) }
pub fn create(path: &str) -> io::Result<File> { File::create(path) }
pub fn metadata(path: &str) -> io::Result<Metadata> { fs::metadata(path) }
pub fn exists(path: &Path) -> bool { path.exists() }
pub fn write_file(path: &str) -> io::Result<()> { fs::write(path, "a") }
pub fn remove(path: &str) -> io::Result<()> { fs::remove_file(path) }
pub fn rename(path: &str) -> io::Result<()> { fs::rename(path, "a") }
pub fn read_some(file: &mut File, into: &mut [u8]) -> io::Result<usize> { file.read(into) }
pub fn set_len(file: &File) -> io::Result<()> { file.set_len(1) }
pub fn file_name(path: &Path) -> Option<&OsStr> { path.file_name() }
pub fn strip(path: &Path) -> Option<&Path> { path.strip_prefix("a").ok() }
pub fn components(path: &Path) -> usize { path.components().count() }
pub fn pop(path: &mut PathBuf) -> bool { path.pop() }
pub fn now() -> Instant { Instant::now() }
pub fn elapsed(since: SystemTime) -> Option<Duration> { since.elapsed().ok() }
pub fn sleep() { thread::sleep(Duration::from_secs(1)) }
pub fn wait(child: &mut Child) -> io::Result<ExitStatus> { child.wait() }
pub fn lock(mutex: &Mutex<u8>) -> u8 { *mutex.lock().unwrap() }
pub fn read_lock(lock: &RwLock<u8>) -> u8 { *lock.read().unwrap() }
pub fn notify(condvar: &Condvar) { condvar.notify_all() }
pub fn once(cell: &OnceLock<u8>) -> u8 { *cell.get_or_init(|| 1) }
pub fn connect(to: SocketAddr) -> io::Result<TcpStream> { TcpStream::connect_timeout(&to, Duration::from_secs(1)) }
pub fn listen(on: SocketAddr) -> io::Result<TcpListener> { TcpListener::bind(on) }
pub fn accept(listener: &TcpListener) -> io::Result<TcpStream> { Ok(listener.accept()?.0) }
pub fn parse(text: &str) -> Option<u64> { text.parse().ok() }
pub fn parse_float(text: &str) -> Option<f64> { text.parse().ok() }
pub fn address(text: &str) -> Option<IpAddr> { text.parse().ok() }
pub fn find(text: &str) -> Option<usize> { text.find("abc") }
pub fn utf8(bytes: &[u8]) -> Option<&str> { str::from_utf8(bytes).ok() }
pub fn indexed(bytes: &[u8], at: usize) -> u8 { bytes[at] }
pub fn expected(value: Option<u8>) -> u8 { value.expect("a value") }
pub fn panics(value: u8) { panic!("{value}") }
pub fn stdout() -> io::Result<()> { io::stdout().write_all(b"a") }
pub fn printed(value: u8) { println!("{value}") }
pub fn write_to_file(file: &mut File) -> io::Result<()> { write!(file, "{}", 1) }
pub fn write_to_array(mut into: &mut [u8]) -> io::Result<()> { write!(into, "{}", 1) }
pub struct Writer<'a>(pub &'a mut dyn fmt::Write);
pub fn handed_on(text: &mut String) -> Writer<'_> { Writer(text) }
pub fn removed(map: &mut BTreeMap<u8, u8>) -> Option<u8> { map.remove(&1) }
pub fn get(map: &HashMap<String, u8>) -> Option<&u8> { map.get("a") }
pub fn truncated(text: &mut String) { text.truncate(1) }
pub fn unstable(numbers: &mut [u64]) { numbers.sort_unstable() }
