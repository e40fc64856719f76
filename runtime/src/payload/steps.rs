//! Patterns that need no backtracking: anchored at both ends, a row of ASCII characters and classes with counts, of which
//! none can take what the next one needs. Most patterns of identifiers are such.
//!
//! In: the text of a pattern. Out: [`Steps`], which agree with ECMA 262, or nothing, and then the general engine is asked.

/// A class of ASCII characters, by bit.
type Class = u128;

const DIGITS: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
/// Characters that mean something outside of a class.
const SYNTAX: &str = "^$\\.*+?()[]{}|/";
/// Characters that mean themselves behind a backslash.
const ESCAPABLE: &str = "^$\\.*+?()[]{}|/-";

#[derive(Debug, Clone, Copy)]
struct Step {
    class: Class,
    min: usize,
    max: usize,
}

/// A pattern as steps, each of which takes all that it can.
#[derive(Debug)]
pub(super) struct Steps(Vec<Step>);

impl Steps {
    /// Reads a pattern; `None` where it is not of this kind.
    pub(super) fn parse(pattern: &str) -> Option<Self> {
        let mut rest = pattern.strip_prefix('^')?.strip_suffix('$')?;
        let mut steps: Vec<Step> = Vec::new();
        while !rest.is_empty() {
            let (class, behind) = atom(rest)?;
            let (min, max, behind) = quantifier(behind)?;
            steps.push(Step { class, min, max });
            rest = behind;
        }
        let decided = (0..steps.len()).zip(&steps).all(|(index, step)| {
            let behind = steps.get(index + 1..).unwrap_or_default();
            step.min == step.max || step.class & following(behind) == 0
        });
        decided.then_some(Self(steps))
    }

    /// Whether the whole text is a match.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for Step { class, min, max } in &self.0 {
            let taken = rest.iter().take(*max).take_while(|byte| byte.is_ascii() && class >> **byte & 1 == 1).count();
            if taken < *min {
                return false;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
        rest.is_empty()
    }
}

/// The characters with which what follows may begin.
fn following(steps: &[Step]) -> Class {
    let mut class = 0;
    for step in steps {
        class |= step.class;
        if step.min > 0 {
            break;
        }
    }
    class
}

fn bit(character: char) -> Option<Class> {
    character.is_ascii().then(|| 1 << u32::from(character))
}

fn range(from: char, to: char) -> Option<Class> {
    (from <= to).then(|| (from..=to).map(bit).try_fold(0, |class, bit| Some(class | bit?)))?
}

/// One character or class, and what is behind it.
fn atom(text: &str) -> Option<(Class, &str)> {
    let mut characters = text.chars();
    match characters.next()? {
        '\\' => {
            let (class, _) = escaped(characters.next()?)?;
            Some((class, characters.as_str()))
        }
        '[' => {
            let (inside, behind) = characters.as_str().split_once(']')?;
            // A backslash before the bracket would have hidden it.
            (!inside.ends_with('\\') && !inside.is_empty()).then_some(())?;
            Some((members(inside)?, behind))
        }
        plain if !SYNTAX.contains(plain) => Some((bit(plain)?, characters.as_str())),
        _ => None,
    }
}

/// The class behind a backslash, and the character where it is one.
fn escaped(letter: char) -> Option<(Class, Option<char>)> {
    match letter {
        'd' => Some((members(DIGITS)?, None)),
        'w' => Some((members(WORD)?, None)),
        plain if ESCAPABLE.contains(plain) => Some((bit(plain)?, Some(plain))),
        _ => None,
    }
}

/// The inside of `[..]`.
fn members(inside: &str) -> Option<Class> {
    if inside.starts_with('^') {
        return None;
    }
    let mut characters = inside.chars();
    let mut class = 0;
    while let Some(first) = characters.next() {
        let (own, from) = match first {
            '\\' => escaped(characters.next()?)?,
            '[' => return None,
            plain => (bit(plain)?, Some(plain)),
        };
        let mut ahead = characters.clone();
        match (from, ahead.next(), ahead.next()) {
            // Behind a range, as at either end, a hyphen means itself.
            (Some(from), Some('-'), Some(to)) if to != '\\' && to != '[' => {
                class |= range(from, to)?;
                characters = ahead;
            }
            (_, Some('-'), Some(_)) => return None,
            _ => class |= own,
        }
    }
    Some(class)
}

/// How often, and what is behind it.
fn quantifier(text: &str) -> Option<(usize, usize, &str)> {
    const COUNTS: [(char, usize, usize); 3] = [('?', 0, 1), ('*', 0, usize::MAX), ('+', 1, usize::MAX)];
    let symbol = COUNTS.iter().find_map(|(symbol, min, max)| Some((*min, *max, text.strip_prefix(*symbol)?)));
    let (min, max, behind) = match (symbol, text.strip_prefix('{')) {
        (Some(found), _) => found,
        (None, None) => return Some((1, 1, text)),
        (None, Some(counts)) => {
            let (counts, behind) = counts.split_once('}')?;
            let (min, max) = match counts.split_once(',') {
                None => (counts, counts.parse().ok()?),
                Some((min, "")) => (min, usize::MAX),
                Some((min, max)) => (min, max.parse().ok()?),
            };
            (min.parse().ok()?, max, behind)
        }
    };
    // A lazy quantifier and a count of nothing but signs are left to the engine.
    let digits = text.split_once('}').is_none_or(|(counts, _)| !text.starts_with('{') || !counts.contains('+'));
    (min <= max && digits && !behind.starts_with('?')).then_some((min, max, behind))
}
