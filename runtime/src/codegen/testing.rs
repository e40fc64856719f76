//! The body of a generated module `testing`, where the feature `testing` is on.

/// `[OnOrderProducer.send as send_order(message: Order)], [Order = [SEND_ORDER_OPERATION]]`: what the application receives,
/// by the producers of its other side; and the types that it sends, with the operations that do.
#[cfg(feature = "testing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_testing {
    (
        [$($producer:ident.$send:ident as $function:ident($($argument:ident: $of:ty),* $(,)?)),*],
        [$($sent:ty = [$($operation:ident),*]),*]
    ) => {
        /// What went over a transport; [`broker`] and [`on`] make it.
        #[derive(Clone, Debug)]
        pub struct Testing<T>($crate::testing::Bench<T>);

        /// On a broker in memory.
        #[must_use]
        pub fn broker() -> Testing<$crate::transport::memory::Broker> {
            Testing($crate::testing::Bench::in_memory())
        }

        /// On this transport, which may be that of a real broker.
        pub fn on<T: $crate::Transport>(transport: T) -> Testing<T> {
            Testing($crate::testing::Bench::on(transport))
        }

        impl<T> ::std::ops::Deref for Testing<T> {
            type Target = $crate::testing::Bench<T>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        impl<T: $crate::Transport> Testing<T> {
            /// Lets the clock of tokio stand still, so that waiting takes no time; only for the broker in memory.
            ///
            /// # Panics
            /// Outside of a runtime of tokio with one thread, as `#[tokio::test]` has it, or where the clock stands still
            /// already.
            #[must_use]
            pub fn paused(self) -> Self {
                Self(self.0.paused())
            }

            /// What was published of this type, oldest first.
            #[must_use]
            pub fn published<M: Sent>(&self) -> Vec<M> {
                let is_meant = |published: &$crate::testing::Published| {
                    published.operation.is_some_and(|by| M::OPERATIONS.iter().any(|known| *known == by))
                };
                let all = self.0.published();
                all.iter().filter(|published| is_meant(published)).filter_map(|it| it.payload().ok()).collect()
            }

            $(
                /// Sends a message to the application, as its other side does.
                ///
                /// # Errors
                /// The message does not fit its schema, the address cannot be built, or the transport did not confirm.
                pub async fn $function(&self, $($argument: &$of),*) -> Result<$crate::Receipt, $crate::PublishError> {
                    $producer::new(self.0.bus()).$send($($argument),*).await
                }
            )*
        }

        /// A type that the application sends.
        pub trait Sent: $crate::Payload {
            /// The operations that send it.
            const OPERATIONS: &'static [&'static $crate::Operation];
        }

        $(
            impl Sent for $sent {
                const OPERATIONS: &'static [&'static $crate::Operation] = &[$(&$operation),*];
            }
        )*
    };
}

#[cfg(not(feature = "testing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_testing {
    ($($what:tt)*) => {};
}
