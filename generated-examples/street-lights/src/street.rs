//! The lights of the streets: measure from noon to midnight, and do what they are told.
//!
//! In: commands. Out: measurements, and what every light was told, in order; what is delivered twice counts once.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::Arc;

use chrono::{Duration, Utc};
use tidings_runtime::{Context, HandlerError, Service, Transport};
use tokio::sync::watch;
use uuid::Uuid;

use crate::Error;
use crate::centre::AT_NIGHT;
use crate::lights::{
    self, CommandLightHandler, CommandsParameters, DimLight, DistrictParameter, LightMeasured, MeasurementsParameters,
    ReceiveMeasurementProducer, TurnLight, TurnLightTurn,
};

/// How bright it is at noon, at dusk and at midnight, in lumens.
const EVENING: [u32; 3] = [20_000, 120, 1];
/// What each light is told on such an evening.
const EXPECTED: [Told; 3] = [Told::Turn(TurnLightTurn::Off), Told::Turn(TurnLightTurn::On), Told::Dim(AT_NIGHT)];
/// Where the lights stand, in turn.
const DISTRICTS: [DistrictParameter; 3] =
    [DistrictParameter::OldTown, DistrictParameter::Harbour, DistrictParameter::Hills];

/// What a light was told.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Told {
    Turn(TurnLightTurn),
    Dim(u8),
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turn(turn) => write!(formatter, "turned {turn}"),
            Self::Dim(percentage) => write!(formatter, "dimmed to {percentage} %"),
        }
    }
}

/// All lights; clones share them.
#[derive(Clone)]
pub struct Street {
    /// Tells the lights of this run from those of another one on the same broker.
    run: String,
    state: Arc<watch::Sender<State>>,
}

#[derive(Default)]
struct State {
    /// By the id of the light.
    told: BTreeMap<String, Vec<Told>>,
    /// Ids of messages that were handled.
    handled: HashSet<String>,
}

impl Street {
    /// So many lights, which nobody has told anything.
    pub fn new(lights: u32) -> Self {
        let run = Uuid::new_v4().simple().to_string();
        let told = (1..=lights).map(|number| (format!("{run}-{number}"), Vec::new())).collect();
        Self { run, state: Arc::new(watch::Sender::new(State { told, ..State::default() })) }
    }

    /// The lights as a service on a connection of their own. Each run is a group of its own, since its lights are.
    pub fn service<T: Transport>(&self, transport: T) -> Service<T> {
        let group = format!("street-{}", self.run);
        Service::new(transport).consumer(lights::command_light(self.clone()).group(group))
    }

    /// Lets an evening pass over all lights.
    pub async fn measure<T: Transport>(&self, transport: T) -> Result<(), Error> {
        let measurements = ReceiveMeasurementProducer::new(transport);
        let ids: Vec<String> = self.state.borrow().told.keys().cloned().collect();
        let mut now = Utc::now().fixed_offset();
        for lumens in EVENING {
            now += Duration::hours(4);
            for (light_id, district) in ids.iter().zip(DISTRICTS.into_iter().cycle()) {
                let place = MeasurementsParameters { district, light_id: light_id.clone() };
                measurements.send(&place, &LightMeasured::new(light_id.as_str(), lumens, now)).await?;
            }
        }
        Ok(())
    }

    /// Waits until every light was told everything.
    pub async fn all_told(&self) {
        let enough = |state: &State| state.told.values().all(|told| told.len() >= EXPECTED.len());
        // The sender lives as long as `self` does.
        let _ = self.state.subscribe().wait_for(enough).await;
    }

    /// Each light by its number, what it was told, and whether that is right.
    pub fn report(&self) -> Vec<(String, Vec<Told>, bool)> {
        let state = self.state.borrow();
        let number = |id: &str| id.rsplit('-').next().unwrap_or_default().to_owned();
        let mut report: Vec<_> =
            state.told.iter().map(|(id, told)| (number(id), told.clone(), *told == EXPECTED)).collect();
        report.sort_by_key(|(number, ..)| number.parse::<u32>().unwrap_or_default());
        report
    }

    /// Lights of another run are somebody else's.
    fn note(&self, context: &Context<CommandsParameters>, told: Told) {
        let id = context.id().unwrap_or_default();
        self.state.send_modify(|state| {
            let Some(light) = state.told.get_mut(&context.parameters.light_id) else { return };
            if state.handled.insert(id.to_owned()) {
                light.push(told);
            }
        });
    }
}

impl CommandLightHandler for Street {
    async fn command_light_turn_light(
        &self,
        command: TurnLight,
        context: Context<CommandsParameters>,
    ) -> Result<(), HandlerError> {
        self.note(&context, Told::Turn(command.turn));
        Ok(())
    }

    async fn command_light_dim_light(
        &self,
        command: DimLight,
        context: Context<CommandsParameters>,
    ) -> Result<(), HandlerError> {
        self.note(&context, Told::Dim(command.percentage));
        Ok(())
    }
}
