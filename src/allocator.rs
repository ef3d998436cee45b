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
