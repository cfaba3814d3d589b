//! Maps of few entries, as sorted vectors.

use litemap::LiteMap;

/// Gives back the room for more.
pub(crate) fn shrink<K: Ord, V>(map: &mut LiteMap<K, V>) {
    let mut entries = std::mem::take(map).into_tuple_vec();
    entries.shrink_to_fit();
    *map = LiteMap::from_sorted_store_unchecked(entries);
}
