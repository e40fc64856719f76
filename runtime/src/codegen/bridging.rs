//! The functions by which generated code reaches the bridge: there with the feature `bridge`, and not there without it.
//!
//! In: names of what the generator wrote, and a URL. Out: a route, a consumer that posts, a poller.

/// `place_order_route, OPERATION, PlaceOrderRoute, PlaceOrderProducer`
#[cfg(feature = "bridge")]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_route {
    ($(#[$about:meta])* $function:ident, $operation:ident, $dispatch:ident, $producer:ident) => {
        $(#[$about])*
        #[allow(dead_code)]
        pub fn $function<T: $crate::Transport>(
            transport: T,
        ) -> $crate::webhook::Receiver<impl $crate::codegen::routing::Dispatch> {
            let dispatch = $dispatch($producer::new(transport));
            $crate::webhook::Receiver::new($crate::codegen::routing::consumer(&$operation, dispatch))
        }
    };
}

/// `on_order_call, OPERATION, "https://..", [Order = "order"]`
#[cfg(feature = "bridge")]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_call {
    ($(#[$about:meta])* $function:ident, $operation:ident, $url:literal, [$($payload:ty = $key:literal),*]) => {
        $(#[$about])*
        #[allow(dead_code)]
        pub fn $function(
            destinations: &$crate::webhook::Destinations,
        ) -> Result<$crate::Consumer<$crate::bridge::Call>, $crate::webhook::SenderError> {
            const FORMS: &[$crate::bridge::Form] = &[$($crate::bridge::form::<$payload>($key)),*];
            let call = $crate::bridge::Call::within($url, destinations)?.checked(FORMS);
            Ok($crate::codegen::routing::consumer(&$operation, call))
        }
    };
}

/// `rates_poller, OPERATION, "https://..", [Rates = "rates"]`, then the parameters of the address if it has some.
#[cfg(feature = "bridge")]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_poller {
    (
        $(#[$about:meta])* $function:ident, $operation:ident, $url:literal, [$($payload:ty = $key:literal),*]
        $(, $parameters:ty)?
    ) => {
        $(#[$about])*
        #[allow(dead_code)]
        pub fn $function<T: $crate::Transport>(
            transport: T,
            destinations: &$crate::webhook::Destinations,
            $(parameters: &$parameters,)?
        ) -> Result<$crate::bridge::Poller<T>, $crate::bridge::PollError> {
            const FORMS: &[$crate::bridge::Form] = &[$($crate::bridge::form::<$payload>($key)),*];
            let channel = $operation.channel();
            let address: Option<String> = None;
            $(let address = address.or(Some(<$parameters>::address(parameters)?));)?
            let address = match address {
                Some(address) => address,
                None => channel.template().expand(&[]).map_err($crate::PublishError::from)?,
            };
            let poller = $crate::bridge::Poller::new($url, destinations, transport, channel, address)?;
            Ok(poller.checked(FORMS))
        }
    };
}

#[cfg(not(feature = "bridge"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_route {
    ($($what:tt)*) => {};
}

#[cfg(not(feature = "bridge"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_call {
    ($($what:tt)*) => {};
}

#[cfg(not(feature = "bridge"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_poller {
    ($($what:tt)*) => {};
}
