//! The program as its users run it: what it prints, and how it ends.

use std::error::Error;

#[cfg(test)]
mod program;
use program::{count, run};

#[test]
fn twenty_orders_reach_their_end() -> Result<(), Box<dyn Error>> {
    let (status, text) = run(&["--orders", "20"])?;
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(count(&text, "orders placed"), Some(20));
    assert_eq!(count(&text, "shipped"), Some(15));
    assert_eq!(count(&text, "declined"), Some(5));
    assert_eq!(count(&text, "requests refused"), Some(1));
    assert_eq!(count(&text, "attempts retried"), Some(2));
    assert_eq!(count(&text, "dead-lettered"), Some(1));
    assert_eq!(count(&text, "webhooks taken"), Some(15 * 4 + 5 * 3));
    assert_eq!(count(&text, "tried again"), Some(1));
    assert_eq!(count(&text, "forged, refused"), Some(1));
    assert!(text.ends_with("Every order reached its end, and the customer was told of every change.\n"), "{text}");
    assert!(!text.contains('\u{1b}'), "no colour where there is no terminal:\n{text}");
    Ok(())
}

#[test]
fn the_second_order_is_reserved_at_the_third_attempt() -> Result<(), Box<dyn Error>> {
    let (_, text) = run(&["--orders", "2"])?;
    let story: Vec<&str> = text.lines().filter(|line| line.contains("inventory") && line.contains("#2 ")).collect();
    let told = ["attempt 1:", "attempt 2:", "at attempt 3"];
    assert_eq!(story.len(), told.len(), "{text}");
    assert!(story.iter().zip(told).all(|(line, part)| line.contains(part)), "{text}");
    Ok(())
}

#[test]
fn the_customer_is_told_of_each_change() -> Result<(), Box<dyn Error>> {
    let (_, text) = run(&["--orders", "4"])?;
    for (number, states) in [("#1 ", "placed reserved paid shipped"), ("#4 ", "placed reserved declined")] {
        let told = |state: &str| {
            let mut lines = text.lines().filter(|line| line.contains("customer") && line.contains(number));
            lines.any(|line| line.contains("OrderChanged") && line.contains(&format!("  {state}: ")))
        };
        assert!(states.split(' ').all(told), "{number} {states}:\n{text}");
    }
    Ok(())
}

#[test]
fn every_fault_of_a_refused_request_is_named() -> Result<(), Box<dyn Error>> {
    let (_, text) = run(&["--orders", "0"])?;
    for pointer in ["/customer/name:", "/region:", "/lines:", "/payment/token:"] {
        assert!(text.contains(pointer), "{pointer} is not named:\n{text}");
    }
    Ok(())
}

#[test]
fn without_orders_only_the_poison_is_handled() -> Result<(), Box<dyn Error>> {
    let (status, text) = run(&["--orders", "0"])?;
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(count(&text, "orders placed"), Some(0));
    assert_eq!(count(&text, "attempts retried"), Some(0));
    assert_eq!(count(&text, "dead-lettered"), Some(1));
    assert_eq!(count(&text, "webhooks taken"), Some(0));
    assert_eq!(count(&text, "forged, refused"), Some(1));
    Ok(())
}

#[test]
fn what_is_late_is_reported() -> Result<(), Box<dyn Error>> {
    let (status, text) = run(&["--orders", "3", "--deadline", "0"])?;
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("Not everything happened within 0 s."), "{text}");
    Ok(())
}

#[test]
fn bad_usage_is_told_apart() -> Result<(), Box<dyn Error>> {
    assert_eq!(run(&["--orders", "many"])?.0, Some(2));
    Ok(())
}
