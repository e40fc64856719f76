//! Finding what belongs together in two lists.

/// What belongs together, what is gone, and what is new; each in the order of its list.
pub(super) struct Matched<T> {
    pub(super) pairs: Vec<(T, T)>,
    pub(super) removed: Vec<T>,
    pub(super) added: Vec<T>,
}

/// Pairs the elements of two lists: first all that the first test holds for, then the rest by the next test.
pub(super) fn pair<T: Copy>(old: Vec<T>, new: Vec<T>, tests: &[&dyn Fn(T, T) -> bool]) -> Matched<T> {
    let mut partners: Vec<(T, Option<T>)> = old.into_iter().map(|one| (one, None)).collect();
    let mut free = new;
    for test in tests {
        for (one, partner) in partners.iter_mut().filter(|(_, partner)| partner.is_none()) {
            if let Some(at) = free.iter().position(|other| test(*one, *other)) {
                *partner = Some(free.remove(at));
            }
        }
    }
    let pairs = partners.iter().filter_map(|(one, partner)| Some((*one, (*partner)?))).collect();
    let removed = partners.iter().filter(|(_, partner)| partner.is_none()).map(|(one, _)| *one).collect();
    Matched { pairs, removed, added: free }
}
