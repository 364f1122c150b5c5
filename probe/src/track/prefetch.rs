//! Brings memory near before it is needed: a probe of ten thousand associations waits for memory longer than it works.
//!
//! The one place with unsafe code: the instruction has no safe name in the standard library. It reads nothing into the
//! program and faults at no address, so there is no condition that a caller could fail to meet.

/// Begins to fetch all of `value`. Nothing but time depends on it.
#[inline]
#[expect(unsafe_code, reason = "the instruction has no safe name, and no conditions")]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        const LINE_OCTETS: usize = 64;
        let start = std::ptr::from_ref(value).cast::<i8>();
        for offset in (0..size_of::<T>()).step_by(LINE_OCTETS) {
            // SAFETY: a prefetch is valid for any address, and this one lies within `value`.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(offset)) };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
