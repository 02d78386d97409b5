//! One chunk of a directory, by `getdents64`.

use host::{Kind, Names};
use rustix::fd::BorrowedFd;
use rustix::fs::{FileType, RawDir};
use rustix::io::{Errno, Result};

/// The alignment of `linux_dirent64`: a buffer that starts elsewhere loses its first bytes.
const ALIGNMENT: usize = 8;

/// Replaces what `names` holds by the next chunk of `dir`; no names means the end.
pub(crate) fn read(dir: BorrowedFd<'_>, names: &mut Names) -> Result<()> {
    names.clear();
    let capacity = names.capacity();
    // Taken out, so that the names can be pushed while the raw form is still being read.
    let mut scratch = std::mem::take(&mut names.scratch);
    let read = read_with(dir, names, &mut scratch, capacity);
    names.scratch = scratch;
    read
}

fn read_with(
    dir: BorrowedFd<'_>,
    names: &mut Names,
    scratch: &mut Vec<u8>,
    capacity: usize,
) -> Result<()> {
    scratch.clear();
    scratch.reserve(capacity + ALIGNMENT);
    let spare = scratch.spare_capacity_mut();
    let start = spare.as_ptr().align_offset(ALIGNMENT);
    let mut raw = RawDir::new(dir, &mut spare[start..start + capacity]);
    // One system call, unless it brought nothing but `.` and `..`, which is not the end.
    while names.is_empty() || !raw.is_buffer_empty() {
        let entry = match raw.next() {
            None => break,
            Some(Err(Errno::INTR)) => continue,
            Some(entry) => entry?,
        };
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push(name, kind(entry.file_type()));
        }
    }
    Ok(())
}

/// What `file_type` is to a queue.
pub(crate) fn kind(file_type: FileType) -> Kind {
    match file_type {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Dir,
        FileType::Unknown => Kind::Unknown,
        _ => Kind::Other,
    }
}
