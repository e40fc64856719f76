//! The model -> a module for tests of the application: what its other side sends, and what it published, by type.
//!
//! In: operations as they are generated. Out: the module `testing`, whose types stand on the runtime's feature `testing` and are
//! not there without it.

use super::checks::identifier;
use super::documentation::{code, documentation};
use super::operations::{Carried, Operations};
use crate::document::Operation;
use crate::names::{self, Scope};
use indexmap::IndexMap;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// What the module will hold.
#[derive(Default)]
pub(super) struct Testing {
    /// The producers of the other side.
    producers: TokenStream,
    /// The methods that send what the application receives.
    sends: Vec<TokenStream>,
    /// The types that the application sends, by their text, and the operations that send them.
    sent: IndexMap<String, (TokenStream, Vec<Ident>)>,
    methods: Scope,
}

impl Testing {
    /// The application sends these messages.
    pub(super) fn sends(&mut self, constant: &Ident, carried: &[Carried<'_>]) {
        for Carried { payload, .. } in carried {
            let (_, operations) = self.sent.entry(payload.to_string()).or_insert_with(|| (payload.clone(), Vec::new()));
            if !operations.contains(constant) {
                operations.push(constant.clone());
            }
        }
    }

    /// The module.
    pub(super) fn tokens(self) -> TokenStream {
        let Self { producers, sends, sent, .. } = self;
        let sent = sent.into_values().map(|(payload, operations)| quote!(#payload = [#(#operations),*]));
        let head = documentation(
            None,
            "For tests: a transport that remembers what went over it, with the types of this module. It needs the feature \
             `testing` of `tidings-runtime`.",
        );
        quote! {
            #head
            #[allow(dead_code, unused_imports)]
            pub mod testing {
                use super::*;

                #producers

                rt::codegen::routing::implement_testing!([#(#sends),*], [#(#sent),*]);
            }
        }
    }
}

impl Operations<'_> {
    /// The application receives these messages: the other side sends them, by `producer` where it is generated anyway.
    pub(super) fn test_receiving(
        &mut self,
        operation: &Operation,
        constant: &Ident,
        parameters: Option<&Ident>,
        carried: &[Carried<'_>],
        producer: Option<Ident>,
    ) {
        let producer = producer.unwrap_or_else(|| {
            let head = documentation(None, &format!("Sends what {} receives.", code(&operation.key)));
            // How it is used is said by the tests themselves.
            let (sketches, publications) = (self.sketches.len(), self.publications.len());
            let (name, tokens) = self.producer(operation, constant, parameters, carried, &head);
            self.sketches.truncate(sketches);
            self.publications.truncate(publications);
            if let Some(testing) = &mut self.testing {
                testing.producers.extend(tokens);
            }
            name
        });
        let methods = self.producer_methods(carried);
        let Some(testing) = &mut self.testing else { return };
        let plain = names::value_name(&operation.key);
        let plain = plain.trim_start_matches("r#");
        let about = plain.strip_prefix("on_").filter(|rest| !rest.is_empty()).unwrap_or(plain);
        for (carried, methods) in carried.iter().zip(methods) {
            let send = methods.send;
            let function = identifier(&testing.methods.claim(&format!("send_{about}{}", carried.suffix)));
            let payload = &carried.payload;
            let parameters = parameters.map(|of| quote!(parameters: #of,));
            let headers = carried.headers.as_ref().map(|(of, _)| quote!(headers: #of,));
            testing.sends.push(quote!(#producer.#send as #function(#parameters #headers message: #payload)));
        }
    }
}
