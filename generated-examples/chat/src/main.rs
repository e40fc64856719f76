//! A house with rooms in which people talk, over WebSockets: both sides of `specs/chat.yaml`.
//!
//! In: how many people there are. Out: a line for each of them with what they heard, and an exit status that says whether
//! everybody heard everything.

/// What `cargo xtask fresh --write` generated.
#[rustfmt::skip]
#[path = "chat.rs"]
mod generated;
mod house;
mod person;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::house::House;
use crate::person::Person;

/// What went wrong where nothing can be done about it.
type Error = Box<dyn std::error::Error + Send + Sync>;

/// What the house gives to those who may come in.
const TOKEN: &str = "knock twice";

/// Lets people talk in the rooms of a house
#[derive(Parser)]
struct Arguments {
    /// How many people there are
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(2..=500))]
    people: u32,
}

#[tokio::main]
async fn main() -> ExitCode {
    match talk(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Lets everybody come in, say something and listen; whether all heard all that was said in their room.
async fn talk(arguments: &Arguments) -> Result<bool, Error> {
    let house = House::open(TOKEN).await?;
    let stranger = Person::enter(house.port(), "a stranger", "kitchen", "a guess").await;
    println!("a stranger is {}", if stranger.is_err() { "not let in" } else { "let in" });
    let mut people = Vec::new();
    for number in 1..=arguments.people {
        let room = if number % 2 == 0 { "kitchen" } else { "garden" };
        people.push(Person::enter(house.port(), &format!("person {number}"), room, TOKEN).await?);
    }
    house.filled(people.len()).await;
    for person in &people {
        person.talk().await?;
    }
    let mut whole = stranger.is_err();
    for person in &people {
        let in_room = people.iter().filter(|other| other.room() == person.room()).count();
        let heard = person.heard(in_room, Duration::from_secs(30)).await;
        println!(
            "{} in the {}: heard {} of {in_room}, saw {} of them write",
            person.name(),
            person.room(),
            heard.said,
            heard.typed
        );
        whole &= heard.said == in_room && heard.typed == in_room;
    }
    for person in people {
        person.leave().await?;
    }
    house.close().await?;
    Ok(whole)
}
