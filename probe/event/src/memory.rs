//! Memory brought near before it is needed: whoever looks after ten thousand connections or a million subscribers waits for
//! it longer than for anything else.
//!
//! Unsafe code, because neither has a safe name. Both only advise: they read nothing into the program, change nothing that
//! it could see, and there is no condition that a caller could fail to meet.

const LINE_OCTETS: usize = 64;

/// Begins to fetch all of `value`. Nothing but time depends on it.
#[inline]
pub fn prefetch<T>(value: &T) {
    prefetch_lines(value, size_of::<T>().div_ceil(LINE_OCTETS));
    // What begins amid a line may end in one more.
    if align_of::<T>() < LINE_OCTETS.min(size_of::<T>()) {
        fetch(value, size_of::<T>() - 1);
    }
}

/// Begins to fetch `value` from its beginning: so many lines of 64 octets, or all.
#[inline]
pub fn prefetch_lines<T>(value: &T, lines: usize) {
    (0..size_of::<T>().div_ceil(LINE_OCTETS).min(lines)).for_each(|line| fetch(value, line * LINE_OCTETS));
}

/// Appends to a table that may become large.
#[inline]
pub fn push_large<T>(table: &mut Vec<T>, value: T) {
    if table.len() == table.capacity() {
        grow_large(table);
    }
    table.push(value);
}

// All of it goes where large pages may be: what is moved by the allocator would stay in small ones.
#[cold]
fn grow_large<T>(table: &mut Vec<T>) {
    let mut grown = with_large_capacity(2 * table.capacity().max(1));
    grown.append(table);
    *table = grown;
}

/// An empty table, with room for so many without growing, and large pages under it.
pub fn with_large_capacity<T>(capacity: usize) -> Vec<T> {
    let mut table = Vec::with_capacity(capacity);
    prefer_large_pages(table.spare_capacity_mut());
    table
}

#[inline(always)]
#[expect(unsafe_code, reason = "the instruction has no safe name, and no conditions")]
fn fetch<T>(value: &T, offset: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        let place = std::ptr::from_ref(value).cast::<i8>().wrapping_add(offset);
        // SAFETY: a prefetch is valid for any address, and this one lies within `value`.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(place) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (value, offset);
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
