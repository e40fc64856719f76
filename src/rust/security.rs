//! Security requirements of the model -> what callers of a generated route must show.
//!
//! In: alternatives, each of which may ask for several schemes. Out: lists, of each of which one scheme is enough. What
//! always holds: whoever meets the lists meets the document.

use super::operations::listed;
use crate::document::{Channel, Document, Operation, SecurityScheme};
use proc_macro2::TokenStream;
use quote::quote;

/// The protocols whose servers speak HTTP before anything else.
const HTTP: [&str; 4] = ["http", "https", "ws", "wss"];

/// More lists than these are not written: then every scheme is asked for, which is stricter.
const MAXIMUM_LISTS: usize = 64;

/// `.with_security(..)` for the operations of a channel: what they ask for, and what its HTTP servers do. Where one of
/// several such servers asks for nothing, the others are heeded.
pub(super) fn of_operation(document: &Document, operation: &Operation, channel: &Channel) -> TokenStream {
    let ids = channel.servers.iter();
    let own: Vec<_> = ids.filter_map(|id| document.server(*id)).collect();
    let servers = if own.is_empty() { document.servers.iter().collect() } else { own };
    let http = servers.into_iter().filter(|server| HTTP.contains(&server.protocol.to_ascii_lowercase().as_str()));
    let asked: Vec<&Vec<SecurityScheme>> = http.flat_map(|server| &server.security).collect();
    let lists = lists(operation.security.iter()).into_iter().chain(self::lists(asked.into_iter()));
    listed("with_security", lists.map(|list| tokens(&list)))
}

/// The same for a route that stands beside the channel: what the operation itself asks for.
pub(super) fn of_route(operation: &Operation) -> TokenStream {
    listed("with_security", lists(operation.security.iter()).iter().map(|list| tokens(list)))
}

/// `A and B, or C` is `A or C, and B or C`.
fn lists<'s>(alternatives: impl Iterator<Item = &'s Vec<SecurityScheme>> + Clone) -> Vec<Vec<&'s SecurityScheme>> {
    let mut alternatives_left = alternatives.clone();
    let Some(first) = alternatives_left.next() else { return Vec::new() };
    let mut lists: Vec<Vec<&SecurityScheme>> = first.iter().map(|scheme| vec![scheme]).collect();
    for alternative in alternatives_left {
        if lists.len().saturating_mul(alternative.len()) > MAXIMUM_LISTS {
            return alternatives.flatten().map(|scheme| vec![scheme]).collect();
        }
        let with = |list: &Vec<&'s SecurityScheme>, scheme| {
            let mut list = list.clone();
            if !list.contains(&scheme) {
                list.push(scheme);
            }
            list
        };
        lists = lists.iter().flat_map(|list| alternative.iter().map(|scheme| with(list, scheme))).collect();
    }
    lists
}

fn tokens(list: &[&SecurityScheme]) -> TokenStream {
    let schemes = list.iter().map(|scheme| {
        let key = &scheme.key;
        let kind = kind(scheme);
        let scopes = listed("with_scopes", scheme.scopes.iter().map(|scope| quote!(#scope)));
        quote!(rt::message::SecurityScheme::new(#key, rt::message::SecurityKind::#kind) #scopes)
    });
    quote!(&[#(#schemes),*])
}

/// How a request shows what the scheme asks for; `Other`, which nobody can show, where HTTP has no place for it.
fn kind(scheme: &SecurityScheme) -> TokenStream {
    let name = scheme.name.as_deref().filter(|name| !name.is_empty());
    match (scheme.kind.as_str(), scheme.place.as_deref(), name) {
        ("http bearer" | "oauth2" | "openIdConnect", ..) => quote!(Bearer),
        ("http basic" | "userPassword", ..) => quote!(Basic),
        ("httpApiKey", Some("header"), Some(name)) => quote!(HeaderKey(#name)),
        ("httpApiKey", Some("query"), Some(name)) => quote!(QueryKey(#name)),
        ("httpApiKey", Some("cookie"), Some(name)) => quote!(CookieKey(#name)),
        ("X509", ..) => quote!(Certificate),
        _ => quote!(Other),
    }
}
