//! Memory brought near before it is needed: whoever looks after ten thousand connections or a million subscribers waits for
//! it longer than for anything else.
//!
//! Unsafe code, because neither has a safe name. Both only advise: they read nothing into the program, change nothing that
//! it could see, and there is no condition that a caller could fail to meet.

/// Begins to fetch all of `value`. Nothing but time depends on it.
#[inline]
#[expect(unsafe_code, reason = "the instruction has no safe name, and no conditions")]
pub fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        const LINE_OCTETS: usize = 64;
        let start = std::ptr::from_ref(value).cast::<i8>();
        let fetch = |offset| {
            // SAFETY: a prefetch is valid for any address, and this one lies within `value`.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(offset)) };
        };
        (0..size_of::<T>().div_ceil(LINE_OCTETS)).for_each(|line| fetch(line * LINE_OCTETS));
        // What begins amid a line may end in one more.
        if align_of::<T>() < LINE_OCTETS.min(size_of::<T>()) {
            fetch(size_of::<T>() - 1);
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Asks for large pages under `room`, where the system has them: to find its way to small ones over and over takes as long as
/// to fetch what is there. Of use for megabytes.
#[expect(unsafe_code, reason = "the system call has no safe name, and no conditions")]
pub fn prefer_large_pages<T>(room: &mut [T]) {
    #[cfg(target_os = "linux")]
    {
        const PAGE_OCTETS: usize = 4096;
        let start = room.as_mut_ptr().cast::<u8>();
        let before = start.align_offset(PAGE_OCTETS);
        let octets = size_of_val(room).saturating_sub(before) / PAGE_OCTETS * PAGE_OCTETS;
        // SAFETY: whole pages within `room`; the advice leaves what they hold as it is, and may be refused.
        unsafe { libc::madvise(start.wrapping_add(before).cast(), octets, libc::MADV_HUGEPAGE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = room;
}
