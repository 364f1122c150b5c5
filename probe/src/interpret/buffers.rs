//! Lists that a connection needs for a moment: what fills one takes a buffer, and what empties it gives that back. So there are
//! only as many buffers as lists with something in them, and the next one to be used was used just now.

/// The buffers that no list has. They are never more than lists were filled at one time.
pub(super) struct Buffers<T>(Vec<Vec<T>>);

impl<T> Default for Buffers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Buffers<T> {
    /// Appends to `list`.
    #[inline]
    pub(super) fn push(&mut self, list: &mut Vec<T>, value: T) {
        if list.capacity() == 0
            && let Some(buffer) = self.0.pop()
        {
            *list = buffer;
        }
        list.push(value);
    }

    /// Moves all that `from` holds to the end of `list`.
    pub(super) fn append(&mut self, list: &mut Vec<T>, from: &mut Vec<T>) {
        if list.is_empty() {
            std::mem::swap(list, from);
        }
        list.append(from);
        self.reclaim(from);
    }

    /// Takes the buffer of `list` where that is empty.
    #[inline]
    pub(super) fn reclaim(&mut self, list: &mut Vec<T>) {
        if list.is_empty() && list.capacity() > 0 {
            self.0.push(std::mem::take(list));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_filled_takes_the_buffer_of_one_that_was_emptied() {
        let (mut buffers, mut one, mut other) = (Buffers::default(), Vec::new(), Vec::new());
        buffers.push(&mut one, 1);
        let buffer = one.as_ptr();
        buffers.reclaim(&mut one);
        assert_eq!((one.as_slice(), one.capacity() > 0), (&[1][..], true));
        one.clear();
        buffers.reclaim(&mut one);
        buffers.push(&mut other, 2);
        assert_eq!((one.capacity(), other.as_ptr(), other.as_slice()), (0, buffer, &[2][..]));
    }

    #[test]
    fn a_list_that_is_appended_to_another_gives_its_buffer_back() {
        let (mut buffers, mut list, mut from) = (Buffers::default(), Vec::new(), vec![1, 2]);
        for expected in [&[1, 2][..], &[1, 2, 3]] {
            buffers.append(&mut list, &mut from);
            assert_eq!((list.as_slice(), from.as_slice(), from.capacity()), (expected, &[][..], 0));
            from = vec![3];
        }
        assert_eq!(buffers.0.len(), 1);
    }
}
