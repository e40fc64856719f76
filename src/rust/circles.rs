//! Schemas that apply themselves to the value that they are given, by way of `$ref` and the like.
//!
//! In: the schemas of a module. Out: for each such schema the circle that it is in, and what the circle means. Where one
//! only adds conditions (`allOf: [{ $ref: '#' }]`), it asks for nothing new: a value is accepted unless something else
//! refuses it. Where every round goes through a choice (`anyOf: [{ type: string }, { $ref: '#' }]`), it offers nothing
//! new: a value is accepted where another branch takes it. In a circle with both, or through `not`, `oneOf` or `if`, a
//! value would be accepted if it is refused, or nothing decides; JSON Schema leaves those undefined, and so they are reported.

use super::recursion::components;
use crate::schema::{Schema, SchemaId, Schemas};
use std::collections::HashMap;

/// A circle that a schema is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Circle {
    number: usize,
    /// What a schema of it says of a value that it is being asked about already; `None` where that means nothing.
    pub again: Option<bool>,
}

/// The circles of a module's schemas.
#[derive(Debug, Default)]
pub(super) struct Circles(HashMap<SchemaId, Circle>);

/// How the verdict on a value depends on that of a schema applied to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    /// It has to hold, perhaps under a condition.
    Demands,
    /// It is enough.
    Offers,
    /// It may have to fail.
    Turns,
}

impl Circles {
    pub(super) fn new(schemas: &Schemas) -> Self {
        let edges: Vec<Vec<(Edge, usize)>> = schemas
            .iter()
            .map(|(_, schema)| {
                let place = |(edge, id)| Some((edge, schemas.position(schemas.target(id))?));
                edges(schema).into_iter().filter_map(place).collect()
            })
            .collect();
        let targets = |edges: &[(Edge, usize)], wanted: fn(Edge) -> bool| -> Vec<usize> {
            edges.iter().filter(|(edge, _)| wanted(*edge)).map(|(_, to)| *to).collect()
        };
        let all: Vec<Vec<usize>> = edges.iter().map(|edges| targets(edges, |_| true)).collect();
        let circles = components(&all);
        let inside = |from: usize, to: usize| circles.get(from).is_some_and(|circle| circles.get(to) == Some(circle));
        // What is left of a circle where all choices are taken out of it.
        let demands: Vec<Vec<usize>> = edges.iter().map(|edges| targets(edges, |edge| edge != Edge::Offers)).collect();
        let rest = components(&demands);
        let mut found: HashMap<usize, (bool, bool, bool)> = HashMap::new();
        for (from, edges) in edges.iter().enumerate() {
            for (edge, to) in edges.iter().filter(|(_, to)| inside(from, *to)) {
                let Some(circle) = circles.get(from) else { continue };
                let (offers, turns, demanded) = found.entry(*circle).or_default();
                *offers |= *edge == Edge::Offers;
                *turns |= *edge == Edge::Turns;
                *demanded |= *edge != Edge::Offers && rest.get(from) == rest.get(*to);
            }
        }
        let members = schemas.iter().enumerate().filter_map(|(at, (id, _))| {
            let number = *circles.get(at)?;
            let again = match found.get(&number)? {
                (_, true, _) | (true, _, true) => None,
                (true, ..) => Some(false),
                (false, ..) => Some(true),
            };
            Some((id, Circle { number, again }))
        });
        Self(members.collect())
    }

    /// The circle of a schema, if it is in one.
    pub(super) fn of(&self, id: SchemaId) -> Option<Circle> {
        self.0.get(&id).copied()
    }

    /// Do two schemas apply each other to a value?
    pub(super) fn joins(&self, one: SchemaId, other: SchemaId) -> bool {
        self.of(one).is_some_and(|circle| self.of(other) == Some(circle))
    }
}

/// The schemas that one applies to the value itself.
fn edges(schema: &Schema) -> Vec<(Edge, SchemaId)> {
    let mut edges = Vec::new();
    let demanded = [schema.reference, schema.then, schema.otherwise].into_iter().flatten();
    let dependent = schema.dependent_schemas.iter().map(|(_, id)| *id);
    edges.extend(demanded.chain(schema.all_of.iter().copied()).chain(dependent).map(|id| (Edge::Demands, id)));
    edges.extend([schema.not, schema.condition].into_iter().flatten().map(|id| (Edge::Turns, id)));
    for (branches, several) in [(&schema.any_of, Edge::Offers), (&schema.one_of, Edge::Turns)] {
        if let Some(branches) = branches {
            let edge = if branches.len() > 1 { several } else { Edge::Demands };
            edges.extend(branches.iter().map(|id| (edge, *id)));
        }
    }
    edges
}
