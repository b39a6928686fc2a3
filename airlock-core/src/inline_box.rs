//! Storage for trait objects that allocates nothing for small values.

use stack_dst::Value;
use stack_dst::buffers::ConstArrayBuf;

/// A trait object that is stored inline: seven words for the value, and one for its vtable.
pub(crate) type InlineBox<D> = Value<D, ConstArrayBuf<usize, 8>>;

/// Returns `true` if an [`InlineBox`] has room for a `T`. The buffer is aligned to a word.
pub(crate) const fn fits<T>() -> bool {
    size_of::<T>() <= 7 * size_of::<usize>() && align_of::<T>() <= align_of::<usize>()
}
