//! The control centre: turns lights on at dusk, dims them at night, turns them off in the morning.
//!
//! In: measurements. Out: commands to the light that measured. It keeps no state, so that any number of centres share the
//! work; commands that are sent twice do no harm.

use tidings_runtime::{Context, HandlerError, Service, Transport};

use crate::lights::{
    self, CommandLightProducer, CommandsParameters, DimLight, LightMeasured, MeasurementsParameters,
    ReceiveMeasurementHandler, TurnLight, TurnLightTurn,
};

/// Below this many lumens, lights are on.
const DUSK: u32 = 400;
/// Below this many, they are dimmed.
const NIGHT: u32 = 5;
/// The power at night, in percent.
pub const AT_NIGHT: u8 = 30;

struct Centre<T> {
    commands: CommandLightProducer<T>,
}

/// The service on a connection of its own.
pub fn service<T: Transport>(transport: T) -> Service<T> {
    let commands = CommandLightProducer::new(transport.clone());
    Service::new(transport).consumer(lights::receive_measurement(Centre { commands }))
}

impl<T: Transport> ReceiveMeasurementHandler for Centre<T> {
    async fn receive_measurement(
        &self,
        measured: LightMeasured,
        context: Context<MeasurementsParameters>,
    ) -> Result<(), HandlerError> {
        let MeasurementsParameters { district, light_id } = context.parameters;
        let light = CommandsParameters { district, light_id };
        let id = measured.light_id;
        match measured.lumens {
            lumens if lumens < NIGHT => self.commands.send_dim_light(&light, &DimLight::new(id, AT_NIGHT)).await?,
            lumens if lumens < DUSK => {
                self.commands.send_turn_light(&light, &TurnLight::new(id, TurnLightTurn::On)).await?
            }
            _ => self.commands.send_turn_light(&light, &TurnLight::new(id, TurnLightTurn::Off)).await?,
        };
        Ok(())
    }
}
