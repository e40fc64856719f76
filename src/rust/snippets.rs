//! How the generated code of an operation is used: a few lines for each side, with the names that the generator gave.
//!
//! In: what the generator knows of a producer or a consumer, and the path of the generated module. Out: a Rust file.

use super::requests::Replies;
use crate::document::Action;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// Code that uses an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// Key of the operation.
    pub operation: String,
    /// What the code does: it sends, or it receives.
    pub action: Action,
    /// The code.
    pub text: String,
}

/// A message as a method of a producer or a handler takes it.
pub(super) struct Taken {
    /// The method.
    pub method: Ident,
    /// Type of the payload.
    pub payload: TokenStream,
    /// Type of the headers.
    pub headers: Option<TokenStream>,
}

/// Sending, a function for each message of the operation.
pub(super) fn sending(
    operation: &str,
    producer: &Ident,
    parameters: Option<&Ident>,
    taken: &[Taken],
) -> Option<Sketch> {
    let functions = taken.iter().map(|Taken { method, payload, headers }| {
        let (mut declared, mut passed) = (TokenStream::new(), TokenStream::new());
        if let Some(parameters) = parameters {
            declared.extend(quote!(parameters: &#parameters,));
            passed.extend(quote!(parameters,));
        }
        if let Some(headers) = headers {
            declared.extend(quote!(headers: &#headers,));
            passed.extend(quote!(headers,));
        }
        let name = if taken.len() == 1 { format_ident!("publish") } else { method.clone() };
        quote! {
            pub async fn #name(
                transport: impl rt::Transport,
                #declared
                message: &#payload,
            ) -> Result<rt::Receipt, rt::PublishError> {
                #producer::new(transport).#method(#passed message).await
            }
        }
    });
    let tokens: TokenStream = functions.collect();
    (!taken.is_empty()).then(|| Sketch { operation: operation.to_owned(), action: Action::Send, tokens })
}

/// Receiving every message of the operation.
pub(super) fn receiving(
    operation: &str,
    handler: &Ident,
    consumer: &Ident,
    parameters: Option<&Ident>,
    taken: &[Taken],
    replies: Option<&Replies>,
) -> Sketch {
    let (outcome, end, passed) = match replies {
        None => (quote!(()), quote!(Ok(())), TokenStream::new()),
        Some(Replies { reply, .. }) => {
            (quote!(#reply), quote!(Err(rt::HandlerError::permanent("no answer yet"))), quote!(, transport))
        }
    };
    let cloned = replies.map(|_| quote!(.clone()));
    let parameters = parameters.map_or_else(|| quote!(()), |of| quote!(#of));
    let methods = taken.iter().map(|Taken { method, payload, headers }| {
        let headers = headers.as_ref().map_or_else(|| quote!(()), |of| quote!(#of));
        quote! {
            async fn #method(
                &self,
                message: #payload,
                context: rt::Context<#parameters, #headers>,
            ) -> Result<#outcome, rt::HandlerError> {
                println!("{message:?} {:?}", context.id());
                #end
            }
        }
    });
    let tokens = quote! {
        pub struct Printer;

        impl #handler for Printer {
            #(#methods)*
        }

        pub async fn consume(transport: impl rt::Transport) -> Result<(), rt::consume::ServiceError> {
            let service = rt::Service::new(transport #cloned).consumer(#consumer(Printer #passed));
            service.run_until(rt::shutdown_signal()).await?;
            Ok(())
        }
    };
    Sketch { operation: operation.to_owned(), action: Action::Receive, tokens }
}

/// A snippet that does not know yet where the generated code stands.
pub(super) struct Sketch {
    operation: String,
    action: Action,
    tokens: TokenStream,
}

impl Sketch {
    /// The snippet beside a generated module. `None` when `module` is no path of Rust.
    pub(super) fn beside(&self, module: &str) -> Option<Snippet> {
        let path: syn::Path = syn::parse_str(module).ok()?;
        let code = &self.tokens;
        let file = syn::parse2(quote! { use #path::*; use tidings_runtime as rt; #code }).ok()?;
        let text = super::spaced(&prettyplease::unparse(&file));
        Some(Snippet { operation: self.operation.clone(), action: self.action, text })
    }
}
