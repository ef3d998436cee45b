//! How much memory is free.

use std::path::Path;

use crate::model::device::Device;

/// Bytes that can be had on a device; `None` where the system does not tell.
pub fn free_bytes(device: Device) -> Option<u64> {
    match device {
        Device::Cpu => cpu(Path::new("/")),
        #[cfg(unix)]
        Device::Cuda(number) => super::cuda::free_bytes(number),
        _ => None,
    }
}

/// The smaller of what the machine and what the process's control groups have left, as Linux tells below
/// `root`.
fn cpu(root: &Path) -> Option<u64> {
    let read = |path: &Path| crate::fs::read_to_string(path).ok();
    let machine = read(&root.join("proc/meminfo")).and_then(|text| available(&text));
    let groups = read(&root.join("proc/self/cgroup")).unwrap_or_default();
    let left = groups.lines().filter_map(|line| in_group(root, line)).min();
    machine.into_iter().chain(left).min()
}

/// `MemAvailable` of /proc/meminfo.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// What a control group and those it lies in leave, of a line of /proc/self/cgroup such as `0::/a/b`
/// (version 2) or `4:memory:/a/b` (version 1).
fn in_group(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, group) = (parts.next()?, parts.next()?);
    let (mount, limit, used) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max", "memory.current"),
        "memory" => (
            "sys/fs/cgroup/memory",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
        ),
        _ => return None,
    };
    let group = Path::new(group.trim_start_matches('/'));
    let number =
        |path: &Path| -> Option<u64> { crate::fs::read_to_string(path).ok()?.trim().parse().ok() };
    let left = |group: &Path| {
        let folder = root.join(mount).join(group);
        let free = number(&folder.join(limit))?.saturating_sub(number(&folder.join(used))?);
        let statistics = crate::fs::read_to_string(&folder.join("memory.stat")).unwrap_or_default();
        Some(free.saturating_add(page_cache(&statistics)))
    };
    // Within a container the path may be the host's, and the group itself the mount.
    group.ancestors().filter_map(left).min()
}

/// Of the memory that counts as used, what files lie in that nobody has open just now.
fn page_cache(statistics: &str) -> u64 {
    let mut lines = statistics.lines();
    lines
        .find_map(|line| line.strip_prefix("inactive_file "))
        .and_then(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files as Linux shows them, below a folder of their own.
    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            crate::fs::create_directory(path.parent().unwrap()).unwrap();
            let staged = crate::fs::stage(&path, text.as_bytes()).unwrap();
            staged.commit().unwrap();
        }
        root
    }

    const MEMINFO: (&str, &str) = (
        "proc/meminfo",
        "MemTotal:  9000 kB\nMemFree:  1 kB\nMemAvailable:   8000 kB\n",
    );

    #[test]
    fn the_tightest_control_group_counts() {
        let plain = machine(&[MEMINFO]);
        assert_eq!(cpu(plain.path()), Some(8000 * 1024));
        let grouped = machine(&[
            MEMINFO,
            ("proc/self/cgroup", "0::/outer/inner\n"),
            ("sys/fs/cgroup/outer/inner/memory.max", "max\n"),
            ("sys/fs/cgroup/outer/inner/memory.current", "10\n"),
            ("sys/fs/cgroup/outer/memory.max", "5000\n"),
            ("sys/fs/cgroup/outer/memory.current", "3000\n"),
            (
                "sys/fs/cgroup/outer/memory.stat",
                "anon 7\ninactive_file 500\n",
            ),
        ]);
        assert_eq!(cpu(grouped.path()), Some(2500));
        let first = machine(&[
            MEMINFO,
            ("proc/self/cgroup", "5:cpu:/x\n4:memory:/x\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "700\n"),
            ("sys/fs/cgroup/memory/memory.usage_in_bytes", "800\n"),
        ]);
        assert_eq!(cpu(first.path()), Some(0));
    }

    #[test]
    fn where_nothing_is_told_nothing_is_known() {
        let other = machine(&[("proc/version", "none")]);
        assert_eq!(cpu(other.path()), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_tells() {
        assert!(free_bytes(Device::Cpu).unwrap() > 1 << 20);
        assert_eq!(free_bytes(Device::Mps), None);
    }
}
