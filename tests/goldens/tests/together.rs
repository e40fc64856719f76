//! Several documents in one crate, and two versions of one: what they have from a common file is one type.

#[cfg(test)]
mod tests {
    use goldens::together::{common, orders_1, orders_2, shipping};
    use tidings_runtime::Payload;

    #[test]
    fn a_value_goes_from_document_to_document() {
        let money = common::Money::new(250, common::Currency::Sek);
        let order = orders_2::Order {
            rebate: Some(money),
            billing: Some(orders_2::Billing::new("Street 1")),
            ..orders_2::Order::new(money)
        };
        let sent = shipping::Sent { fee: order.rebate, ..shipping::Sent::new(order.billing.clone().unwrap()) };
        let older = orders_1::Order::new(sent.fee.unwrap());
        assert_eq!(String::from_utf8(older.to_vec().unwrap()).unwrap(), r#"{"price":{"cents":250,"currency":"SEK"}}"#);
        let read = shipping::Sent::from_slice(&sent.to_vec().unwrap()).unwrap();
        assert_eq!(read.to.country, "SE");
        assert_eq!((read.fee, read.to), (Some(money), common::Address::new("Street 1")));
    }

    #[test]
    fn what_one_document_alone_has_is_its_own() {
        let sent = br#"{"of":{"number":7},"to":{"street":"S"}}"#;
        let sent = shipping::Sent::from_slice(sent).unwrap();
        assert_eq!(sent.of, Some(shipping::Order { number: Some(7), ..shipping::Order::new() }));
    }

    #[test]
    fn a_shared_payload_is_one_of_both() {
        let cancelled = br#"{"refund":{"cents":1,"currency":"EUR"},"reason":{"text":"S"}}"#;
        let value: orders_1::Cancelled = orders_2::Cancelled::from_slice(cancelled).unwrap();
        assert_eq!(value.to_vec().unwrap(), cancelled);
        let error = common::Cancelled::from_slice(br#"{"refund":{"cents":-1,"currency":"DKK"}}"#).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("/refund/cents") && text.contains("/refund/currency"), "{text}");
    }
}
