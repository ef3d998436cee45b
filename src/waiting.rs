//! How libtorch's threads wait for each other while other programs want the processors too.
//!
//! OpenMP's threads spin where they wait, which is fastest on a machine that does nothing else. Beside other work a spinning
//! thread keeps the very one that it waits for off the processor: 100 steps of a dream took 6.0 and 16.0 s so on two busy
//! cores, and 2.9 and 3.1 s with threads that sleep. Which way they wait is read from the environment when
//! libgomp is loaded, before anything of this program runs, so the program is started again, as the same process.
//! Results are the same to the last bit: as many threads share the work.

/// Starts the program again with threads that sleep, where others are at work; goes on where nobody is, or where the user
/// has said how to wait.
#[cfg(target_os = "linux")]
pub fn sleep_beside_others() {
    use std::os::unix::process::CommandExt;

    /// Variables that decide how threads wait or how many there are: their user has thought about it.
    const DECIDED_BY: [&str; 3] = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS"];
    #[expect(
        clippy::disallowed_methods,
        reason = "libgomp reads them; no result depends on them"
    )]
    let is_decided = DECIDED_BY
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    if is_decided || !others_are_at_work() {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_else(|| program.clone().into());
    // It comes back only where it fails, and then threads spin.
    let _failed = std::process::Command::new(program)
        .arg0(name)
        .args(arguments)
        .env("OMP_WAIT_POLICY", "passive")
        .exec();
}

#[cfg(not(target_os = "linux"))]
pub fn sleep_beside_others() {}

/// Whether another thread of the machine wanted a processor at each of several moments.
#[cfg(target_os = "linux")]
fn others_are_at_work() -> bool {
    const MOMENTS: usize = 5;
    const BETWEEN: std::time::Duration = std::time::Duration::from_millis(4);
    (0..MOMENTS).all(|_| {
        std::thread::sleep(BETWEEN);
        let statistics = cnn_report::fs::read_to_string(std::path::Path::new("/proc/stat"));
        // This thread is one of them.
        statistics.is_ok_and(|text| running(&text).is_some_and(|running| running > 1))
    })
}

/// Threads that run or wait for a processor, of the text of /proc/stat.
#[cfg(target_os = "linux")]
fn running(statistics: &str) -> Option<usize> {
    let line = statistics
        .lines()
        .find_map(|line| line.strip_prefix("procs_running "));
    line?.trim().parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn running_threads_are_read() {
        assert_eq!(
            running("cpu 1 2\nprocs_running 7\nprocs_blocked 0\n"),
            Some(7)
        );
        assert_eq!(running("cpu 1 2\n"), None);
    }
}
