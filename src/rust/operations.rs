//! The model -> tokens: channels, parameters, a producer for each operation that this side sends, a handler trait and a
//! consumer for each that it receives.

use super::Role;
use super::bindings::{self, bindings, group};
use super::bridge::Bridged;
use super::checks::{Checker, identifier};
use super::documentation::{code, documentation};
use super::ir::{ItemId, ItemKind, Type, Types};
use super::requests::{self, Replies};
use super::security;
use super::snippets::{self, Sketch, Taken};
use super::testing::Testing;
use crate::document::{
    Action, Channel, ChannelId, Document, EventMode, Message, MessageId, Operation, Parameter, Part, Server,
};
use crate::names::{self, Scope};
use crate::reference::Files;
use crate::schema::SchemaId;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::{BTreeMap, BTreeSet};

/// The types of a message.
pub(super) struct MessageTypes {
    /// `None`: bytes in a format that is not read.
    pub payload: Option<ItemId>,
    pub headers: Option<ItemId>,
    /// What a payload without a type of its own is sent as.
    pub content_type: Option<String>,
    /// The schema of its partition key, as its Kafka binding has it.
    pub key: Option<SchemaId>,
}

/// The generated code of a document, but for its types.
pub(super) struct Operations<'a> {
    files: &'a Files,
    pub(super) document: &'a Document,
    types: &'a Types,
    messages: &'a BTreeMap<MessageId, MessageTypes>,
    /// Names of channels and messages, which several operations use.
    pub(super) channels: BTreeMap<ChannelId, ChannelNames>,
    message_names: BTreeMap<MessageId, String>,
    /// Enums of parameters in the components, by their keys there.
    parameter_names: BTreeMap<String, Ident>,
    /// Types and traits.
    type_scope: Scope,
    pub(super) value_scope: Scope,
    /// How the code is used.
    pub(super) sketches: Vec<Sketch>,
    /// What tests of it need, where that is wanted.
    pub(super) testing: Option<Testing>,
    /// The constants of what producers publish.
    pub(super) publications: Vec<Ident>,
}

pub(super) struct ChannelNames {
    pub constant: Ident,
    parameters: Option<Ident>,
}

/// One message of an operation, ready to be written.
pub(super) struct Carried<'a> {
    pub key: &'a str,
    pub about: TokenStream,
    pub payload: TokenStream,
    pub headers: Option<(TokenStream, TokenStream)>,
    pub headers_check: TokenStream,
    content_type: Option<&'a str>,
    /// The statement that sets the partition key.
    key_set: TokenStream,
    /// Its bindings, protocol and JSON text.
    pub bindings: Vec<TokenStream>,
    /// `_created` where an operation has several messages, nothing where it has one.
    pub suffix: String,
    /// Where its correlation id stands, as the runtime has it; `None` where the document says nothing.
    pub correlation: TokenStream,
    /// Says of its constant that it is a CloudEvent, where it is one.
    pub event: Option<TokenStream>,
}

impl Carried<'_> {
    /// The statements that make an `envelope` of a `message` and its `headers`.
    pub(super) fn envelope(&self) -> TokenStream {
        let payload = &self.payload;
        let headers_set = self.headers.as_ref().map(|_| {
            let check = &self.headers_check;
            quote!(rt::codegen::routing::set_headers(&mut envelope.headers, headers, #check)?;)
        });
        let key_set = &self.key_set;
        let content_type = match self.content_type {
            Some(content_type) => quote!(#content_type),
            None => quote!(<#payload as rt::Payload>::CONTENT_TYPE),
        };
        quote! {
            #[allow(unused_mut)]
            let mut envelope = rt::codegen::routing::envelope(message, #content_type)?;
            #headers_set
            #key_set
        }
    }

    /// The statement that reads what was received as this message, or adds to `refused` why it is none; `with` is done with
    /// the `message`.
    pub(super) fn attempt(&self, with: &TokenStream) -> TokenStream {
        let (name, payload) = (self.key, &self.payload);
        quote! {
            match rt::codegen::routing::payload::<#payload>(received) {
                Ok(message) => { #with }
                Err(error) => refused.add(#name, error),
            }
        }
    }

    /// The headers of what was received.
    pub(super) fn headers_read(&self) -> TokenStream {
        match &self.headers {
            Some((of, fields)) => {
                let check = &self.headers_check;
                quote!(rt::codegen::routing::headers::<#of>(received, #fields, #check)?)
            }
            None => quote!(()),
        }
    }

    /// The message as a method takes it.
    pub(super) fn taken(&self, method: Ident) -> Taken {
        Taken { method, payload: self.payload.clone(), headers: self.headers.as_ref().map(|(of, _)| of.clone()) }
    }
}

impl<'a> Operations<'a> {
    pub(super) fn new(
        files: &'a Files,
        document: &'a Document,
        types: &'a Types,
        messages: &'a BTreeMap<MessageId, MessageTypes>,
        type_scope: Scope,
        testing: bool,
    ) -> Self {
        let keys = document.messages.iter().map(|message| message.key.as_str());
        let message_names =
            document.messages().map(|(id, _)| id).zip(Scope::claim_all(keys, names::value_name)).collect();
        Self {
            files,
            document,
            types,
            messages,
            channels: BTreeMap::new(),
            message_names,
            parameter_names: BTreeMap::new(),
            type_scope,
            value_scope: Scope::default(),
            sketches: Vec::new(),
            testing: testing.then(Testing::default),
            publications: Vec::new(),
        }
    }

    /// All of it, for the sides that `role` asks for, and how it is used.
    pub(super) fn tokens(mut self, role: Role, checker: &mut Checker<'_>) -> (TokenStream, Vec<Sketch>) {
        let mut out: TokenStream = self.document.servers.iter().map(|server| self.server(server)).collect();
        for (id, channel) in self.document.channels() {
            let replies = |operation: &Operation| operation.reply.as_ref().and_then(|reply| reply.channel);
            let uses = |operation: &Operation| operation.channel == id || replies(operation) == Some(id);
            if self.document.operations.iter().any(uses) {
                out.extend(self.channel(id, channel));
            }
        }
        for operation in &self.document.operations {
            out.extend(self.operation(operation, role, checker));
        }
        out.extend(self.testing.take().map(Testing::tokens));
        out.extend(self.publications());
        (out, self.sketches)
    }

    fn server(&mut self, server: &Server) -> TokenStream {
        let constant = identifier(&self.value_scope.claim(&names::constant_name(&format!("{} server", server.key))));
        let shown = server.key.replace('`', "'");
        let head = documentation(server.description.as_deref(), &format!("The server `{shown}` of the document."));
        let (key, protocol, host) = (&server.key, &server.protocol, &server.host);
        let pathname = server.pathname.as_deref().unwrap_or("");
        let variables = server.variables.iter().map(|variable| {
            let name = &variable.name;
            match &variable.default {
                Some(default) => quote!((#name, Some(#default))),
                None => quote!((#name, None)),
            }
        });
        let allowed = server.variables.iter().filter(|variable| !variable.allowed.is_empty()).map(|variable| {
            let (name, allowed) = (&variable.name, &variable.allowed);
            quote!((#name, &[#(#allowed),*]))
        });
        let allowed = listed("with_allowed", allowed);
        let security = server.security.iter().flatten().filter(|scheme| !scheme.kind.is_empty());
        let security = listed("with_security", security.map(|scheme| scheme.kind.to_token_stream()));
        let version = server.protocol_version.as_ref().map(|version| quote!(.with_protocol_version(#version)));
        let bound = self.files.node(server.node).get("bindings").and_then(|node| self.files.follow(node).ok());
        let bindings = bindings(self.files, bound.map(|node| node.id()));
        quote! {
            #head
            pub static #constant: rt::Server = rt::Server::new(#key, #protocol, #host, #pathname, &[#(#variables),*])
                #allowed
                #security
                #version
                #bindings;
        }
    }

    pub(super) fn claim_type(&mut self, key: &str, suffix: &str) -> Ident {
        identifier(&self.type_scope.claim(&names::type_name(&format!("{key} {suffix}"))))
    }

    fn channel(&mut self, id: ChannelId, channel: &Channel) -> TokenStream {
        let constant = identifier(&self.value_scope.claim(&names::constant_name(&format!("{} channel", channel.key))));
        let key = &channel.key;
        let address = match &channel.address {
            Some(address) => quote!(Some(#address)),
            None => quote!(None),
        };
        let shown = address_shown(channel);
        let head = documentation(
            channel.description.as_deref().or(channel.summary.as_deref()).or(channel.title.as_deref()),
            &format!("The channel at {shown}."),
        );
        let bindings = bindings(self.files, channel.bindings);
        let parameters = (!channel.parameters.is_empty()).then(|| self.parameters(channel, &constant));
        let (name, parameters) = parameters.unzip();
        self.channels.insert(id, ChannelNames { constant: constant.clone(), parameters: name });
        quote! {
            #head
            pub static #constant: rt::Channel = rt::Channel::new(#key, #address) #bindings;
            #parameters
        }
    }

    /// The struct of a channel's address parameters: one that is missing does not compile.
    fn parameters(&mut self, channel: &Channel, constant: &Ident) -> (Ident, TokenStream) {
        let name = self.claim_type(&channel.key, "parameters");
        let keys: Vec<&str> = channel.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
        let idents: Vec<Ident> =
            Scope::claim_all(keys.iter().copied(), names::value_name).iter().map(|name| identifier(name)).collect();
        let kinds: Vec<Option<(Ident, Option<TokenStream>)>> =
            channel.parameters.iter().map(|parameter| self.enumerated(channel, parameter)).collect();
        let fields = channel.parameters.iter().zip(&idents).zip(&kinds).map(|((parameter, ident), kind)| {
            let head = documentation(parameter.description.as_deref(), &code(&parameter.name));
            let of = kind.as_ref().map_or_else(|| quote!(String), |(name, _)| quote!(#name));
            quote!(#head pub #ident: #of)
        });
        let read = idents.iter().zip(&kinds).map(|(ident, kind)| match kind {
            Some(_) => quote!(#ident: rt::codegen::routing::parameter(&#ident)?),
            None => quote!(#ident),
        });
        let enumerations = kinds.iter().flatten().filter_map(|(_, tokens)| tokens.as_ref());
        let head = documentation(None, &format!("The parameters of {}.", address_shown(channel)));
        let tokens = quote! {
            #head
            #[derive(Debug, Clone, PartialEq, Eq, Hash)]
            pub struct #name {
                #(#fields,)*
            }

            impl #name {
                /// The address with these values in it.
                ///
                /// # Errors
                /// A value is empty, or would change the shape of the address.
                pub fn address(&self) -> Result<String, rt::PublishError> {
                    rt::codegen::routing::address(&#constant, &[#((#keys, self.#idents.as_str())),*])
                }
            }

            impl rt::codegen::routing::Parameters for #name {
                fn received(received: &rt::codegen::routing::Received) -> Result<Self, rt::codegen::routing::Failure> {
                    let [#(#idents),*] = rt::codegen::routing::parameters(received, [#(#keys),*])?;
                    Ok(Self { #(#read),* })
                }
            }

            #(#enumerations)*
        };
        (name, tokens)
    }

    /// The enum of a parameter for which the document lists the values; its definition where it is met first. Channels
    /// share that of a component.
    fn enumerated(&mut self, channel: &Channel, parameter: &Parameter) -> Option<(Ident, Option<TokenStream>)> {
        let mut seen = BTreeSet::new();
        let texts: Vec<&String> = parameter.allowed.iter().filter(|text| seen.insert(*text)).collect();
        if texts.is_empty() {
            return None;
        }
        let name = match &parameter.component {
            Some(component) => {
                if let Some(name) = self.parameter_names.get(component) {
                    return Some((name.clone(), None));
                }
                let name = self.claim_type(component, "parameter");
                self.parameter_names.insert(component.clone(), name.clone());
                name
            }
            None => self.claim_type(&channel.key, &parameter.name),
        };
        let variants: Vec<Ident> = Scope::claim_all(texts.iter().map(|text| text.as_str()), names::variant_name)
            .iter()
            .map(|name| identifier(name))
            .collect();
        let head =
            documentation(parameter.description.as_deref(), &format!("The values of {}.", code(&parameter.name)));
        let heads = texts.iter().map(|text| documentation(None, &code(text)));
        let key = &parameter.name;
        let tokens = quote! {
            #head
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum #name {
                #(#heads #variants,)*
            }

            rt::codegen::routing::implement_parameter!(#name, #key, { #(#variants = #texts),* });
        };
        Some((name, Some(tokens)))
    }

    fn operation(&mut self, operation: &Operation, role: Role, checker: &mut Checker<'_>) -> TokenStream {
        let Some(channel) = self.document.channel(operation.channel) else { return TokenStream::new() };
        let carried = self.carried(operation, checker);
        let constant =
            identifier(&self.value_scope.claim(&names::constant_name(&format!("{} operation", operation.key))));
        let Some(names) = self.channels.get(&operation.channel) else { return TokenStream::new() };
        let (channel_constant, parameters) = (names.constant.clone(), names.parameters.clone());
        let head = documentation(None, &format!("The operation {} of the document.", code(&operation.key)));
        let key = &operation.key;
        let bindings = bindings(self.files, operation.bindings);
        let group = group(self.files, operation.bindings.filter(|_| operation.action == Action::Receive));
        let security = security::of_operation(self.document, operation, channel);
        let action = identifier(match operation.action {
            Action::Send => "Send",
            Action::Receive => "Receive",
        });
        let mut out = quote! {
            #head
            pub static #constant: rt::Operation =
                rt::Operation::new(#key, &#channel_constant, rt::Action::#action) #bindings #group #security;
        };
        let about = operation.about.as_deref();
        let address = address_shown(channel);
        let mut producer = None;
        let replies = self.replies(operation, channel, checker).map(|(replies, tokens)| {
            out.extend(tokens);
            replies
        });
        for action in role.actions(operation.action) {
            // The bridge is the document's own side.
            let bridged = (action == operation.action).then_some(Bridged {
                operation,
                channel,
                constant: &constant,
                parameters: parameters.as_ref(),
                carried: &carried,
            });
            match action {
                Action::Send => {
                    let head = documentation(about, &format!("Publishes to {address}."));
                    let (name, tokens) = self.producer(operation, &constant, parameters.as_ref(), &carried, &head);
                    out.extend(tokens);
                    if let Some(replies) = &replies {
                        out.extend(self.requester(operation, replies, &name, parameters.as_ref(), &carried));
                    }
                    out.extend(bridged.map(|bridged| self.bridge_sending(&bridged, &name)));
                    if let Some(testing) = &mut self.testing {
                        testing.sends(&constant, &carried);
                    }
                    producer = Some(name);
                }
                Action::Receive => {
                    let head = documentation(about, &format!("Handles what comes from {address}."));
                    out.extend(self.consumer(
                        operation,
                        &constant,
                        parameters.as_ref(),
                        &carried,
                        replies.as_ref(),
                        &head,
                    ));
                    out.extend(bridged.map(|bridged| self.bridge_receiving(&bridged)));
                    if self.testing.is_some() {
                        let producer = producer.take();
                        self.test_receiving(operation, &constant, parameters.as_ref(), &carried, producer);
                    }
                }
            }
        }
        out
    }

    pub(super) fn carried(&self, operation: &Operation, checker: &mut Checker<'_>) -> Vec<Carried<'a>> {
        if operation.messages.is_empty() {
            // The document names no message: whatever comes is passed on as bytes.
            return vec![Carried {
                key: "message",
                about: documentation(None, "A message that the document does not describe."),
                payload: quote!(rt::Raw),
                headers: None,
                headers_check: TokenStream::new(),
                content_type: None,
                key_set: TokenStream::new(),
                bindings: Vec::new(),
                suffix: String::new(),
                correlation: quote!(None),
                event: None,
            }];
        }
        // A document may list a message twice.
        let messages: BTreeSet<MessageId> = operation.messages.iter().copied().collect();
        let mut left = messages.clone();
        let several = messages.len() > 1;
        operation
            .messages
            .iter()
            .filter(|id| left.remove(id))
            .filter_map(|id| {
                let (message, types) = (self.document.message(*id)?, self.messages.get(id)?);
                let item = |id: ItemId| self.types.get(id);
                let payload = match types.payload.and_then(item) {
                    Some(item) => item.tokens(),
                    None => quote!(rt::Raw),
                };
                let headers = types.headers.and_then(item);
                let headers_check = match headers {
                    Some(item) => checker.outside(item.schema, &item.name),
                    None => TokenStream::new(),
                };
                let key_set = self.key_set(operation, message, types, checker);
                let name = self.message_names.get(id).map_or("message", String::as_str);
                Some(Carried {
                    key: &message.key,
                    about: message_documentation(message),
                    payload,
                    headers: headers.map(|item| (item.tokens(), self.header_fields(&item.kind))),
                    headers_check,
                    content_type: types.content_type.as_deref(),
                    key_set,
                    bindings: bindings::of_message(self.files, message.bindings),
                    suffix: if several { format!("_{}", name.trim_start_matches("r#")) } else { String::new() },
                    correlation: requests::place(message.correlation_location.as_deref()),
                    event: self.event(operation, message),
                })
            })
            .collect()
    }

    /// What makes a message a CloudEvent: its mode, the application that it comes from, and what it is called.
    fn event(&self, operation: &Operation, message: &Message) -> Option<TokenStream> {
        let mode = operation.cloud_events.or(message.cloud_events)?;
        let title =
            || format!("/{}", names::value_name(&self.document.title).trim_start_matches("r#").replace('_', "-"));
        let source = self.document.id.clone().filter(|id| !id.is_empty()).unwrap_or_else(title);
        let event_type = message.name.as_ref().unwrap_or(&message.key);
        Some(match mode {
            EventMode::Binary => quote!(rt::message::CloudEvent::binary(#source, #event_type)),
            EventMode::Structured => quote!(rt::message::CloudEvent::structured(#source, #event_type)),
        })
    }

    /// Sets the partition key from where the document says that it stands; nothing where it says nothing, or names a part
    /// that has no type.
    fn key_set(
        &self,
        operation: &Operation,
        message: &Message,
        types: &MessageTypes,
        checker: &mut Checker<'_>,
    ) -> TokenStream {
        let location = operation.partition_key.as_ref().or(message.partition_key.as_ref());
        let part = location.and_then(|location| match location.part {
            Part::Header => types.headers.map(|_| (quote!(headers), &location.pointer)),
            Part::Payload => types.payload.map(|_| (quote!(message), &location.pointer)),
        });
        let Some((part, pointer)) = part else { return TokenStream::new() };
        let check = match types.key {
            Some(schema) => checker.outside(schema, &format!("{} key", message.key)),
            None => quote!(rt::codegen::anything),
        };
        quote!(envelope.key = rt::codegen::routing::key(#part, #pointer, #check)?;)
    }

    /// The headers that the document names, and whether their text is JSON rather than the value itself.
    fn header_fields(&self, kind: &ItemKind) -> TokenStream {
        let ItemKind::Struct { fields, .. } = kind else { return quote!(&[]) };
        let fields = fields.iter().map(|field| {
            let key = &field.key;
            let json = !self.is_text(&field.of);
            quote!((#key, #json))
        });
        quote!(&[#(#fields),*])
    }

    fn is_text(&self, of: &Type) -> bool {
        match of {
            Type::Text | Type::Formatted(_) => true,
            Type::Item(item) => match self.types.get(*item).map(|item| &item.kind) {
                Some(ItemKind::Enumeration(_)) => true,
                Some(ItemKind::Newtype(of)) => self.is_text(of),
                _ => false,
            },
            Type::Nullable(of) | Type::Boxed(of) => self.is_text(of),
            _ => false,
        }
    }

    fn consumer(
        &mut self,
        operation: &Operation,
        constant: &Ident,
        parameters: Option<&Ident>,
        carried: &[Carried<'_>],
        replies: Option<&Replies>,
        head: &TokenStream,
    ) -> TokenStream {
        let handler = self.claim_type(&operation.key, "handler");
        let dispatch = self.claim_type(&operation.key, "dispatch");
        let function_text = self.value_scope.claim(&names::value_name(&operation.key));
        let function = identifier(&function_text);
        let plain = function_text.trim_start_matches("r#");
        let parameters_type = parameters.map_or_else(|| quote!(()), |of| quote!(#of));
        let methods: Vec<Ident> = carried
            .iter()
            .map(|carried| {
                identifier(&if carried.suffix.is_empty() {
                    function_text.clone()
                } else {
                    format!("{plain}{}", carried.suffix)
                })
            })
            .collect();
        let taken: Vec<Taken> =
            carried.iter().zip(&methods).map(|(carried, method)| carried.taken(method.clone())).collect();
        self.sketches.push(snippets::receiving(&operation.key, &handler, &function, parameters, &taken, replies));
        let outcome = match replies {
            Some(Replies { reply, .. }) => quote!(#reply),
            None => quote!(()),
        };
        let answers = replies.map(|_| {
            quote! {
                ///
                /// The reply is published, and confirmed, before the request is acknowledged.
            }
        });
        let declared = carried.iter().zip(&methods).map(|(carried, method)| {
            let about = &carried.about;
            let payload = &carried.payload;
            let headers = carried.headers.as_ref().map_or_else(|| quote!(()), |(of, _)| quote!(#of));
            quote! {
                #about
                ///
                /// An error is retried with backoff and then dead-lettered; what was acknowledged is not delivered again.
                #answers
                fn #method(
                    &self,
                    message: #payload,
                    context: rt::Context<#parameters_type, #headers>,
                ) -> impl Future<Output = Result<#outcome, rt::HandlerError>> + Send;
            }
        });
        let shared = carried.iter().zip(&methods).map(|(carried, method)| {
            let payload = &carried.payload;
            let headers = carried.headers.as_ref().map_or_else(|| quote!(()), |(of, _)| quote!(#of));
            quote! {
                fn #method(
                    &self,
                    message: #payload,
                    context: rt::Context<#parameters_type, #headers>,
                ) -> impl Future<Output = Result<#outcome, rt::HandlerError>> + Send {
                    H::#method(self, message, context)
                }
            }
        });
        let parameters_read = match parameters {
            Some(of) => quote!(<#of as rt::codegen::routing::Parameters>::received(received)?),
            None => quote!(()),
        };
        let attempts = carried.iter().zip(&methods).map(|(carried, method)| {
            let headers = carried.headers_read();
            let context = quote!(rt::Context::new(received, #parameters_read, #headers));
            carried.attempt(&match replies {
                None => quote!(return Ok(self.0.#method(message, #context).await?);),
                Some(Replies { exchange, .. }) => {
                    let correlation = &carried.correlation;
                    quote! {
                        let handling = self.0.#method(message, #context);
                        let answering = rt::codegen::routing::answer(handling);
                        return rt::request::respond(&self.1, &#exchange, received, #correlation, answering).await;
                    }
                }
            })
        });
        let event_read = event_read(carried);
        // A responder publishes its replies somewhere.
        let (transport, transport_bound, transport_taken, transport_passed) = match replies {
            Some(_) => (quote!(, T), quote!(, T: rt::Transport), quote!(, replies: T), quote!(, replies)),
            None => Default::default(),
        };
        let about_function = documentation(
            None,
            &match replies {
                None => format!("A consumer that gives the messages of {} to a handler.", code(&operation.key)),
                Some(_) => format!(
                    "A consumer that gives the requests of {} to a handler, and publishes its replies.",
                    code(&operation.key)
                ),
            },
        );
        quote! {
            #head
            pub trait #handler: Send + Sync + 'static {
                #(#declared)*
            }

            impl<H: #handler> #handler for ::std::sync::Arc<H> {
                #(#shared)*
            }

            struct #dispatch<H #transport>(H #transport);

            impl<H: #handler #transport_bound> rt::codegen::routing::Dispatch for #dispatch<H #transport> {
                async fn dispatch(&self, received: &rt::codegen::routing::Received) -> Result<(), rt::codegen::routing::Failure> {
                    #event_read
                    let mut refused = rt::codegen::routing::Refused::default();
                    #(#attempts)*
                    Err(refused.into())
                }
            }

            #about_function
            pub fn #function<H: #handler #transport_bound>(handler: H #transport_taken) -> rt::Consumer<impl rt::codegen::routing::Dispatch> {
                rt::codegen::routing::consumer(&#constant, #dispatch(handler #transport_passed))
            }
        }
    }
}

/// Reads what is received as an event, where that is what messages are.
pub(super) fn event_read(carried: &[Carried<'_>]) -> Option<TokenStream> {
    let events = carried.iter().filter(|carried| carried.event.is_some()).count();
    (events > 0).then(|| {
        let all = events == carried.len();
        quote!(let received = &rt::codegen::routing::event(received, #all)?;)
    })
}

fn message_documentation(message: &Message) -> TokenStream {
    documentation(message.about.as_deref(), &format!("The message {}.", code(&message.key)))
}

/// The address of a channel, for a sentence.
pub(super) fn address_shown(channel: &Channel) -> String {
    channel.address.as_deref().map_or_else(|| "an address known at run time".to_owned(), code)
}

/// `.method(&[..])` for a constant; nothing where there is nothing to list.
pub(super) fn listed(method: &str, items: impl Iterator<Item = TokenStream>) -> TokenStream {
    let items: Vec<TokenStream> = items.collect();
    let method = identifier(method);
    if items.is_empty() { TokenStream::new() } else { quote!(.#method(&[#(#items),*])) }
}
