//! libtorch's own threads. Others beside them would wait for the same cores, for OpenMP's threads spin a while after each operator.

use std::ffi::{c_char, c_uint, c_void};
use std::sync::OnceLock;

/// `GOMP_parallel(function, data, threads, flags)` of the OpenMP library that libtorch computes with.
type Parallel = unsafe extern "C" fn(extern "C" fn(*mut c_void), *mut c_void, c_uint, c_uint);

/// As many as libtorch takes on this thread.
pub fn usual() -> usize {
    usize::try_from(tch::get_num_threads()).unwrap_or(1).max(1)
}

/// Calls `share` on so many threads at once, this one among them, and waits for all; on this one alone where libtorch's threads
/// are not to be found.
#[allow(unsafe_code)]
pub fn together(threads: usize, share: &(dyn Fn() + Sync)) {
    let parallel = match threads {
        0 | 1 => None,
        _ => parallel(),
    };
    let Some(parallel) = parallel else {
        return share();
    };
    let data = (&raw const share).cast_mut().cast::<c_void>();
    // SAFETY: the function returns after all calls of `enter` have, so `share` outlives them.
    unsafe { parallel(enter, data, c_uint::try_from(threads).unwrap_or(1), 0) };
}

#[allow(unsafe_code)]
extern "C" fn enter(data: *mut c_void) {
    // SAFETY: what `together` hands over.
    let share = unsafe { &*data.cast::<&(dyn Fn() + Sync)>() };
    share();
}

#[allow(unsafe_code)]
fn parallel() -> Option<Parallel> {
    static FOUND: OnceLock<Option<Parallel>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        const NAME: &[u8] = b"GOMP_parallel\0";
        // SAFETY: a name that ends in 0; the symbol of this name has this type in every OpenMP library since GCC 4.9.
        unsafe {
            let found = libc::dlsym(libc::RTLD_DEFAULT, NAME.as_ptr().cast::<c_char>());
            (!found.is_null()).then(|| std::mem::transmute::<*mut c_void, Parallel>(found))
        }
    })
}
