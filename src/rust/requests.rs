//! The model -> tokens: requests and replies, for operations whose document says that a reply comes back.
//!
//! In: an operation with its `reply`. Out: an enum of the replies, and on the side that sends a requester. On HTTP the answer to
//! a request is the response, which is not generated here.

use super::checks::{Checker, identifier};
use super::documentation::{code, documentation};
use super::operations::{Carried, Operations, event_read};
use crate::document::{Channel, Location, Operation, Part, Server};
use crate::names::{self, Scope};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::{BTreeMap, BTreeSet};

/// What is generated of the reply of an operation.
pub(super) struct Replies {
    /// The enum of the replies.
    pub reply: Ident,
    /// The constant that says where they go.
    pub exchange: Ident,
}

/// A runtime expression as the runtime has it, or its `None`: where there is none, or none that can be read.
pub(super) fn place(expression: Option<&str>) -> TokenStream {
    location(expression).map_or_else(|| quote!(None), |place| quote!(Some(#place)))
}

fn location(expression: Option<&str>) -> Option<TokenStream> {
    let Location { part, pointer } = expression.and_then(Location::parse)?;
    Some(match part {
        Part::Header => quote!(rt::message::Place::Header(#pointer)),
        Part::Payload => quote!(rt::message::Place::Payload(#pointer)),
    })
}

impl Operations<'_> {
    /// The enum of an operation's replies and the constant that says where they go; `None` where there is no reply, or it is
    /// a response of HTTP.
    pub(super) fn replies(
        &mut self,
        operation: &Operation,
        channel: &Channel,
        checker: &mut Checker<'_>,
    ) -> Option<(Replies, TokenStream)> {
        let reply = operation.reply.as_ref().filter(|_| !self.is_http(channel))?;
        let carried = self.carried(
            // What the operation says of its own messages, it does not say of those that come back.
            &Operation {
                messages: reply.messages.clone(),
                partition_key: None,
                cloud_events: None,
                ..operation.clone()
            },
            checker,
        );
        let name = self.claim_type(&operation.key, "reply");
        let exchange =
            identifier(&self.value_scope.claim(&names::constant_name(&format!("{} exchange", operation.key))));
        let constant = reply.channel.and_then(|id| self.channels.get(&id)).map(|names| &names.constant);
        let constant = constant.map_or_else(|| quote!(None), |constant| quote!(Some(&#constant)));
        let address = place(reply.address_location.as_deref());
        let mut seen = BTreeSet::new();
        let messages = reply.messages.iter().filter_map(|id| self.document.message(*id));
        let correlations = messages.filter_map(|message| location(message.correlation_location.as_deref()));
        let correlations: Vec<TokenStream> = correlations.filter(|place| seen.insert(place.to_string())).collect();
        let head_exchange =
            documentation(None, &format!("How the replies of {} find who asked.", code(&operation.key)));
        let head = documentation(None, &format!("What comes back of {}.", code(&operation.key)));
        let enumeration = self.reply_enum(&name, &carried, &head);
        let tokens = quote! {
            #head_exchange
            pub static #exchange: rt::request::Exchange =
                rt::request::Exchange::new(#constant, #address, &[#(#correlations),*]);

            #enumeration
        };
        Some((Replies { reply: name, exchange }, tokens))
    }

    fn is_http(&self, channel: &Channel) -> bool {
        let of_channel: Vec<&Server> = channel.servers.iter().filter_map(|id| self.document.server(*id)).collect();
        let servers = if of_channel.is_empty() { self.document.servers.iter().collect() } else { of_channel };
        !servers.is_empty() && servers.iter().all(|server| matches!(server.protocol.as_str(), "http" | "https"))
    }

    fn reply_enum(&self, name: &Ident, carried: &[Carried<'_>], head: &TokenStream) -> TokenStream {
        let variants: Vec<Ident> = Scope::claim_all(carried.iter().map(|carried| carried.key), names::variant_name)
            .iter()
            .map(|name| identifier(name))
            .collect();
        let declared = carried.iter().zip(&variants).map(|(carried, variant)| {
            let (about, payload) = (&carried.about, &carried.payload);
            let headers = carried.headers.as_ref().map(|(of, _)| quote!(, #of));
            quote!(#about #variant(#payload #headers))
        });
        let written = carried.iter().zip(&variants).map(|(carried, variant)| {
            let headers = carried.headers.as_ref().map(|_| quote!(, headers));
            let (envelope, correlation) = (carried.envelope(), &carried.correlation);
            quote!(Self::#variant(message #headers) => { #envelope Ok((envelope, #correlation)) })
        });
        let read = carried.iter().zip(&variants).map(|(carried, variant)| {
            let headers_read = carried.headers_read();
            let headers = carried.headers.as_ref().map(|_| quote!(, #headers_read));
            carried.attempt(&quote!(return Ok(Self::#variant(message #headers));))
        });
        let event_read = event_read(carried);
        let events = carried.iter().zip(&variants).filter_map(|(carried, variant)| {
            let event = carried.event.as_ref()?;
            Some(quote!(Self::#variant(..) => Some(#event),))
        });
        let event_written = event_read.is_some().then(|| {
            let others = carried.iter().any(|carried| carried.event.is_none()).then(|| quote!(_ => None,));
            quote! {
                fn event(&self) -> Option<rt::message::CloudEvent> {
                    match self {
                        #(#events)*
                        #others
                    }
                }
            }
        });
        // A payload that says which reply it is becomes one by itself.
        let mut uses = BTreeMap::<String, usize>::new();
        for carried in carried {
            *uses.entry(carried.payload.to_string()).or_default() += 1;
        }
        let plain = carried
            .iter()
            .zip(&variants)
            .filter(|(carried, _)| carried.headers.is_none() && uses.get(&carried.payload.to_string()) == Some(&1));
        let conversions = plain.map(|(Carried { payload, .. }, variant)| {
            quote! {
                impl From<#payload> for #name {
                    fn from(message: #payload) -> Self {
                        Self::#variant(message)
                    }
                }
            }
        });
        quote! {
            #head
            #[derive(Debug, Clone, PartialEq)]
            pub enum #name {
                #(#declared,)*
            }

            #(#conversions)*

            impl rt::codegen::routing::Reply for #name {
                fn write(&self) -> Result<(rt::Message, Option<rt::message::Place>), rt::PublishError> {
                    match self {
                        #(#written)*
                    }
                }

                #event_written

                fn read(received: &rt::codegen::routing::Received) -> Result<Self, rt::codegen::routing::Failure> {
                    #event_read
                    let mut refused = rt::codegen::routing::Refused::default();
                    #(#read)*
                    Err(refused.into())
                }
            }
        }
    }

    /// The side that asks: a producer's messages, each of which waits for its reply.
    pub(super) fn requester(
        &mut self,
        operation: &Operation,
        replies: &Replies,
        producer: &Ident,
        parameters: Option<&Ident>,
        carried: &[Carried<'_>],
    ) -> TokenStream {
        let name = self.claim_type(&operation.key, "requester");
        let Replies { reply, exchange } = replies;
        let mut scope = Scope::default();
        let methods: Vec<TokenStream> = carried
            .iter()
            .zip(self.producer_methods(carried))
            .map(|(carried, methods)| {
                let (about, payload, correlation) = (&carried.about, &carried.payload, &carried.correlation);
                let (request, prepare) =
                    (identifier(&scope.claim(&format!("request{}", carried.suffix))), methods.prepare);
                let parameters_declared = parameters.map(|of| quote!(parameters: &#of,));
                let parameters_passed = parameters.map(|_| quote!(parameters,));
                let headers_declared = carried.headers.as_ref().map(|(of, _)| quote!(headers: &#of,));
                let headers_passed = carried.headers.as_ref().map(|_| quote!(headers,));
                quote! {
                    #about
                    ///
                    /// Correlation id and reply address are written where the document has them; a correlation id that
                    /// stands there is taken as it is.
                    ///
                    /// # Errors
                    /// The request was not published, or no reply came that is what the document says.
                    pub async fn #request(
                        &self,
                        #parameters_declared
                        #headers_declared
                        message: &#payload,
                    ) -> Result<#reply, rt::request::RequestError> {
                        let prepared = #producer::#prepare(#parameters_passed #headers_passed message)?;
                        rt::codegen::routing::request(&self.0, prepared, #correlation).await
                    }
                }
            })
            .collect();
        let head = documentation(None, &format!("Asks by {}, and waits for the replies.", code(&operation.key)));
        quote! {
            #head
            #[derive(Debug, Clone)]
            pub struct #name<T>(rt::request::Requester<T>);

            impl<T: rt::Transport> #name<T> {
                /// Opens an inbox for replies: at the address of their channel, or at one of its own.
                ///
                /// # Errors
                /// The transport cannot subscribe there.
                pub async fn open(transport: T) -> Result<Self, rt::transport::SubscribeError> {
                    Ok(Self(rt::request::Requester::open(transport, &#exchange, None).await?))
                }

                /// The same, with the inbox at an address of the caller's.
                ///
                /// # Errors
                /// The transport cannot subscribe there.
                pub async fn open_at(transport: T, address: &str) -> Result<Self, rt::transport::SubscribeError> {
                    Ok(Self(rt::request::Requester::open(transport, &#exchange, Some(address)).await?))
                }

                /// How long to wait for a reply; 30 s unless set.
                #[must_use]
                pub fn timeout(self, limit: ::std::time::Duration) -> Self {
                    Self(self.0.timeout(limit))
                }

                /// The inbox and the requests that wait.
                pub const fn requester(&self) -> &rt::request::Requester<T> {
                    &self.0
                }

                #(#methods)*
            }
        }
    }
}
