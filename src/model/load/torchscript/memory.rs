//! How much memory the code of TorchScript may take while it is tried: it may ask for any amount (`torch.ones(60000,
//! 20000)`, a text that doubles itself), and reading the code does not tell.

#![allow(unsafe_code)]

/// Beside its weights. A vision transformer of 300 million weights takes half of it for four pictures.
const MOST_BYTES: u64 = 2 << 30;

/// While it lives, the process gets no more memory than a bound; a library that wants more gets an error. Without a
/// bound where the system does not tell what is in use, or is not Linux.
#[must_use]
pub struct Bounded(());

impl Bounded {
    pub fn new(weights_bytes: u64) -> Self {
        #[cfg(target_os = "linux")]
        linux::lower(MOST_BYTES.saturating_add(weights_bytes.saturating_mul(8)));
        Self(())
    }
}

impl Drop for Bounded {
    fn drop(&mut self) {
        #[cfg(target_os = "linux")]
        linux::restore();
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::Path;
    use std::sync::{Mutex, PoisonError};

    /// How many networks are tried just now, and the limit before the first: it is one of the whole process.
    static TRIED: Mutex<(usize, Option<libc::rlimit>)> = Mutex::new((0, None));

    /// So many bytes above what the process has now.
    pub fn lower(most_bytes: u64) {
        let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
        tried.0 += 1;
        if tried.0 > 1 {
            return;
        }
        tried.1 = limit().filter(|before| {
            in_use_bytes().is_some_and(|in_use| {
                set(&libc::rlimit {
                    rlim_cur: in_use.saturating_add(most_bytes).min(before.rlim_cur),
                    ..*before
                })
            })
        });
    }

    pub fn restore() {
        let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
        tried.0 -= 1;
        if tried.0 == 0
            && let Some(before) = tried.1.take()
        {
            set(&before);
        }
    }

    fn in_use_bytes() -> Option<u64> {
        let statm = crate::fs::read_to_string(Path::new("/proc/self/statm")).ok()?;
        let pages: u64 = statm.split_whitespace().next()?.parse().ok()?;
        // SAFETY: sysconf only reads a number of the system.
        let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
        Some(pages.saturating_mul(page))
    }

    fn limit() -> Option<libc::rlimit> {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        // SAFETY: the pointer is of a local that outlives the call.
        (unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) } == 0).then_some(limit)
    }

    fn set(limit: &libc::rlimit) -> bool {
        // SAFETY: the pointer is of a value that outlives the call; only the bound of this process changes.
        unsafe { libc::setrlimit(libc::RLIMIT_AS, limit) == 0 }
    }
}
