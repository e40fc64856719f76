//! Types that hold themselves, and graphs in general: where a box has to be.

use super::ir::{Type, Types};

/// Puts a box wherever an item would otherwise hold itself.
pub(super) fn box_recursion(types: &mut Types) {
    let held: Vec<Vec<usize>> = types
        .items
        .iter()
        .map(|item| item.parts().into_iter().flat_map(Type::held).map(|item| item.0).collect())
        .collect();
    let components = components(&held);
    for (index, item) in types.items.iter_mut().enumerate() {
        for of in item.parts_mut() {
            let recursive = of
                .held()
                .iter()
                .any(|target| components.get(target.0).is_some() && components.get(target.0) == components.get(index));
            if recursive {
                let inner = std::mem::replace(of, Type::Null);
                *of = match inner {
                    Type::Nullable(inner) => Type::Nullable(Box::new(Type::Boxed(inner))),
                    inner => Type::Boxed(Box::new(inner)),
                };
            }
        }
    }
}

/// The strongly connected component of each node. (Kosaraju's algorithm, without recursion.)
pub(super) fn components(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut reversed: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    for (from, targets) in edges.iter().enumerate() {
        for target in targets {
            if let Some(sources) = reversed.get_mut(*target) {
                sources.push(from);
            }
        }
    }
    let mut order = Vec::new();
    let mut seen = vec![false; edges.len()];
    for start in 0..edges.len() {
        let mut stack = vec![(start, 0)];
        while let Some((node, child)) = stack.pop() {
            if child == 0 && std::mem::replace(seen.get_mut(node).unwrap_or(&mut true), true) {
                continue;
            }
            match edges.get(node).and_then(|targets| targets.get(child)) {
                Some(target) => {
                    stack.push((node, child + 1));
                    if seen.get(*target) == Some(&false) {
                        stack.push((*target, 0));
                    }
                }
                None => order.push(node),
            }
        }
    }
    let mut component = vec![usize::MAX; edges.len()];
    let mut number = 0;
    for start in order.into_iter().rev() {
        if component.get(start) != Some(&usize::MAX) {
            continue;
        }
        let mut stack = vec![start];
        while let Some(node) = stack.pop() {
            match component.get_mut(node) {
                Some(place) if *place == usize::MAX => *place = number,
                _ => continue,
            }
            stack.extend(reversed.get(node).into_iter().flatten().copied());
        }
        number += 1;
    }
    component
}
