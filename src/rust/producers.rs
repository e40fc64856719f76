//! The model -> tokens: a producer for each operation that this side sends, and the list of what producers publish.
//!
//! In: an operation with its messages. Out: a type with methods that send and prepare, and constants by which a prepared
//! message is known again, wherever it was kept meanwhile.

use super::checks::identifier;
use super::documentation::{code, documentation};
use super::operations::{Carried, Operations};
use super::snippets;
use crate::document::Operation;
use crate::names::{self, Scope};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The methods of a producer for one message: the plain one, the one that lets the envelope be changed, and the one that
/// publishes nothing.
pub(super) struct ProducerMethods {
    pub send: Ident,
    pub send_with: Ident,
    pub prepare: Ident,
}

impl Operations<'_> {
    /// The list of all that producers publish, for whoever publishes what they prepared.
    pub(super) fn publications(&mut self) -> Option<TokenStream> {
        let publications = &self.publications;
        if publications.is_empty() {
            return None;
        }
        let constant = identifier(&self.value_scope.claim("PUBLICATIONS"));
        Some(quote! {
            /// Every message that a producer of this module prepares.
            pub static #constant: &[&rt::Publication] = &[#(&#publications),*];
        })
    }

    /// The methods of a producer for each of its messages.
    pub(super) fn producer_methods(&self, carried: &[Carried<'_>]) -> Vec<ProducerMethods> {
        let mut scope = Scope::default();
        let mut claim = |name: String| identifier(&scope.claim(&name));
        carried
            .iter()
            .map(|Carried { suffix, .. }| ProducerMethods {
                send: claim(format!("send{suffix}")),
                send_with: claim(format!("send{suffix}_with")),
                prepare: claim(format!("prepare{suffix}")),
            })
            .collect()
    }

    pub(super) fn producer(
        &mut self,
        operation: &Operation,
        constant: &Ident,
        parameters: Option<&Ident>,
        carried: &[Carried<'_>],
        head: &TokenStream,
    ) -> (Ident, TokenStream) {
        let name = self.claim_type(&operation.key, "producer");
        let mut taken = Vec::new();
        let mut publications = TokenStream::new();
        let mut prepares = TokenStream::new();
        let mut methods = TokenStream::new();
        for (carried, ProducerMethods { send, send_with, prepare }) in
            carried.iter().zip(self.producer_methods(carried))
        {
            let payload = &carried.payload;
            taken.push(carried.taken(send.clone()));
            let parameters_declared = parameters.map(|of| quote!(parameters: &#of,));
            let parameters_passed = parameters.map(|_| quote!(parameters,));
            let headers_declared = carried.headers.as_ref().map(|(of, _)| quote!(headers: &#of,));
            let headers_passed = carried.headers.as_ref().map(|_| quote!(headers,));
            let address = match parameters {
                Some(_) => quote!(parameters.address()?),
                None => quote!(rt::codegen::routing::address(#constant.channel(), &[])?),
            };
            let envelope = carried.envelope();
            let (about, key, bound) = (&carried.about, carried.key, &carried.bindings);
            let event = carried.event.as_ref().map(|event| quote!(.with_event(#event)));
            let publication_name = format!("{} {} publication", operation.key, carried.suffix);
            let publication = identifier(&self.value_scope.claim(&names::constant_name(&publication_name)));
            let head_publication =
                documentation(None, &format!("The message {} of {}.", code(key), code(&operation.key)));
            publications.extend(quote! {
                #head_publication
                pub static #publication: rt::Publication = rt::Publication::new(&#constant, #key, &[#(#bound),*]) #event;
            });
            self.publications.push(publication.clone());
            prepares.extend(quote! {
                #about
                ///
                /// It is addressed and encoded, and published by whoever is given it: a transport, or an outbox.
                ///
                /// # Errors
                /// The message does not fit its schema, or the address cannot be built.
                pub fn #prepare(#parameters_declared #headers_declared message: &#payload) -> Result<rt::Prepared, rt::PublishError> {
                    let address = #address;
                    #envelope
                    Ok(rt::Prepared::new(&#publication, address, envelope))
                }
            });
            methods.extend(quote! {
                #about
                ///
                /// # Errors
                /// The message does not fit its schema, the address cannot be built, or the transport did not confirm.
                pub async fn #send(&self, #parameters_declared #headers_declared message: &#payload) -> Result<rt::Receipt, rt::PublishError> {
                    self.#send_with(#parameters_passed #headers_passed message, |envelope| envelope).await
                }

                /// The same, with a partition key, an id or headers of its own.
                ///
                /// # Errors
                /// The message does not fit its schema, the address cannot be built, or the transport did not confirm.
                pub async fn #send_with(
                    &self,
                    #parameters_declared
                    #headers_declared
                    message: &#payload,
                    with: impl FnOnce(rt::Message) -> rt::Message,
                ) -> Result<rt::Receipt, rt::PublishError> {
                    #name::#prepare(#parameters_passed #headers_passed message)?.map(with).publish(&self.transport).await
                }
            });
        }
        self.sketches.extend(snippets::sending(&operation.key, &name, parameters, &taken));
        let tokens = quote! {
            #publications

            #head
            #[derive(Debug, Clone)]
            pub struct #name<T> {
                transport: T,
            }

            impl #name<()> {
                #prepares
            }

            impl<T: rt::Transport> #name<T> {
                /// A producer on a transport.
                #[must_use]
                pub const fn new(transport: T) -> Self {
                    Self { transport }
                }

                #methods
            }
        };
        (name, tokens)
    }
}
