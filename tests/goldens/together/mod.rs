//! Two versions of one document and a third, which share a file: what several of them have from it stands in `common`.

/// `common.yaml`
#[rustfmt::skip]
pub mod common;

/// `orders_1.yaml`
#[rustfmt::skip]
pub mod orders_1;

/// `orders_2.yaml`
#[rustfmt::skip]
pub mod orders_2;

/// `shipping.yaml`
#[rustfmt::skip]
pub mod shipping;
