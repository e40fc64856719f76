//! What `x-tidings` says of HTTP -> routes that publish, consumers that post, pollers that publish changes.
//!
//! In: an operation with its messages, and its producer. Out: functions that need the runtime's feature `bridge`, and are
//! not there without it. What always holds: they are on the side that the document describes.

use super::checks::identifier;
use super::documentation::{code, documentation};
use super::operations::{Carried, Operations, address_shown};
use super::security;
use crate::document::{Channel, Operation};
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// An operation, as far as its functions are concerned.
pub(super) struct Bridged<'o> {
    pub operation: &'o Operation,
    pub channel: &'o Channel,
    pub constant: &'o Ident,
    pub parameters: Option<&'o Ident>,
    pub carried: &'o [Carried<'o>],
}

impl Operations<'_> {
    /// The route and the poller of an operation that sends, by its producer.
    pub(super) fn bridge_sending(&mut self, bridged: &Bridged<'_>, producer: &Ident) -> TokenStream {
        let bridge = &bridged.operation.bridge;
        let route = bridge.route.as_ref().map(|path| self.route(bridged, producer, path));
        let poller = bridge.poll.as_ref().map(|url| self.poller(bridged, url));
        route.into_iter().chain(poller).collect()
    }

    /// The consumer of an operation that receives, which posts.
    pub(super) fn bridge_receiving(&mut self, bridged: &Bridged<'_>) -> TokenStream {
        bridged.operation.bridge.call.as_ref().map(|url| self.call(bridged, url)).unwrap_or_default()
    }

    fn function(&mut self, operation: &Operation, suffix: &str) -> Ident {
        identifier(&self.value_scope.claim(&names::value_name(&format!("{} {suffix}", operation.key))))
    }

    fn route(&mut self, bridged: &Bridged<'_>, producer: &Ident, path: &str) -> TokenStream {
        let Bridged { operation, channel, parameters, carried, .. } = bridged;
        let key = &operation.key;
        let dispatch = self.claim_type(key, "route");
        let function = self.function(operation, "route");
        let mut constant =
            |what: &str| identifier(&self.value_scope.claim(&names::constant_name(&format!("{key} route {what}"))));
        let (route, served) = (constant("channel"), constant("operation"));
        let attempts = carried.iter().zip(self.producer_methods(carried)).map(|(carried, methods)| {
            let send_with = methods.send_with;
            let (name, payload) = (carried.key, &carried.payload);
            let parameters_read = parameters
                .map(|of| quote!(let parameters = <#of as rt::codegen::routing::Parameters>::received(received)?;));
            let parameters_passed = parameters.map(|_| quote!(&parameters,));
            let headers_read = carried.headers.as_ref().map(|(of, fields)| {
                let check = &carried.headers_check;
                quote!(let headers = rt::codegen::routing::headers::<#of>(received, #fields, #check)?;)
            });
            let headers_passed = carried.headers.as_ref().map(|_| quote!(&headers,));
            quote! {
                match rt::codegen::routing::payload::<#payload>(received) {
                    Ok(message) => {
                        #parameters_read
                        #headers_read
                        let identified = |envelope| rt::codegen::routing::identified(envelope, received);
                        let sent = self.0.#send_with(#parameters_passed #headers_passed &message, identified).await;
                        return rt::codegen::routing::published(sent);
                    }
                    Err(error) => refused.add(#name, error),
                }
            }
        });
        let asked = security::of_route(operation);
        let (path_shown, address) = (code(path), address_shown(channel));
        let about_channel = documentation(None, &format!("The path {path_shown}, beside {address}."));
        let about_served = documentation(None, &format!("What is posted to {path_shown}."));
        let head =
            documentation(None, &format!("A `POST` route at {path_shown} whose requests are published to {address}."));
        quote! {
            #about_channel
            pub static #route: rt::Channel = rt::Channel::new(#key, Some(#path));

            #about_served
            pub static #served: rt::Operation = rt::Operation::new(#key, &#route, rt::Action::Receive) #asked;

            struct #dispatch<T>(#producer<T>);

            impl<T: rt::Transport> rt::codegen::routing::Dispatch for #dispatch<T> {
                async fn dispatch(&self, received: &rt::codegen::routing::Received) -> Result<(), rt::codegen::routing::Failure> {
                    let mut refused = rt::codegen::routing::Refused::default();
                    #(#attempts)*
                    Err(refused.into())
                }
            }

            rt::codegen::routing::implement_route!(
                #head
                ///
                /// It answers 204 when the transport has confirmed, 400 to what is not what the document says, and 503 when
                /// there was no confirmation. The id of the message is the header `idempotency-key` or `webhook-id`.
                #function, #served, #dispatch, #producer
            );
        }
    }

    fn poller(&mut self, bridged: &Bridged<'_>, url: &str) -> TokenStream {
        let Bridged { operation, channel, constant, parameters, .. } = bridged;
        let function = self.function(operation, "poller");
        let forms = forms(bridged);
        let parameters = parameters.map(|of| quote!(, #of));
        let head = documentation(
            None,
            &format!("Publishes each change of the resource at {} to {}.", code(url), address_shown(channel)),
        );
        quote! {
            rt::codegen::routing::implement_poller!(
                #head
                ///
                /// # Errors
                /// These destinations do not hold that URL, or the address cannot be built.
                #function, #constant, #url, [#forms] #parameters
            );
        }
    }

    fn call(&mut self, bridged: &Bridged<'_>, url: &str) -> TokenStream {
        let Bridged { operation, channel, constant, .. } = bridged;
        let function = self.function(operation, "call");
        let forms = forms(bridged);
        let head = documentation(
            None,
            &format!("A consumer that posts what comes from {} to {}.", address_shown(channel), code(url)),
        );
        quote! {
            rt::codegen::routing::implement_call!(
                #head
                ///
                /// The id of the message is the header `idempotency-key` of each try.
                ///
                /// # Errors
                /// These destinations do not hold that URL.
                #function, #constant, #url, [#forms]
            );
        }
    }
}

/// What the messages of an operation must be.
fn forms(bridged: &Bridged<'_>) -> TokenStream {
    let forms = bridged.carried.iter().map(|carried| {
        let (key, payload) = (carried.key, &carried.payload);
        quote!(#payload = #key)
    });
    quote!(#(#forms),*)
}
