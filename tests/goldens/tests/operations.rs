//! What generated producers and consumers do, over the in-memory broker.

#[cfg(test)]
mod tests {
    use goldens::{address_parameters, bindings_and_keys, headers, lowered_from_2_6, several_messages, traits_applied};
    use std::sync::{Arc, Mutex};
    use tidings_runtime::transport::Transport;
    use tidings_runtime::transport::memory::Broker;
    use tidings_runtime::{Context, HandlerError, Message, PublishError, Raw, Service};

    /// What handlers were given, as text.
    #[derive(Clone, Default)]
    struct Notes(Arc<Mutex<Vec<String>>>);

    impl Notes {
        fn note(&self, text: String) -> Result<(), HandlerError> {
            self.0.lock().unwrap().push(text);
            Ok(())
        }

        fn all(&self) -> Vec<String> {
            self.0.lock().unwrap().clone()
        }
    }

    impl headers::SendLetterHandler for Notes {
        async fn send_letter(
            &self,
            message: headers::Letter,
            context: Context<(), headers::LetterHeaders>,
        ) -> Result<(), HandlerError> {
            let headers = &context.headers;
            self.note(format!("{} {} {:?} {:?}", message.0, headers.attempt, headers.urgent, headers.kind))
        }
    }

    #[tokio::test]
    async fn headers_travel_as_text_and_come_back_typed() {
        let (broker, notes) = (Broker::new(), Notes::default());
        let service =
            Service::new(broker.connect()).consumer(headers::send_letter(notes.clone())).start().await.unwrap();
        let producer = headers::SendLetterProducer::new(broker.clone());
        let mut with = headers::LetterHeaders::new("t-1", 2);
        with.urgent = Some(true);
        with.kind = Some(headers::LetterHeadersKind::Business);
        producer.send(&with, &"hello".to_owned().into()).await.unwrap();
        let refused = producer.send(&headers::LetterHeaders::new("", 0), &"hello".to_owned().into()).await;
        assert!(matches!(refused, Err(PublishError::Encode(_))), "{refused:?}");
        broker.settled().await;
        service.shutdown().await.unwrap();
        assert_eq!(notes.all(), ["hello 2 Some(true) Some(Business)"]);
        let sent = &broker.published("letters")[0];
        assert_eq!((sent.headers.get_str("attempt"), sent.headers.get_str("kind")), (Some("2"), Some("business")));
        assert_eq!(&sent.payload[..], b"\"hello\"");
    }

    impl address_parameters::SendReadingHandler for Notes {
        async fn send_reading(
            &self,
            message: address_parameters::Reading,
            context: Context<address_parameters::ReadingsParameters>,
        ) -> Result<(), HandlerError> {
            self.note(format!("{} {} {}", context.parameters.site_id, context.parameters.room_no, message.0))
        }
    }

    #[tokio::test]
    async fn parameters_are_filled_into_the_address_and_read_from_it() {
        let (broker, notes) = (Broker::new(), Notes::default());
        let service = Service::new(broker.connect())
            .consumer(address_parameters::send_reading(notes.clone()))
            .start()
            .await
            .unwrap();
        let producer = address_parameters::SendReadingProducer::new(broker.clone());
        let parameters = |site: &str| address_parameters::ReadingsParameters {
            site_id: site.to_owned(),
            room_no: address_parameters::ReadingsRoomNo::Hall,
        };
        producer.send(&parameters("7"), &0.5.into()).await.unwrap();
        for site in ["", "a/b"] {
            assert!(matches!(producer.send(&parameters(site), &1.0.into()).await, Err(PublishError::Address(_))));
        }
        // The document does not list this room: nobody handles what comes from there.
        broker.connect().publish(None, "site/7/cellar/reading", Message::new("1")).await.unwrap();
        broker.settled().await;
        service.shutdown().await.unwrap();
        assert_eq!(notes.all(), ["7 hall 0.5"]);
        assert_eq!(broker.published("site/7/hall/reading").len(), 1);
        assert!(
            "cellar".parse::<address_parameters::ReadingsRoomNo>().unwrap_err().to_string().contains("kitchen, hall")
        );
    }

    impl bindings_and_keys::ReceiveLightHandler for Notes {
        async fn receive_light_measured(
            &self,
            message: bindings_and_keys::Measured,
            context: Context<bindings_and_keys::LightsParameters, bindings_and_keys::MeasuredHeaders>,
        ) -> Result<(), HandlerError> {
            self.note(format!("{} {}", message.light.id, context.parameters.kind))
        }

        async fn receive_light_renamed(
            &self,
            _: bindings_and_keys::Renamed,
            _: Context<bindings_and_keys::LightsParameters>,
        ) -> Result<(), HandlerError> {
            self.note("renamed".to_owned())
        }
    }

    #[tokio::test]
    async fn producers_set_the_partition_key_that_the_document_names() {
        use bindings_and_keys::{LightsKind, LightsParameters, Measured, MeasuredHeaders, MeasuredLight};
        let (broker, notes) = (Broker::new(), Arc::new(Notes::default()));
        // A handler may be shared.
        let consumer = bindings_and_keys::receive_light(notes.clone());
        let service = Service::new(broker.connect()).consumer(consumer).start().await.unwrap();
        let parameters = LightsParameters { light_id: "l-1".to_owned(), kind: LightsKind::Led };
        let measured = |id: &str| Measured::new(MeasuredLight::new(id));
        let by_payload = bindings_and_keys::SendLightProducer::new(broker.connect());
        by_payload.send(&parameters, &MeasuredHeaders::new(7), &measured("l-1")).await.unwrap();
        let by_header = bindings_and_keys::MoveLightProducer::new(broker.connect());
        by_header.send(&parameters, &MeasuredHeaders::new(7), &measured("l-1")).await.unwrap();
        let by_hand = |message: Message| message.with_key("own");
        by_payload.send_with(&parameters, &MeasuredHeaders::new(7), &measured("l-1"), by_hand).await.unwrap();
        // The schema of the key is that of the Kafka binding.
        let refused = by_payload.send(&parameters, &MeasuredHeaders::new(7), &measured("longer than 8")).await;
        assert!(matches!(refused, Err(PublishError::Encode(_))), "{refused:?}");
        broker.settled().await;
        service.shutdown().await.unwrap();
        let published = broker.published("lights.l-1.LED");
        let keys: Vec<&[u8]> = published.iter().filter_map(|message| message.key.as_deref()).collect();
        assert_eq!(keys, [&b"l-1"[..], b"7", b"own"]);
        assert_eq!(notes.all(), ["l-1 LED", "l-1 LED", "l-1 LED"]);
    }

    #[test]
    fn constants_carry_the_bindings_of_the_document() {
        use bindings_and_keys::{LIGHTS_CHANNEL, PRODUCTION_SERVER, RECEIVE_LIGHT_OPERATION, SEND_LIGHT_OPERATION};
        assert!(LIGHTS_CHANNEL.binding("kafka").unwrap().contains("\"partitions\":8"));
        assert_eq!((LIGHTS_CHANNEL.binding("x-own"), LIGHTS_CHANNEL.binding("mqtt")), (None, None));
        assert!(RECEIVE_LIGHT_OPERATION.binding("kafka").unwrap().contains("clientId"));
        assert_eq!((RECEIVE_LIGHT_OPERATION.group(), SEND_LIGHT_OPERATION.group()), ("lamplighters", "sendLight"));
        assert_eq!(PRODUCTION_SERVER.url(&[]).unwrap(), "kafka-secure://eu.example.com:9093");
        let refused = PRODUCTION_SERVER.url(&[("region", "mars")]).unwrap_err();
        assert_eq!(refused.to_string(), "`region` cannot be `mars`; the document allows eu, us");
    }

    impl several_messages::SendOrdersHandler for Notes {
        async fn send_orders_created(
            &self,
            message: several_messages::Created,
            _: Context,
        ) -> Result<(), HandlerError> {
            self.note(format!("created {}", message.id))
        }

        async fn send_orders_cancelled(
            &self,
            message: several_messages::Cancelled,
            _: Context,
        ) -> Result<(), HandlerError> {
            self.note(format!("cancelled {} {}", message.id, message.why))
        }

        async fn send_orders_raw(&self, message: Raw, _: Context) -> Result<(), HandlerError> {
            self.note(format!("raw {}", String::from_utf8_lossy(&message.0)))
        }
    }

    #[tokio::test]
    async fn a_message_goes_to_the_handler_whose_schema_it_fits() {
        let (broker, notes) = (Broker::new(), Notes::default());
        let service = Service::new(broker.connect())
            .consumer(several_messages::send_orders(notes.clone()))
            .start()
            .await
            .unwrap();
        let producer = several_messages::SendOrdersProducer::new(broker.clone());
        producer.send_created(&several_messages::Created::new(1)).await.unwrap();
        producer.send_cancelled(&several_messages::Cancelled::new(2, "late")).await.unwrap();
        producer.send_raw(&Raw(b"\x00?".to_vec().into())).await.unwrap();
        broker.settled().await;
        service.shutdown().await.unwrap();
        let mut all = notes.all();
        all.sort();
        assert_eq!(all, ["cancelled 2 late", "created 1", "raw \0?"]);
        assert_eq!(broker.published("orders")[2].content_type.as_deref(), Some("application/octet-stream"));
    }

    impl lowered_from_2_6::OnUserSignedUpHandler for Notes {
        async fn on_user_signed_up(
            &self,
            message: lowered_from_2_6::UserSignedUp,
            context: Context<lowered_from_2_6::UserUserIdSignedupParameters>,
        ) -> Result<(), HandlerError> {
            self.note(format!("{} {}", context.parameters.user_id, message.user))
        }
    }

    #[tokio::test]
    async fn what_others_publish_in_2_6_is_received() {
        let (broker, notes) = (Broker::new(), Notes::default());
        let service = Service::new(broker.connect())
            .consumer(lowered_from_2_6::on_user_signed_up(notes.clone()))
            .start()
            .await
            .unwrap();
        let message = Message::new(r#"{"user":"Ada"}"#).with_content_type("application/json");
        broker.publish(None, "user/5/signedup", message).await.unwrap();
        broker.settled().await;
        service.shutdown().await.unwrap();
        assert_eq!(notes.all(), ["5 Ada"]);
    }

    #[tokio::test]
    async fn what_traits_give_is_part_of_the_message() {
        let broker = Broker::new();
        let producer = traits_applied::DimLightProducer::new(broker.clone());
        let headers = traits_applied::DimHeaders::new("app-1");
        producer.send_dim(&headers, &traits_applied::Dim::new(40)).await.unwrap();
        let sent = &broker.published("lights")[0];
        assert_eq!(sent.content_type.as_deref(), Some("application/vnd.light+json"));
        assert_eq!(sent.headers.get_str("app"), Some("app-1"));
    }
}
