//! Types of the user's own in the place of generated ones.

/// Lets a type with serde's traits stand where the generator would have made one, as `extern_type` asks for. It is called
/// once, where the type is defined:
///
/// ```
/// #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
/// pub struct Money {
///     cents: u64,
/// }
///
/// tidings_runtime::external_type!(Money);
/// ```
///
/// A value is checked by the schema of the document before it is read, and as it is written. A type of another crate is
/// wrapped in one of your own; types that tidings generated elsewhere need nothing.
#[macro_export]
macro_rules! external_type {
    ($name:ty) => {
        impl $crate::codegen::FromValue for $name {
            fn from_value(value: $crate::codegen::Value<'_>) -> Result<Self, $crate::codegen::Unrepresentable> {
                $crate::codegen::from_external(value)
            }
        }

        impl $crate::codegen::Encode for $name {
            fn encode<S: $crate::codegen::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::codegen::serde::Serialize::serialize(self, serializer)
            }

            fn view(&self) -> Option<$crate::codegen::Value<'_>> {
                // Only writing tells what serde makes of it.
                None
            }
        }
    };
}
