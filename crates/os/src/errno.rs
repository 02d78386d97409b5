//! From the operating system's error numbers to the seam's.

use host::{Call, Errno, HostError};
use rustix::io::Errno as Raw;

/// Makes the failure of `call` from a raw error number; for `map_err`.
pub(crate) fn failed(call: Call) -> impl Fn(Raw) -> HostError {
    move |raw| HostError::new(call, errno(raw))
}

fn errno(raw: Raw) -> Errno {
    match raw {
        Raw::NOENT => Errno::NotFound,
        Raw::EXIST => Errno::Exists,
        Raw::NOTEMPTY => Errno::NotEmpty,
        Raw::NOTDIR => Errno::NotDir,
        Raw::ISDIR => Errno::IsDir,
        Raw::LOOP => Errno::Loop,
        Raw::NAMETOOLONG => Errno::NameTooLong,
        Raw::INVAL => Errno::Invalid,
        Raw::XDEV => Errno::CrossDevice,
        Raw::ACCESS | Raw::PERM => Errno::Access,
        // `AGAIN` is what a lock that is held, or a file under somebody's lease, answers.
        Raw::BUSY | Raw::AGAIN | Raw::TXTBSY => Errno::Busy,
        Raw::NOSPC | Raw::FBIG => Errno::NoSpace,
        Raw::DQUOT => Errno::Quota,
        Raw::MFILE | Raw::NFILE => Errno::TooManyOpen,
        Raw::NOMEM | Raw::NOBUFS => Errno::NoMemory,
        Raw::MLINK => Errno::TooManyLinks,
        // The other three are a sector that cannot be read, a checksum that does not fit, and damaged metadata.
        Raw::IO | Raw::NODATA | Raw::BADMSG | Raw::UCLEAN => Errno::Io,
        Raw::STALE => Errno::Stale,
        Raw::ROFS => Errno::ReadOnly,
        Raw::BADF => Errno::BadHandle,
        other => Errno::Other(other.raw_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use host::Class;

    #[test]
    fn no_error_of_a_full_or_busy_machine_looks_like_a_bad_or_a_vanished_name() {
        for raw in [Raw::NOSPC, Raw::DQUOT, Raw::MFILE, Raw::NFILE, Raw::NOMEM] {
            for call in Call::ALL {
                assert_eq!(failed(call)(raw).class(), Class::Resource, "{raw:?}");
            }
        }
        for call in Call::ALL {
            assert_eq!(failed(call)(Raw::AGAIN).class(), Class::Contended);
        }
    }

    #[test]
    fn a_stale_network_handle_is_a_fault_at_every_call_and_neither_a_vanished_nor_a_bad_name() {
        for call in Call::ALL {
            let error = failed(call)(Raw::STALE);
            assert_eq!((error.errno, error.class()), (Errno::Stale, Class::Fault));
        }
    }
}
