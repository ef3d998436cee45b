//! Settings of the C allocator, from which libtorch takes every tensor.

/// Keeps freed memory for the next tensor. By default glibc gives blocks of more than 32 MB back to the
/// system at once and gets them back empty, page by page: LIME on SqueezeNet spent half its time there
/// (19.0 s against 9.9 s for 1000 samples). What is kept is at most what was in use at the same time.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)]
pub fn keep_freed_memory() {
    /// More than any tensor of a report; glibc takes an int.
    const NEVER: libc::c_int = libc::c_int::MAX;
    // SAFETY: mallopt only sets numbers of the allocator; main calls it before any other thread runs.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, NEVER);
        libc::mallopt(libc::M_TRIM_THRESHOLD, NEVER);
    }
}

#[cfg(not(target_env = "gnu"))]
pub fn keep_freed_memory() {}

/// Gives freed memory back to the system where the process holds much: what one step has used in large blocks, the next one
/// rarely needs in the same. VGG16 takes 1.6 GB for a whole report so, in place of 1.8.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)]
pub fn give_back_freed_memory() {
    if held_bytes().is_none_or(|held| held < MUCH_BYTES) {
        return;
    }
    // SAFETY: malloc_trim may be called at any time, from any thread.
    unsafe {
        libc::malloc_trim(0);
    }
}

#[cfg(not(target_env = "gnu"))]
pub fn give_back_freed_memory() {}

/// Small networks stay below, and keep their memory.
#[cfg(target_env = "gnu")]
const MUCH_BYTES: u64 = 1 << 30;

/// Memory of this process that is in use, or was, files that are mapped included.
#[cfg(target_env = "gnu")]
#[allow(unsafe_code)]
fn held_bytes() -> Option<u64> {
    let of_this = cnn_report::fs::read_to_string(std::path::Path::new("/proc/self/statm")).ok()?;
    let pages: u64 = of_this.split_whitespace().nth(1)?.parse().ok()?;
    // SAFETY: sysconf only reads a number of the system.
    let page_bytes = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    Some(pages * page_bytes)
}
